/** One stay in a room, from joinRoom to its end; a rejoin is a new Call. */
import type { types } from "mediasoup-client";
import type { Answer, Payload } from "../protocol/requests";
import type { PeerInfo, ProducerInfo } from "../protocol/types";
import { Publisher } from "./Publisher";
import type { SignalingClient } from "./SignalingClient";
import type { Store } from "./store";
import { Subscriber } from "./Subscriber";

export class Call {
  readonly publisher: Publisher;
  readonly subscriber: Subscriber;

  /** The server's answer to joinRoom, when what the room can carry is loaded. */
  readonly joined: Promise<Answer<"joinRoom">>;

  /** Begins to join; what is asked of the call before it has joined waits for it. */
  constructor(
    signaling: SignalingClient,
    private readonly store: Store,
    making: Promise<types.Device>,
    wish: Payload<"joinRoom">,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.joined = join(signaling, making, wish);
    const device = this.joined.then(() => making);
    device.catch(() => undefined);
    this.publisher = new Publisher(signaling, device);
    this.subscriber = new Subscriber(signaling, device, store);
  }

  addPeer({ peerId, displayName, producers }: PeerInfo): void {
    this.store.addPeer(peerId, displayName);
    for (const producer of producers) this.addProducer(producer);
  }

  addProducer(producer: ProducerInfo): void {
    this.subscriber.subscribe(producer).catch(this.onFailure);
  }

  removePeer(peerId: string): void {
    this.subscriber.forgetPeer(peerId);
    this.store.removePeer(peerId);
  }

  owns(transportId: string): boolean {
    return this.publisher.owns(transportId) || this.subscriber.owns(transportId);
  }

  close(): void {
    this.publisher.close();
    this.subscriber.close();
  }
}

async function join(
  signaling: SignalingClient,
  making: Promise<types.Device>,
  wish: Payload<"joinRoom">,
): Promise<Answer<"joinRoom">> {
  const device = await making;
  const answer = await signaling.request("joinRoom", wish);
  await device.load({ routerRtpCapabilities: answer.rtpCapabilities });
  return answer;
}

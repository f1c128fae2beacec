/** One stay in a room, from joinRoom to its end; a rejoin is a new Call. */
import type { types } from "mediasoup-client";
import type { PeerInfo, ProducerInfo } from "../protocol/types";
import { Publisher } from "./Publisher";
import type { SignalingClient } from "./SignalingClient";
import type { Store } from "./store";
import { Subscriber } from "./Subscriber";

export class Call {
  readonly publisher: Publisher;
  readonly subscriber: Subscriber;

  /** `device` resolves when the room's capabilities are loaded; what is asked before waits for it. */
  constructor(
    signaling: SignalingClient,
    private readonly store: Store,
    device: Promise<types.Device>,
    private readonly onFailure: (error: unknown) => void,
  ) {
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

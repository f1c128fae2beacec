/** One peer of ours in a room, from joinRoom until the server forgets it; it outlives the loss of the socket. */
import type { types } from "mediasoup-client";
import type { OwnObjects, PeerInfo, ProducerInfo } from "../protocol/types";
import { Publisher } from "./Publisher";
import type { SignalingClient } from "./SignalingClient";
import type { Store } from "./store";
import { Subscriber } from "./Subscriber";

export class Call {
  readonly publisher: Publisher;
  readonly subscriber: Subscriber;

  constructor(
    signaling: SignalingClient,
    device: types.Device,
    private readonly store: Store,
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

  /** The connection is back: `own` of ours still lives, and these are the others now. */
  async resume(own: OwnObjects, peers: readonly PeerInfo[]): Promise<void> {
    const there = new Set(peers.map(({ peerId }) => peerId));
    for (const { peerId } of this.store.get().peers) if (!there.has(peerId)) this.removePeer(peerId);
    for (const { peerId, displayName } of peers) this.store.addPeer(peerId, displayName);
    this.subscriber.resume(own, peers.flatMap(({ producers }) => producers)).catch(this.onFailure);
    await this.publisher.resume(own);
    this.restartIce();
  }

  /** Looks for a path anew in both directions; the transports try again by themselves while that fails. */
  restartIce(): void {
    for (const side of [this.publisher, this.subscriber]) side.restartIce().catch(() => undefined);
  }

  close(): void {
    this.publisher.close();
    this.subscriber.close();
  }
}

/** One peer of ours in a room, from joinRoom until the server forgets it; it outlives the loss of the socket. */
import type { types } from "mediasoup-client";
import type { JoinAnswer, PeerInfo, PeersPage, ProducerInfo } from "../protocol/types";
import { MENDING } from "./failures";
import { Path } from "./Path";
import { allPeers, morePages } from "./peers";
import { Publisher } from "./Publisher";
import type { SignalingClient } from "./SignalingClient";
import type { Store } from "./store";
import { Subscriber } from "./Subscriber";

export class Call {
  readonly publisher: Publisher;
  readonly subscriber: Subscriber;
  private closed = false;

  constructor(
    /** Ours in the room. */
    readonly peerId: string,
    private readonly signaling: SignalingClient,
    device: types.Device,
    private readonly store: Store,
    private readonly onFailure: (error: unknown) => void,
  ) {
    const missing = new Set<string>();
    const path = (direction: string) => new Path((isMissing) => {
      if (isMissing) missing.add(direction);
      else missing.delete(direction);
      store.tell("path", missing.size > 0 ? MENDING.path : null);
    });
    this.publisher = new Publisher(signaling, device, path("send"));
    this.subscriber = new Subscriber(signaling, device, store, path("recv"));
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

  /** Takes in those who were there before us, of a large room page by page, those who send first. */
  async meet(first: PeersPage): Promise<void> {
    for (const peer of first.peers) this.addPeer(peer);
    try {
      for await (const { peers } of morePages(this.signaling, first)) {
        if (this.closed) return;
        for (const peer of peers) this.addPeer(peer);
      }
    } catch (error) {
      // Whoever is not met is not seen; those who are, stay.
      if (!this.closed) this.onFailure(error);
    }
    if (!this.closed) this.store.set({ listing: false });
  }

  /** The connection is back: both sides compare what they have. */
  async resume(answer: JoinAnswer, isCurrent: () => boolean): Promise<void> {
    const { own } = answer;
    const peers = await allPeers(this.signaling, answer);
    if (!isCurrent()) return;
    const there = new Set(peers.map(({ peerId }) => peerId));
    for (const { peerId } of this.store.get().peers) if (!there.has(peerId)) this.removePeer(peerId);
    for (const { peerId, displayName } of peers) this.store.addPeer(peerId, displayName);
    this.subscriber.resume(own, peers.flatMap(({ producers }) => producers)).catch(this.onFailure);
    await this.publisher.resume(own);
    this.restartIce();
  }

  /** The transport is gone: if we received over it, that goes on over another. */
  async renewReceiving(transportId: string): Promise<void> {
    if (this.subscriber.owns(transportId)) await this.subscriber.renew().catch(this.onFailure);
  }

  /** Looks for a path anew in both directions; the transports try again by themselves while that fails. */
  restartIce(): void {
    for (const side of [this.publisher, this.subscriber]) side.restartIce().catch(() => undefined);
  }

  async stats(): Promise<RTCStatsReport[]> {
    const reports = await Promise.all([this.publisher.stats(), this.subscriber.stats()]);
    return reports.filter((report) => report !== null);
  }

  close(): void {
    this.closed = true;
    this.publisher.close();
    this.subscriber.close();
    this.store.tell("path", null);
  }
}

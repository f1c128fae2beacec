/** What the server tells about the room, handed to the call it concerns. */
import type { NotificationName, Notifications } from "../protocol/notifications";
import type { Source } from "../protocol/types";
import type { Call } from "./Call";
import { drainingSentence } from "./failures";
import type { SignalingClient } from "./SignalingClient";
import type { Store } from "./store";

export interface RoomOwner {
  /** The call that lives at the time of asking. */
  call: () => Call | null;
  onRoomClosed: (reason: Notifications["room-closed"]["reason"]) => void;
  onTransportClosed: (transportId: string) => void;
  /** Something of ours that was sent was ended by who operates the server. */
  onEnded: (source: Source) => void;
}

export class RoomEvents {
  /** What was told while the room was being entered: it makes sense when the answer has been read. */
  private held: (() => void)[] | null = null;

  constructor(
    private readonly signaling: SignalingClient,
    store: Store,
    { call, onRoomClosed, onTransportClosed, onEnded }: RoomOwner,
  ) {
    this.hear("new-peer", ({ peerId, displayName }) => { store.addPeer(peerId, displayName); });
    this.hear("peer-left", ({ peerId }) => call()?.removePeer(peerId));
    this.hear("new-producer", (producer) => call()?.addProducer(producer));
    this.hear("producer-closed", ({ producerId }) => {
      const own = call()?.publisher.ended(producerId) ?? null;
      if (own) onEnded(own);
      else call()?.subscriber.forget(producerId);
    });
    this.hear("producer-paused", ({ producerId }) => call()?.subscriber.setPaused(producerId, true));
    this.hear("producer-resumed", ({ producerId }) => call()?.subscriber.setPaused(producerId, false));
    this.hear("consumer-layers-changed", (layers) => call()?.subscriber.setLayers(layers));
    this.hear("transport-closed", ({ transportId }) => { onTransportClosed(transportId); });
    this.signaling.on("server-draining", ({ seconds }) => { store.tell("room", drainingSentence(seconds)); });
    this.signaling.on("notice", ({ message }) => { store.notify(message); });
    this.signaling.on("room-closed", ({ reason }) => { onRoomClosed(reason); });
  }

  hold(): void {
    this.held = [];
  }

  release(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const act of held) act();
  }

  private hear<E extends NotificationName>(event: E, act: (payload: Notifications[E]) => void): void {
    this.signaling.on(event, (payload) => {
      if (this.held) this.held.push(() => { act(payload); });
      else act(payload);
    });
  }
}

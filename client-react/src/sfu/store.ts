/** What the user interface shows, as one immutable value and a list of listeners. */
import type { Source } from "../protocol/types";

export type Status = "idle" | "joining" | "joined" | "reconnecting";

export interface RemoteMedia {
  consumerId: string;
  producerId: string;
  source: Source;
  track: MediaStreamTrack;
  paused: boolean;
}

export interface RemotePeer {
  peerId: string;
  displayName: string;
  media: readonly RemoteMedia[];
}

export interface LocalMediaState {
  /** `null` while switched off or not available. */
  tracks: Readonly<Record<Source, MediaStreamTrack | null>>;
  muted: boolean;
}

export interface State {
  status: Status;
  room: string;
  self: { peerId: string; displayName: string } | null;
  peers: readonly RemotePeer[];
  local: LocalMediaState;
  /** What went wrong last, in a sentence; `null` when nothing is wrong. */
  problem: string | null;
}

export const INITIAL: State = {
  status: "idle",
  room: "",
  self: null,
  peers: [],
  local: { tracks: { microphone: null, camera: null, screen: null }, muted: false },
  problem: null,
};

export class Store {
  private state = INITIAL;
  private readonly listeners = new Set<() => void>();

  /** Bound, so that React may take it as it is. */
  readonly get = (): State => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }

  setLocal(change: Partial<LocalMediaState>): void {
    this.set({ local: { ...this.state.local, ...change } });
  }

  setTrack(source: Source, track: MediaStreamTrack | null): void {
    this.setLocal({ tracks: { ...this.state.local.tracks, [source]: track } });
  }

  /** A peer may be seen by its media before its name is known. */
  addPeer(peerId: string, displayName: string | null): void {
    const known = this.state.peers.find((peer) => peer.peerId === peerId);
    if (known) {
      if (displayName !== null) this.mapPeer(peerId, (peer) => ({ ...peer, displayName }));
      return;
    }
    this.set({ peers: [...this.state.peers, { peerId, displayName: displayName ?? "Guest", media: [] }] });
  }

  removePeer(peerId: string): void {
    this.set({ peers: this.state.peers.filter((peer) => peer.peerId !== peerId) });
  }

  addMedia(peerId: string, media: RemoteMedia): void {
    this.addPeer(peerId, null);
    this.mapMedia(peerId, (all) => [...all.filter((one) => one.producerId !== media.producerId), media]);
  }

  removeMedia(peerId: string, producerId: string): void {
    this.mapMedia(peerId, (all) => all.filter((one) => one.producerId !== producerId));
  }

  pauseMedia(peerId: string, producerId: string, paused: boolean): void {
    this.mapMedia(peerId, (all) => all.map((one) => (one.producerId === producerId ? { ...one, paused } : one)));
  }

  private mapMedia(peerId: string, change: (media: readonly RemoteMedia[]) => readonly RemoteMedia[]): void {
    this.mapPeer(peerId, (peer) => ({ ...peer, media: change(peer.media) }));
  }

  private mapPeer(peerId: string, change: (peer: RemotePeer) => RemotePeer): void {
    this.set({ peers: this.state.peers.map((peer) => (peer.peerId === peerId ? change(peer) : peer)) });
  }
}

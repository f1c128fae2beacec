/** What the user interface shows, as one immutable value and a list of listeners. */
import type { Source } from "../protocol/types";
import type { ChosenDevices, DeviceList } from "./devices";

export type Status = "idle" | "joining" | "joined" | "reconnecting";

/** Which of a stream's sizes and rates is received; both `null` while none is. */
export interface Layers {
  spatial: number | null;
  temporal: number | null;
}

export interface RemoteMedia {
  consumerId: string;
  producerId: string;
  source: Source;
  track: MediaStreamTrack;
  paused: boolean;
  /** `null` until the server tells them. */
  layers: Layers | null;
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
  /** Asked for, and not there yet: the browser may be asking the user. */
  opening: Readonly<Record<Source, boolean>>;
  /** What a join opens. */
  wanted: Readonly<Record<"microphone" | "camera", boolean>>;
  devices: DeviceList;
  chosen: ChosenDevices;
}

export interface State {
  status: Status;
  room: string;
  self: { peerId: string; displayName: string } | null;
  peers: readonly RemotePeer[];
  /** Those who were there before us are still being listed. */
  listing: boolean;
  local: LocalMediaState;
  /** What is wrong, in a sentence or two; `null` when nothing is. */
  problem: string | null;
  /** The same apart: what is wrong with the room and the way to it, with the way of media, and with the user's devices. */
  problems: Readonly<Record<"room" | "path" | "devices", string | null>>;
  /** What who operates the server told those in the room, until the user has read it or leaves. */
  notices: readonly string[];
  /** The user was in a room and left it. */
  left: boolean;
}

export const INITIAL: State = {
  status: "idle",
  room: "",
  self: null,
  peers: [],
  listing: false,
  local: {
    tracks: { microphone: null, camera: null, screen: null },
    muted: false,
    opening: { microphone: false, camera: false, screen: false },
    wanted: { microphone: true, camera: true },
    devices: { microphone: [], camera: [], speaker: [] },
    chosen: {},
  },
  problem: null,
  problems: { room: null, path: null, devices: null },
  notices: [],
  left: false,
};

/** The newest notices are shown; nobody reads more at once. */
const NOTICES = 3;

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

  /** Says what is wrong, or with `null` that it is wrong no more. Why one is not in comes first. */
  tell(about: keyof State["problems"], sentence: string | null): void {
    const problems = { ...this.state.problems, [about]: sentence };
    this.set({ problems, problem: [problems.room, problems.path, problems.devices].filter((one) => one !== null).join(" ") || null });
  }

  /** Shows a notice beside what was shown before. */
  notify(notice: string): void {
    this.set({ notices: [...this.state.notices, notice].slice(-NOTICES) });
  }

  /** The user has read it all. */
  dismiss(): void {
    this.set({ problems: INITIAL.problems, problem: null, notices: [] });
  }

  setLocal(change: Partial<LocalMediaState>): void {
    this.set({ local: { ...this.state.local, ...change } });
  }

  setTrack(source: Source, track: MediaStreamTrack | null): void {
    this.setLocal({ tracks: { ...this.state.local.tracks, [source]: track } });
  }

  setOpening(source: Source, opening: boolean): void {
    this.setLocal({ opening: { ...this.state.local.opening, [source]: opening } });
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

  changeMedia(peerId: string, producerId: string, change: Partial<Pick<RemoteMedia, "paused" | "layers">>): void {
    this.mapMedia(peerId, (all) => all.map((one) => (one.producerId === producerId ? { ...one, ...change } : one)));
  }

  private mapMedia(peerId: string, change: (media: readonly RemoteMedia[]) => readonly RemoteMedia[]): void {
    this.mapPeer(peerId, (peer) => ({ ...peer, media: change(peer.media) }));
  }

  private mapPeer(peerId: string, change: (peer: RemotePeer) => RemotePeer): void {
    this.set({ peers: this.state.peers.map((peer) => (peer.peerId === peerId ? change(peer) : peer)) });
  }
}

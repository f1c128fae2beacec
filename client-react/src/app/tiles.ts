/** Which pictures a call shows, and which of them is the large one. */
import type { Source } from "../protocol/types";
import type { LocalMediaState, RemotePeer } from "../sfu/store";

export interface Tile {
  key: string;
  /** `null` for the user's own. */
  peerId: string | null;
  kind: "person" | "screen";
  name: string;
  track: MediaStreamTrack | null;
  muted: boolean;
}

const mediaOf = ({ media }: RemotePeer, source: Source) => media.find((one) => one.source === source);

function tilesOfPeer(peer: RemotePeer): Tile[] {
  const { peerId, displayName: name } = peer;
  const [camera, voice] = [mediaOf(peer, "camera"), mediaOf(peer, "microphone")];
  const track = camera && !camera.paused ? camera.track : null;
  const person: Tile = { key: peerId, peerId, kind: "person", name, track, muted: !voice || voice.paused };
  const screens = peer.media.filter(({ source }) => source === "screen").map((screen): Tile => ({
    key: screen.producerId, peerId, kind: "screen", name: `${name}’s screen`, track: screen.track, muted: false,
  }));
  return [...screens, person];
}

function ownTiles({ tracks, muted }: LocalMediaState, displayName: string): Tile[] {
  const name = displayName ? `${displayName} (you)` : "You";
  const person: Tile = {
    key: "own", peerId: null, kind: "person", name, track: tracks.camera, muted: muted || !tracks.microphone,
  };
  if (!tracks.screen) return [person];
  return [{ key: "own-screen", peerId: null, kind: "screen", name: "Your screen", track: tracks.screen, muted: false }, person];
}

/** Screens first, then people in the order they came, the user last. */
export function tilesOf(peers: readonly RemotePeer[], local: LocalMediaState, displayName: string): Tile[] {
  const tiles = [...peers.flatMap(tilesOfPeer), ...ownTiles(local, displayName)];
  return [...tiles.filter(({ kind }) => kind === "screen"), ...tiles.filter(({ kind }) => kind === "person")];
}

/** The large picture: what was pinned, else somebody's screen, else who speaks, else somebody else. */
export function featuredTile(tiles: readonly Tile[], speaker: string | null, pinned: string | null): Tile | undefined {
  return (
    tiles.find(({ key }) => key === pinned) ??
    tiles.find(({ kind, peerId }) => kind === "screen" && peerId !== null) ??
    tiles.find(({ kind, peerId }) => kind === "person" && peerId !== null && peerId === speaker) ??
    tiles.find(({ peerId }) => peerId !== null) ??
    tiles.find(({ kind }) => kind === "person")
  );
}

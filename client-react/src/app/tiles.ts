/** Which pictures a call shows, and which of them is the large one. */
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

function tilesOfPeer({ peerId, displayName: name, media }: RemotePeer): Tile[] {
  const [voice, pictures] = [media.find(({ source }) => source === "microphone"), media.filter(({ track }) => track.kind === "video")];
  const [camera, ...more] = pictures.filter(({ source }) => source !== "screen");
  const person: Tile = {
    key: peerId, peerId, kind: "person", name, track: camera && !camera.paused ? camera.track : null, muted: !voice || voice.paused,
  };
  const screens = pictures.filter(({ source }) => source === "screen").map((screen): Tile => ({
    key: screen.producerId, peerId, kind: "screen", name: `${name}’s screen`, track: screen.track, muted: false,
  }));
  // Frontends that do not say what a picture shows may send several.
  const others = more.flatMap(({ producerId, track, paused }, at): Tile[] =>
    paused ? [] : [{ key: producerId, peerId, kind: "person", name: `${name} (${at + 2})`, track, muted: false }]);
  return [...screens, person, ...others];
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

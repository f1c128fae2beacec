import { expect, test } from "vitest";
import { tileWidth } from "../../src/app/layout";
import { featuredTile, tilesOf } from "../../src/app/tiles";
import { INITIAL, type RemotePeer } from "../../src/sfu/store";
import type { Source } from "../../src/protocol/types";

const track = (id: string) => ({ id, kind: id === "microphone" ? "audio" : "video" }) as MediaStreamTrack;
const stream = (source: Source, paused = false) =>
  ({ consumerId: source, producerId: `p-${source}`, source, track: track(source), paused, layers: null });
const bob: RemotePeer = { peerId: "bob", displayName: "Bob", media: [stream("camera"), stream("microphone")] };
const cem: RemotePeer = { peerId: "cem", displayName: "Cem", media: [stream("screen"), stream("camera", true), stream("microphone", true)] };
const local = { ...INITIAL.local, tracks: { ...INITIAL.local.tracks, screen: track("mine") } };

test("screens come first, the user last", () => {
  expect(tilesOf([bob, cem], local, "Ann").map(({ name }) => name)).toEqual(["Cem’s screen", "Your screen", "Bob", "Cem", "Ann (you)"]);
});

test("who paused the camera has no picture, who paused the microphone is muted", () => {
  const [, person] = tilesOf([cem], INITIAL.local, "Ann");
  expect(person).toMatchObject({ name: "Cem", track: null, muted: true });
  expect(tilesOf([bob], INITIAL.local, "Ann")[0]).toMatchObject({ track: { id: "camera" }, muted: false });
});

test("every further picture has a tile of its own, while it moves", () => {
  const further = (producerId: string, paused = false) => ({ ...stream("camera", paused), producerId });
  const eve: RemotePeer = { peerId: "eve", displayName: "Eve", media: [...bob.media, further("second"), further("third", true), further("fourth")] };
  const tiles = tilesOf([eve], INITIAL.local, "Ann");
  expect(tiles.map(({ key, name }) => [key, name])).toEqual([["eve", "Eve"], ["second", "Eve (2)"], ["fourth", "Eve (4)"], ["own", "Ann (you)"]]);
});

test("the sound of a screen is no picture", () => {
  const sound = { ...stream("screen"), producerId: "sound", track: track("microphone") };
  expect(tilesOf([{ ...bob, media: [...bob.media, sound] }], INITIAL.local, "Ann").map(({ name }) => name)).toEqual(["Bob", "Ann (you)"]);
});

test("the large picture is what was pinned, else a screen, else who speaks, else anybody else", () => {
  const dan = { ...bob, peerId: "dan", displayName: "Dan" };
  const [people, withScreen] = [tilesOf([bob, dan], local, "Ann"), tilesOf([bob, cem], local, "Ann")];
  expect(featuredTile(withScreen, "bob", "own")).toMatchObject({ name: "Ann (you)" });
  expect(featuredTile(withScreen, "bob", null)).toMatchObject({ name: "Cem’s screen" });
  expect(featuredTile(people, "dan", "who is gone")).toMatchObject({ name: "Dan" });
  expect(featuredTile(people, null, null)).toMatchObject({ name: "Bob" });
  expect(featuredTile(tilesOf([], INITIAL.local, "Ann"), null, null)).toMatchObject({ name: "Ann (you)" });
});

test("tiles are as large as the room allows", () => {
  const room = { width: 1_212, height: 693 };
  expect(tileWidth(1, room, 12)).toBe(1_212);
  expect(tileWidth(4, room, 12)).toBe(600);
  expect(tileWidth(2, { width: 400, height: 1_000 }, 12)).toBe(400);
});

test("tiles that would be too small to see are scrolled to instead", () => {
  expect(tileWidth(200, { width: 800, height: 600 }, 12)).toBe(150);
  expect(tileWidth(3, { width: 100, height: 100 }, 12)).toBe(100);
});

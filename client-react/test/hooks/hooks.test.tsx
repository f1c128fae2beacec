// @vitest-environment happy-dom
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { SessionContext, useActiveSpeaker, useDevices, useLocalMedia, usePeers, useRoom, useSession, useStats } from "../../src/react";
import { useAnnouncements } from "../../src/hooks/useAnnouncements";
import { useShortcuts } from "../../src/hooks/useShortcuts";
import { bench } from "../support/session";
import { producerOf, serve } from "../support/server";

afterEach(cleanup);

const BOB = { peerId: "bob", producers: [producerOf("bob")] };

/** A hook in a page whose session joins a room with Bob, or with others. */
function mounted<T>(hook: () => T, peers: Parameters<typeof serve>[1] = [BOB]) {
  const all = bench();
  serve(all.socket, peers);
  const wrapper = ({ children }: { children: ReactNode }) => <SessionContext value={all.session}>{children}</SessionContext>;
  const { result, unmount } = renderHook(hook, { wrapper });
  const until = (check: () => void) => waitFor(check, { timeout: 3_000, interval: 5 });
  return { ...all, result, unmount, until };
}

test("useRoom goes in, tells where one is, and goes out", async () => {
  const { result, until } = mounted(useRoom);
  expect(result.current).toMatchObject({ status: "idle", left: false });
  act(() => { result.current.join("tea", "Ann"); });
  await until(() => { expect(result.current).toMatchObject({ status: "joined", room: "tea", displayName: "Ann" }); });
  act(() => { result.current.leave(); });
  await until(() => { expect(result.current).toMatchObject({ status: "idle", left: true }); });
});

test("usePeers lists the others", async () => {
  const { result, session, until } = mounted(usePeers);
  act(() => void session.join("tea", "Ann"));
  await until(() => { expect(result.current).toMatchObject([{ displayName: "Name of bob", media: [{ source: "microphone" }] }]); });
});

test("useLocalMedia previews, mutes and turns off", async () => {
  const { result, until } = mounted(useLocalMedia);
  act(() => { result.current.preview(); });
  await until(() => { expect(result.current.tracks).toMatchObject({ camera: { kind: "video" }, microphone: { kind: "audio" } }); });
  act(() => { result.current.toggleMuted(); });
  await until(() => { expect(result.current.muted).toBe(true); });
  act(() => { result.current.toggle("camera"); });
  await until(() => { expect(result.current).toMatchObject({ tracks: { camera: null }, wanted: { camera: false, microphone: true } }); });
});

test("useDevices lists and chooses", async () => {
  const { result, until } = mounted(useDevices);
  await until(() => { expect(result.current.devices.speaker).toEqual([{ id: "speaker", label: "The speaker" }]); });
  act(() => { result.current.choose("speaker", "other"); });
  await until(() => { expect(result.current.chosen).toEqual({ speaker: "other" }); });
});

test("useActiveSpeaker tells who speaks, for as long as it is asked", async () => {
  const { result, session, until, unmount } = mounted(useActiveSpeaker);
  const levels = vi.spyOn(session, "audioLevels").mockResolvedValue(new Map([["bob", 0.5]]));
  await until(() => { expect(result.current).toEqual({ active: "bob", audible: new Set(["bob"]) }); });
  unmount();
  expect(session.speaker.get().active).toBeNull();
  levels.mockRestore();
});

test("useStats gives a row per stream", async () => {
  const { result, session, until } = mounted(useStats);
  const report = new Map([["o", { id: "o", type: "outbound-rtp", kind: "audio", bytesSent: 5 }]]) as unknown as RTCStatsReport;
  vi.spyOn(session, "stats").mockResolvedValue([report]);
  await until(() => { expect(result.current).toMatchObject([{ who: "You", source: "microphone", bytes: 5, bitrate: 0, loss: 0 }]); });
});

test("useAnnouncements tells a large room in one sentence, and then who comes", async () => {
  const peers = ["a", "b", "c", "d", "e"].map((peerId) => ({ peerId, producers: [] }));
  const { result, session, socket, until } = mounted(useAnnouncements, peers);
  await act(() => session.join("tea", "Ann"));
  await until(() => { expect(session.store.get().peers).toHaveLength(peers.length); });
  const first = "You are in tea. Here with Name of a, Name of b and 3 others.";
  await until(() => { expect(result.current.map(({ text }) => text)).toEqual([first]); });
  act(() => { socket.tell("new-peer", { peerId: "f", displayName: "Eff" }); });
  expect(result.current.map(({ text }) => text)).toEqual([first, "Eff joined."]);
});

test("who cancels on the way in has not left", async () => {
  const { result, socket, until } = mounted(useRoom);
  delete socket.answers["joinRoom"];
  act(() => { result.current.join("tea", "Ann"); });
  await until(() => { expect(socket.count("joinRoom")).toBe(1); });
  act(() => { result.current.leave(); });
  await until(() => { expect(result.current).toMatchObject({ status: "idle", left: false }); });
  await until(() => { expect(socket.connected).toBe(false); });
  expect(socket.events().at(-1)).toBe("leaveRoom");
});

test("a hook outside a session says what it needs", () => {
  const quiet = vi.spyOn(console, "error").mockReturnValue();
  expect(() => renderHook(useSession)).toThrow("SessionContext");
  quiet.mockRestore();
});

test("single keys act, unless one types or holds another key", () => {
  const mute = vi.fn();
  const press = (target: EventTarget, init: KeyboardEventInit) =>
    target.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...init }));
  const input = document.body.appendChild(document.createElement("input"));
  const { rerender } = renderHook(({ on }) => { useShortcuts({ m: mute }, on); }, { initialProps: { on: true } });
  press(document.body, { key: "M" });
  press(document.body, { key: "m", ctrlKey: true });
  press(document.body, { key: "x" });
  press(input, { key: "m" });
  expect(mute).toHaveBeenCalledTimes(1);
  rerender({ on: false });
  press(document.body, { key: "m" });
  expect(mute).toHaveBeenCalledTimes(1);
});

/** A server that is reached, but not by sound and pictures. */
import { afterEach, expect, test, vi } from "vitest";
import { Path } from "../src/sfu/Path";
import { inRoom, payloads } from "./support/room";

afterEach(() => { vi.useRealTimers(); });

const NO_WAY = expect.stringContaining("No way was found for sound and pictures") as string;

test("one failure is told to nobody; more are told once, until there is a way", () => {
  const tell = vi.fn();
  const path = new Path(tell);
  path.failed();
  path.found();
  path.failed();
  expect(tell).not.toHaveBeenCalled();
  path.failed();
  path.failed();
  path.found();
  path.found();
  expect(tell.mock.calls).toEqual([[true], [false]]);
});

test("each try waits longer, but never for ever", () => {
  const path = new Path(() => undefined);
  const waits = Array.from({ length: 9 }, () => path.failed());
  expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  path.found();
  expect(path.failed()).toBe(0);
});

test("a reason to hurry ends a wait, and the next ones begin short again; people are told no news", async () => {
  vi.useFakeTimers();
  const tell = vi.fn();
  const path = new Path(tell);
  for (let tries = 0; tries < 6; tries += 1) path.failed();
  const ended = vi.fn();
  const waits = [path.wait(path.failed()).then(ended), path.wait(30_000).then(ended)];
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ended).not.toHaveBeenCalled();
  path.hurry();
  await Promise.all(waits);
  expect(vi.getTimerCount()).toBe(0);
  expect([path.failed(), path.failed()]).toEqual([2_000, 4_000]);
  path.found();
  expect(tell.mock.calls).toEqual([[true], [false]]);
});

test("hurrying where nothing has failed changes nothing", () => {
  const tell = vi.fn();
  const path = new Path(tell);
  path.hurry();
  expect(path.failed()).toBe(0);
  path.hurry();
  path.failed();
  expect(tell.mock.calls).toEqual([[true]]);
});

test("a path that is not found is told in a sentence until both directions have one", async () => {
  const { session, handlers } = await inRoom();
  const [one, other] = handlers;
  for (const state of ["failed", "connecting", "failed"] as const) for (const handler of handlers) handler.setConnectionState(state);
  expect(session.store.get()).toMatchObject({ status: "joined", problem: NO_WAY });
  one?.setConnectionState("connected");
  expect(session.store.get().problem).toEqual(NO_WAY);
  other?.setConnectionState("connected");
  expect(session.store.get().problem).toBeNull();
});

test("while the server is away nothing is told of paths", async () => {
  const { session, handlers, lose } = await inRoom();
  lose();
  const { problem } = session.store.get();
  for (const state of ["failed", "connecting", "failed"] as const) for (const handler of handlers) handler.setConnectionState(state);
  expect(session.store.get().problem).toBe(problem);
});

test("transports that the server gives up again and again are made anew ever more seldom, and people are told", async () => {
  const { socket, session } = await inRoom();
  const idOfLast = () => (payloads(socket, "transport-connect").at(-1) as { transportId: string }).transportId;
  vi.useFakeTimers();
  const giveUp = async () => {
    const made = socket.count("createWebRtcTransport");
    socket.tell("transport-closed", { transportId: idOfLast(), reason: "connect-timeout" });
    for (let seconds = 0; seconds < 60; seconds += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      if (socket.count("createWebRtcTransport") > made) return seconds;
    }
    return Infinity;
  };
  expect(await giveUp()).toBe(0);
  expect(session.store.get().problem).toBeNull();
  const waits = [await giveUp(), await giveUp(), await giveUp()];
  expect(session.store.get()).toMatchObject({ status: "joined", problem: NO_WAY });
  expect(waits).toEqual([0, 1, 3]);
  await session.leave();
  expect(session.store.get().problem).toBeNull();
});

test("who leaves while a transport waits for its turn opens none", async () => {
  const { socket, session } = await inRoom();
  const { transportId } = payloads(socket, "transport-connect")[0] as { transportId: string };
  const { serverConsumerTransportId } = payloads(socket, "transport-recv-connect")[0] as { serverConsumerTransportId: string };
  vi.useFakeTimers();
  for (const id of [transportId, transportId, serverConsumerTransportId]) socket.tell("transport-closed", { transportId: id, reason: "connect-timeout" });
  await session.leave();
  const made = socket.count("createWebRtcTransport");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(socket.count("createWebRtcTransport")).toBe(made);
});

test("another network ends the wait of a transport that the server gave up again and again", async () => {
  const { socket, session } = await inRoom();
  socket.answers["getProducers"] = () => ({ producers: [] });
  vi.useFakeTimers();
  const made = () => socket.count("createWebRtcTransport");
  const giveUp = () => {
    const { transportId } = payloads(socket, "transport-connect").at(-1) as { transportId: string };
    socket.tell("transport-closed", { transportId, reason: "connect-timeout" });
  };
  for (const wait of [0, 1_000, 2_000]) {
    giveUp();
    await vi.advanceTimersByTimeAsync(wait + 100);
  }
  giveUp();
  await vi.advanceTimersByTimeAsync(1_000);
  const before = made();
  await session.networkChanged();
  await vi.advanceTimersByTimeAsync(100);
  expect(made()).toBe(before + 1);
});

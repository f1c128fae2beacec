import { expect, test } from "vitest";
import { DeviceError } from "../src/sfu/devices";
import { deviceSentence } from "../src/sfu/failures";
import { bench, FakeTrack, openFake } from "./support/session";
import { serve } from "./support/server";

test("devices that are denied together are told together, until one opens", async () => {
  let denied = true;
  const { socket, session, until } = bench((source) =>
    denied ? Promise.reject(new DeviceError(deviceSentence(source, new DOMException("", "NotAllowedError")))) : openFake(source),
  );
  serve(socket);
  await session.join("tea", "Ann");
  await until(() => {
    expect(session.store.get().status).toBe("joined");
  });
  expect(session.store.get().problem).toMatch(/microphone is blocked.*camera is blocked/);
  denied = false;
  await session.local.turnOn("camera");
  expect(session.store.get().problem).toMatch(/^The microphone is blocked\. [^.]*\.$/);
  await session.local.turnOn("microphone");
  expect(session.store.get().problem).toBeNull();
});

test("a problem that was dismissed is not told again with the next", async () => {
  const { socket, session } = bench((source) =>
    Promise.reject(new DeviceError(deviceSentence(source, new DOMException("", "NotAllowedError")))),
  );
  serve(socket);
  await session.join("tea", "Ann");
  session.store.dismiss();
  await session.local.turnOn("screen");
  expect(session.store.get().problem).toMatch(/^The screen is not shared/);
});

/** In a room, with every device that was opened. */
async function joined() {
  const opened: FakeTrack[] = [];
  const wishes: unknown[] = [];
  const all = bench(async (source, chosen) => {
    const track = await openFake(source);
    opened.push(track as unknown as FakeTrack);
    wishes.push(chosen);
    return track;
  });
  serve(all.socket);
  await all.session.join("tea", "Ann");
  await all.until(() => { expect(all.socket.count("transport-produce")).toBe(2); });
  return { ...all, opened, wishes };
}

test("another camera takes the place of the first, for the others without a new stream", async () => {
  const { socket, session, opened, wishes } = await joined();
  await session.local.choose("camera", "other");
  expect(wishes.at(-1)).toEqual({ camera: "other" });
  expect(opened.filter(({ source }) => source === "camera").map(({ readyState }) => readyState)).toEqual(["ended", "live"]);
  expect(session.store.get().local.tracks.camera).toBe(opened.at(-1));
  expect(socket.count("transport-produce")).toBe(2);
});

test("another camera that does not open leaves the camera off, and says so", async () => {
  let fails = false;
  const { socket, session, until } = bench((source) => (fails ? Promise.reject(new DeviceError("No.")) : openFake(source)));
  serve(socket);
  await session.join("tea", "Ann");
  await until(() => { expect(socket.count("transport-produce")).toBe(2); });
  fails = true;
  await session.local.choose("camera", "other");
  expect(session.store.get()).toMatchObject({ problem: "No.", local: { tracks: { camera: null } } });
  expect(socket.count("producer-close")).toBe(1);
});

test("a device chosen while it is off is taken when it is turned on", async () => {
  const { session, wishes } = await joined();
  await session.local.turnOff("camera");
  await session.local.choose("camera", "other");
  await session.local.choose("speaker", "loud");
  await session.local.turnOn("camera");
  expect(wishes.at(-1)).toEqual({ camera: "other", speaker: "loud" });
});

test.each([["opens", true], ["fails", false]])("a camera that is chosen while another one opens is taken when that one %s", async (_, works) => {
  const pending: { id: string | undefined; settle: () => void; track: FakeTrack }[] = [];
  const { socket, session, until } = bench((source, chosen) => {
    if (source !== "camera") return openFake(source);
    const track = new FakeTrack(source);
    return new Promise((resolve, reject) => {
      const good = works || pending.length > 0;
      const settle = () => { if (good) resolve(track as unknown as MediaStreamTrack); else reject(new DeviceError("No.")); };
      pending.push({ id: chosen?.camera, settle, track });
    });
  });
  serve(socket);
  const joining = session.join("tea", "Ann");
  await until(() => { expect(pending).toHaveLength(1); });
  await session.local.choose("camera", "other");
  pending[0]?.settle();
  await until(() => { expect(pending.map(({ id }) => id)).toEqual([undefined, "other"]); });
  pending[1]?.settle();
  await joining;
  await until(() => { expect(socket.count("transport-produce")).toBe(2); });
  expect(session.store.get()).toMatchObject({ problem: null, local: { tracks: { camera: pending[1]?.track } } });
  if (works) expect(pending[0]?.track.readyState).toBe("ended");
});

test("a camera that is unplugged is taken from the others, and told", async () => {
  const { socket, session, opened, until } = await joined();
  opened.find(({ source }) => source === "camera")?.dispatchEvent(new Event("ended"));
  await until(() => { expect(socket.count("producer-close")).toBe(1); });
  expect(session.store.get()).toMatchObject({ local: { tracks: { camera: null } }, problem: expect.stringContaining("unplugged") as string });
});

test("a screen that is ended by the browser's own button is no fault", async () => {
  const { socket, session, opened, until } = await joined();
  await session.local.turnOn("screen");
  opened.at(-1)?.dispatchEvent(new Event("ended"));
  await until(() => { expect(socket.count("producer-close")).toBe(1); });
  expect(session.store.get()).toMatchObject({ local: { tracks: { screen: null } }, problem: null });
});

test("a screen is sent as one stream at full size", async () => {
  const { socket, session } = await joined();
  await session.local.turnOn("screen");
  const { payload } = socket.sent.filter(({ event }) => event === "transport-produce").at(-1) ?? {};
  expect(payload).toMatchObject({ appData: { source: "screen" }, rtpParameters: { encodings: [{ maxBitrate: 5_000_000 }] } });
});

test("what was turned off in the lobby is not opened by joining", async () => {
  const { socket, session, until } = bench();
  serve(socket);
  await session.local.turnOnWanted();
  await session.local.turnOff("camera");
  await session.join("tea", "Ann");
  await until(() => { expect(socket.count("transport-produce")).toBe(1); });
  expect(session.store.get().local.tracks).toMatchObject({ camera: null, microphone: { kind: "audio" } });
});

test("what is on in the lobby is sent as it is", async () => {
  const { socket, session, until } = bench();
  serve(socket);
  await session.local.turnOnWanted();
  const { tracks } = session.store.get().local;
  await session.join("tea", "Ann");
  await until(() => { expect(socket.count("transport-produce")).toBe(2); });
  expect(session.store.get().local.tracks).toEqual(tracks);
});

test("the devices to choose from are known once one is open", async () => {
  const { session, until } = await joined();
  await until(() => { expect(session.store.get().local.devices.camera).toEqual([{ id: "camera", label: "The camera" }]); });
});

test("why one is not in is told before what a device lacks, and alone when the device is there", async () => {
  let denied = true;
  const { socket, session, until } = bench((source) => (denied ? Promise.reject(new DeviceError("No device.")) : openFake(source)));
  socket.answers["joinRoom"] = () => ({ error: "no", code: "limit-peers" });
  await session.join("tea", "Ann");
  await until(() => { expect(session.store.get().problem).toMatch(/^This room is full.* No device\. No device\.$/); });
  denied = false;
  await session.local.turnOnWanted();
  expect(session.store.get().problem).toMatch(/^This room is full[^.]*\. [^.]*\.$/);
});

test("a camera that is turned off while it is being sent is off at once, and not sent", async () => {
  const { socket, session, opened, until } = await joined();
  await session.local.turnOff("camera");
  const answer = socket.answers["transport-produce"];
  const held = new Promise<void>((resolve) => {
    socket.answers["transport-produce"] = async (payload) => {
      await new Promise<void>((go) => { letGo = go; resolve(); });
      return answer?.(payload);
    };
  });
  let letGo: () => void = () => undefined;
  const on = session.local.turnOn("camera");
  await held;
  const off = session.local.turnOff("camera");
  expect(opened.at(-1)?.readyState).toBe("ended");
  expect(session.store.get().local.tracks.camera).toBeNull();
  letGo();
  await Promise.all([on, off]);
  await until(() => { expect(socket.count("producer-close")).toBe(2); });
});

test("a screen that is chosen after the user is out of the room is not shared", async () => {
  let choose: (track: MediaStreamTrack) => void = () => undefined;
  const { socket, session, until } = bench((source) =>
    source === "screen" ? new Promise((resolve) => { choose = resolve; }) : openFake(source),
  );
  serve(socket);
  await session.join("tea", "Ann");
  const sharing = session.local.turnOn("screen");
  socket.answers["joinRoom"] = () => ({ error: "no", code: "limit-peers" });
  socket.tell("room-closed", { reason: "worker-died" });
  await until(() => { expect(session.store.get().status).toBe("idle"); });
  const track = await openFake("screen");
  choose(track);
  await sharing;
  expect(track.readyState).toBe("ended");
  expect(session.store.get().local.tracks.screen).toBeNull();
});

test("a microphone that is muted before the call is sent as nothing but paused", async () => {
  const { socket, session, until } = bench();
  serve(socket);
  await session.local.turnOnWanted();
  await session.local.setMuted(true);
  const microphone = session.store.get().local.tracks.microphone;
  expect(microphone?.enabled).toBe(false);
  await session.join("tea", "Ann");
  await until(() => { expect(socket.count("transport-produce")).toBe(2); });
  const sent = socket.sent.filter(({ event }) => event === "transport-produce").map(({ payload }) => payload);
  expect(sent).toEqual(expect.arrayContaining([
    expect.objectContaining({ kind: "audio", paused: true, appData: { source: "microphone" } }),
    expect.objectContaining({ kind: "video", paused: false }),
  ]));
  expect(socket.count("producer-pause")).toBe(0);
  await session.local.setMuted(false);
  expect(microphone?.enabled).toBe(true);
  expect(socket.count("producer-resume")).toBe(1);
});

test("a microphone that is opened anew is heard, although the one before was muted", async () => {
  const { session } = await joined();
  await session.local.setMuted(true);
  await session.local.turnOff("microphone");
  expect(session.store.get().local.muted).toBe(false);
  await session.local.turnOn("microphone");
  await session.local.setMuted(true);
  await session.leave();
  expect(session.store.get().local.muted).toBe(false);
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { canShareScreen, listDevices, openDevice, watchDevices } from "../src/sfu/devices";
import { FakeTrack } from "./support/session";

const asked: unknown[] = [];
const media = Object.assign(new EventTarget(), {
  getUserMedia: (wish: unknown) => open(wish),
  getDisplayMedia: (wish: unknown) => open(wish),
  enumerateDevices: () => Promise.resolve([
    { kind: "videoinput", deviceId: "c", label: "Camera" },
    { kind: "audioinput", deviceId: "m", label: "Microphone" },
    { kind: "audiooutput", deviceId: "s", label: "Speaker" },
    { kind: "audiooutput", deviceId: "", label: "" },
  ]),
});
let gone = false;
let fails: DOMException | null = null;
let tracks: FakeTrack[] = [];

function open(wish: unknown): Promise<{ getTracks: () => FakeTrack[] }> {
  asked.push(wish);
  if (gone && JSON.stringify(wish).includes("deviceId")) return Promise.reject(new DOMException("", "OverconstrainedError"));
  return fails ? Promise.reject(fails) : Promise.resolve({ getTracks: () => tracks });
}

beforeEach(() => {
  asked.length = 0;
  fails = null;
  gone = false;
  tracks = [new FakeTrack("camera")];
  vi.stubGlobal("navigator", { mediaDevices: media });
});
afterEach(() => { vi.unstubAllGlobals(); });

test("the chosen device is asked for", async () => {
  await openDevice("camera", { camera: "c" });
  expect(asked).toMatchObject([{ video: { deviceId: { exact: "c" }, width: { ideal: 1280 } } }]);
});

test("another device is taken when the chosen one is gone", async () => {
  gone = true;
  await expect(openDevice("camera", { camera: "c" })).resolves.toBe(tracks[0]);
  expect(asked).toHaveLength(2);
  expect(JSON.stringify(asked[1])).not.toContain("deviceId");
});

test("without a choice the browser chooses", async () => {
  await openDevice("microphone");
  expect(JSON.stringify(asked)).not.toContain("deviceId");
});

test("a screen is to be kept sharp", async () => {
  expect((await openDevice("screen")).contentHint).toBe("detail");
});

test.each([
  ["NotAllowedError", "camera", "The camera is blocked. Allow it in the browser's address bar, then try again."],
  ["NotFoundError", "camera", "The camera was not found. Is one plugged in?"],
  ["NotReadableError", "microphone", "The microphone is in use by another program, or does not start."],
  ["SomethingNewError", "microphone", "The microphone could not be opened."],
  ["NotAllowedError", "screen", "The screen is not shared: none was chosen, or the system does not allow it."],
] as const)("%s of the %s is told in a sentence", async (name, source, sentence) => {
  fails = new DOMException("", name);
  await expect(openDevice(source)).rejects.toThrow(sentence);
});

test("a page that is not secure is told why there is no camera", async () => {
  vi.stubGlobal("navigator", {});
  await expect(openDevice("camera")).rejects.toThrow("The camera is only available on a secure (https) page.");
  expect(canShareScreen()).toBe(false);
  expect(await listDevices()).toEqual({ camera: [], microphone: [], speaker: [] });
});

test("a stream without a track counts as no device", async () => {
  tracks = [];
  await expect(openDevice("camera")).rejects.toThrow("was not found");
});

test("devices are listed by kind, those without a name left out", async () => {
  expect(await listDevices()).toEqual({
    camera: [{ id: "c", label: "Camera" }],
    microphone: [{ id: "m", label: "Microphone" }],
    speaker: [{ id: "s", label: "Speaker" }],
  });
});

test("plugging in is told until one stops listening", () => {
  const changed = vi.fn();
  const stop = watchDevices(changed);
  media.dispatchEvent(new Event("devicechange"));
  stop();
  media.dispatchEvent(new Event("devicechange"));
  expect(changed).toHaveBeenCalledTimes(1);
});

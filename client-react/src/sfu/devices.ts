/** Opening camera, microphone and screen. Nothing else in the client touches `navigator.mediaDevices`. */
import type { Source } from "../protocol/types";
import { deviceSentence } from "./failures";

/** A device that did not open; `message` is a sentence for the user. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
}

export type DeviceKind = "microphone" | "camera" | "speaker";

export interface DeviceChoice {
  id: string;
  label: string;
}

/** What there is to choose from; empty before the user allowed a device of the kind. */
export type DeviceList = Readonly<Record<DeviceKind, readonly DeviceChoice[]>>;

/** Ids of chosen devices; a kind without one is left to the browser. */
export type ChosenDevices = Readonly<Partial<Record<DeviceKind, string>>>;

const VIDEO: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
};

const AUDIO: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** Insisted on: among wishes, that for a large picture would outweigh that for this camera. */
const exactly = (id: string | undefined): MediaTrackConstraints => (id === undefined ? {} : { deviceId: { exact: id } });

type Open = (media: MediaDevices, chosen: ChosenDevices) => Promise<MediaStream>;

const OPEN: Record<Source, Open> = {
  microphone: (media, { microphone }) => media.getUserMedia({ audio: { ...AUDIO, ...exactly(microphone) } }),
  camera: (media, { camera }) => media.getUserMedia({ video: { ...VIDEO, ...exactly(camera) } }),
  screen: (media) => media.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio: false }),
};

/** The chosen device, or another when that is gone. */
const openOrOther: (source: Source, ...given: Parameters<Open>) => Promise<MediaStream> = (source, media, chosen) =>
  OPEN[source](media, chosen).catch((error: unknown) => {
    // Not a DOMException in every browser.
    if (!(error instanceof Object) || !("name" in error) || error.name !== "OverconstrainedError") throw error;
    return OPEN[source](media, {});
  });

/** Outside a secure page (https, localhost) browsers have no devices to offer. */
const mediaDevices = (): MediaDevices | undefined => (navigator as { mediaDevices?: MediaDevices }).mediaDevices;

/** Opens a device and gives its one track; throws a DeviceError. */
export async function openDevice(source: Source, chosen: ChosenDevices = {}): Promise<MediaStreamTrack> {
  const media = mediaDevices();
  if (!media) throw new DeviceError(deviceSentence(source, new DOMException("", "SecurityError")));
  try {
    const [track] = (await openOrOther(source, media, chosen)).getTracks();
    if (!track) throw new DOMException("", "NotFoundError");
    // Encoders that cannot keep everything keep the text sharp.
    if (source === "screen") track.contentHint = "detail";
    return track;
  } catch (error) {
    throw new DeviceError(deviceSentence(source, error));
  }
}

const KINDS: Record<string, DeviceKind | undefined> = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: "speaker",
};

/** The devices with a name: browsers hide those of kinds that are not allowed yet. */
export async function listDevices(): Promise<DeviceList> {
  const list: Record<DeviceKind, DeviceChoice[]> = { microphone: [], camera: [], speaker: [] };
  const all = (await mediaDevices()?.enumerateDevices().catch(() => [])) ?? [];
  for (const { kind, deviceId, label } of all) {
    const own = KINDS[kind];
    if (own && deviceId !== "" && label !== "") list[own].push({ id: deviceId, label });
  }
  return list;
}

/** Calls back when a device is plugged in or out; gives what ends that. */
export function watchDevices(changed: () => void): () => void {
  const media = mediaDevices();
  media?.addEventListener("devicechange", changed);
  return () => { media?.removeEventListener("devicechange", changed); };
}

export const canShareScreen = (): boolean => typeof mediaDevices()?.getDisplayMedia === "function";

export const canChooseSpeaker = (): boolean =>
  typeof HTMLMediaElement !== "undefined" && typeof (HTMLMediaElement.prototype as Partial<HTMLMediaElement>).setSinkId === "function";

/** Opening camera, microphone and screen. Nothing else in the client touches `navigator.mediaDevices`. */
import type { Source } from "../protocol/types";
import { deviceSentence } from "./failures";

/** A device that did not open; `message` is a sentence for the user. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
}

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

const OPEN: Record<Source, (media: MediaDevices) => Promise<MediaStream>> = {
  microphone: (media) => media.getUserMedia({ audio: AUDIO }),
  camera: (media) => media.getUserMedia({ video: VIDEO }),
  screen: (media) => media.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: false }),
};

/** Outside a secure page (https, localhost) browsers have no devices to offer. */
const mediaDevices = (): MediaDevices | undefined => (navigator as { mediaDevices?: MediaDevices }).mediaDevices;

/** Opens a device and gives its one track; throws a DeviceError. */
export async function openDevice(source: Source): Promise<MediaStreamTrack> {
  const media = mediaDevices();
  if (!media) throw new DeviceError(deviceSentence(source, new DOMException("", "SecurityError")));
  try {
    const [track] = (await OPEN[source](media)).getTracks();
    if (!track) throw new DOMException("", "NotFoundError");
    return track;
  } catch (error) {
    throw new DeviceError(deviceSentence(source, error));
  }
}

export const canShareScreen = (): boolean => typeof mediaDevices()?.getDisplayMedia === "function";

/** How each source is encoded. */
import type { types } from "mediasoup-client";
import type { Source } from "../protocol/types";

/** Three sizes of the picture, a receiver gets one; the smallest first, as browsers want it. */
const SIMULCAST: types.RtpEncodingParameters[] = [
  { rid: "r0", scaleResolutionDownBy: 4, maxBitrate: 150_000, scalabilityMode: "L1T3" },
  { rid: "r1", scaleResolutionDownBy: 2, maxBitrate: 600_000, scalabilityMode: "L1T3" },
  { rid: "r2", scaleResolutionDownBy: 1, maxBitrate: 2_500_000, scalabilityMode: "L1T3" },
];

type Encoding = Pick<types.ProducerOptions, "encodings" | "codecOptions">;

const BY_SOURCE: Record<Source, Encoding> = {
  microphone: { codecOptions: { opusDtx: true, opusFec: true } },
  camera: { encodings: SIMULCAST, codecOptions: { videoGoogleStartBitrate: 1_000 } },
  // Text has to stay sharp: one stream at full size.
  screen: { encodings: [{ maxBitrate: 5_000_000 }], codecOptions: { videoGoogleStartBitrate: 1_500 } },
};

export const encodingOf = (source: Source): Encoding => BY_SOURCE[source];

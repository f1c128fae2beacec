// jamalag/mediasoup3 e322c5f: the tutorial itself. ?tracks: the kinds in the order they are sent; ?layers: pictures in three sizes;
// ?hd: one of 720 lines, of which much may be sent.
import { asked, layers } from "./base.js";
import { meet } from "./room.js";
import { C } from "./words-c.js";

const encodings = asked.has("layers") ? layers(["r0", "r1", "r2"], "L1T3") : [{ maxBitrate: 2_500_000 }];
const options = (kind) => (kind === "video" ? { encodings, codecOptions: { videoGoogleStartBitrate: 1000 } } : {});

meet({
  ...C,
  ...(asked.has("tracks") && { tracks: asked.get("tracks").split(",") }),
  ...((asked.has("layers") || asked.has("hd")) && { options }),
});

// jamalag/mediasoup3 e322c5f: the tutorial itself. ?tracks: the kinds in the order they are sent; ?layers: pictures in three sizes.
import { asked, layers } from "./base.js";
import { meet } from "./room.js";
import { C } from "./words-c.js";

const options = (kind) => (kind === "video" ? { encodings: layers(["r0", "r1", "r2"], "L1T3") } : {});

meet({
  ...C,
  ...(asked.has("tracks") && { tracks: asked.get("tracks").split(",") }),
  ...(asked.has("layers") && { options }),
});

// dikyardiyanto17/webrtc-sfu 2ffea80, f9c887a (`getRtpCapabilities`) and 3887019, c6f24ef (?first=createRoom), and
// jamalag/mediasoup2 2126e38. At load it fetches `/` and shows what it says.
import { asked, report, server } from "./base.js";
import { pair } from "./pair.js";
import { B } from "./words-b.js";

const first = asked.get("first") ?? "getRtpCapabilities";

if (first === "getRtpCapabilities") fetch(`${server}/`).catch(report);

pair({
  ...B,
  greeted: (_c, { existsProducer, isProducerExist }) => (window.somebody = existsProducer ?? isProducerExist),
  capabilities: ({ ask }) => ask(first).then(({ rtpCapabilities }) => rtpCapabilities),
});

// MuzmmilKhan1/Mediasoup-frontend ac69c71: says at once whether it broadcasts, and a sentence when its tracks end.
import io from "socket.io-client";
import { server } from "./base.js";
import { pair } from "./pair.js";
import { B } from "./words-b.js";

pair({
  ...B,
  connect: () => io(`${server}/`),
  capabilities: ({ ask }, broadcaster) => {
    const wish = { broadcaster, roomName: "stage", ...(broadcaster && { desciption: "words" }) };
    return ask("getRtpCapabilities", wish).then(({ rtpCapabilities }) => rtpCapabilities);
  },
  greeted: ({ say }) => {
    window.finish = () => say("tracksEnded", "tracks ended");
  },
});

// The words of jamalag/mediasoup: one publishes, one watches, and there is nothing but one room.
import io from "socket.io-client";
import { checked, layers, server } from "./base.js";

export const B = {
  connect: () => io(`${server}/mediasoup`),
  starts: "connection-success",
  capabilities: ({ ask }) => ask("getRtpCapabilities").then(({ rtpCapabilities }) => rtpCapabilities),
  send: ({ ask }) => ask("createWebRtcTransport", { sender: true }).then(({ params }) => checked("send transport", params)),
  connectSend: ({ say }, { dtlsParameters }) => say("transport-connect", { dtlsParameters }),
  produce: ({ ask }, { kind, rtpParameters, appData }) => ask("transport-produce", { kind, rtpParameters, appData }),
  produced: ({ id }) => ({ id }),
  tracks: ["video"],
  options: () => ({ encodings: layers(["r1", "r2", "r3"], "S1T3"), codecOptions: { videoGoogleStartBitrate: 1000 } }),
  receive: ({ ask }) => ask("createWebRtcTransport", { sender: false }).then(({ params }) => checked("receive transport", params)),
  connectReceive: ({ say }, { dtlsParameters }) => say("transport-recv-connect", { dtlsParameters }),
  wanted: [undefined],
  consume: ({ ask }, { rtpCapabilities }) => ask("consume", { rtpCapabilities }).then(({ params }) => checked("consume", params)),
  resume: ({ say }) => say("consumer-resume"),
};

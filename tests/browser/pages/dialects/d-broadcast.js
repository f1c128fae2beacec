// mganeko/mediasoup_v3_example ca80de0, publish.html, subscribe.html and loopback.html: node's acknowledgements, a welcome that is
// waited for, a kind in what is consumed and resumed, sound and picture.
import io from "socket.io-client";
import { server } from "./base.js";
import { pair } from "./pair.js";

pair({
  connect: () => io(`${server}/`),
  starts: "message",
  begins: ({ type, id }) => type === "welcome" && Boolean(id),
  capabilities: ({ call }) => call("getRouterRtpCapabilities", {}),
  send: ({ call }) => call("createProducerTransport", {}),
  connectSend: ({ call }, { dtlsParameters }) => call("connectProducerTransport", { dtlsParameters }),
  produce: ({ call }, { transportId, kind, rtpParameters }) => call("produce", { transportId, kind, rtpParameters }),
  produced: ({ id }) => ({ id }),
  tracks: ["video", "audio"],
  receive: ({ call }) => call("createConsumerTransport", {}),
  connectReceive: ({ call }, { dtlsParameters }) => call("connectConsumerTransport", { dtlsParameters }),
  wanted: ["video", "audio"],
  consume: ({ call }, { rtpCapabilities, kind }) => call("consume", { rtpCapabilities, kind }),
  resume: ({ call }, { kind }) => call("resume", { kind }),
});

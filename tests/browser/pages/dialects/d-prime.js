// mkhahani/mediasoup-sample-app 4c26c1e: a path of its own, a socket of version 2 over WebSocket only, one-argument answers
// that are all waited for; new producers come without a payload.
import io from "socket.io-client";
import { checked, device, server } from "./base.js";
import { pair } from "./pair.js";

pair({
  connect: () => io(server, { path: "/server", transports: ["websocket"] }),
  starts: "connect",
  capabilities: ({ ask }) => ask("getRouterRtpCapabilities", {}),
  send: async ({ ask }) =>
    checked("send", await ask("createProducerTransport", { forceTcp: false, rtpCapabilities: device.rtpCapabilities })),
  connectSend: ({ ask }, { dtlsParameters }) => ask("connectProducerTransport", { dtlsParameters }),
  produce: ({ ask }, { transportId, kind, rtpParameters }) => ask("produce", { transportId, kind, rtpParameters }),
  produced: ({ id }) => ({ id }),
  tracks: ["video"],
  receive: async ({ ask }) => checked("receive", await ask("createConsumerTransport", { forceTcp: false })),
  connectReceive: ({ ask }, { dtlsParameters, transportId }) => ask("connectConsumerTransport", { transportId, dtlsParameters }),
  wanted: [undefined],
  consume: async ({ ask }, { rtpCapabilities }) => checked("consume", await ask("consume", { rtpCapabilities })),
  resume: ({ ask }) => ask("resume", {}),
});

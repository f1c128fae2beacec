// Aphatheology/mediasoup-demo 103344d and Alfazal007/multi_video_call_mediasoup e88584e (second_test): one to one, other words.
import { checked } from "./base.js";
import { pair } from "./pair.js";
import { B } from "./words-b.js";

pair({
  ...B,
  capabilities: ({ ask }) => ask("getRouterRtpCapabilities").then(({ routerRtpCapabilities }) => routerRtpCapabilities),
  send: ({ ask }) => ask("createTransport", { sender: true }).then(({ params }) => checked("send transport", params)),
  connectSend: ({ say }, { dtlsParameters }) => say("connectProducerTransport", { dtlsParameters }),
  produce: ({ ask }, { kind, rtpParameters }) => ask("transport-produce", { kind, rtpParameters }),
  options: () => ({}),
  receive: ({ ask }) => ask("createTransport", { sender: false }).then(({ params }) => checked("receive transport", params)),
  connectReceive: ({ say }, { dtlsParameters }) => say("connectConsumerTransport", { dtlsParameters }),
  consume: ({ ask }, { rtpCapabilities }) => ask("consumeMedia", { rtpCapabilities }).then(({ params }) => checked("consume", params)),
  resume: ({ ask }) => void ask("resumePausedConsumer"),
});

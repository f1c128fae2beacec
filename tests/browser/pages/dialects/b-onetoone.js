// zakariaelattar/mediasoup-client-react 2372545, OneToOne.js: a verb per direction instead of a payload; a token goes along.
import io from "socket.io-client";
import { checked, server } from "./base.js";
import { pair } from "./pair.js";
import { B } from "./words-b.js";

pair({
  ...B,
  connect: () => io(`${server}/mediasoup`, { auth: { token: "a.b.c" } }),
  send: ({ ask }) => ask("createWebRtcTransportSend").then(({ params }) => checked("send transport", params)),
  receive: ({ ask }) => ask("createWebRtcTransportRcv").then(({ params }) => checked("receive transport", params)),
});

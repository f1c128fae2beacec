// crackersam/mediasoup-tut 53a6f78, the page of a room: video only, receive transports are connected without being named, and
// a consumer is resumed by its producer.
import io from "socket.io-client";
import { server } from "./base.js";
import { meet } from "./room.js";
import { C, simulcast } from "./words-c.js";

meet({
  ...C,
  connect: () => io(`${server}/mediasoup`),
  tracks: ["video"],
  options: simulcast,
  connectReceive: ({ say }, { dtlsParameters }) => say("transport-recv-connect", { dtlsParameters }),
  resume: ({ say }, _consumer, producerId) => say("consumer-resume", { producerId }),
});

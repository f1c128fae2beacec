// dikyardiyanto17/mediasoup-nodejs 754269b: a name at the join, and events for its controls that nobody here knows.
import io from "socket.io-client";
import { server } from "./base.js";
import { meet } from "./room.js";
import { C } from "./words-c.js";

meet({
  ...C,
  connect: () => io(`${server}/`),
  join: ({ ask, room }) => ask("joinRoom", { roomName: room, username: "Ann" }).then(({ rtpCapabilities }) => rtpCapabilities),
  published: ({ say, socket }) => say("mic-config", { sendTo: socket.id, isMicActive: true, id: "mic" }),
});

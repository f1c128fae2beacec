// zakariaelattar/mediasoup-client-react 2372545, Conference.js: one creates a conference, others join it; a token goes along.
// ?create: this page creates it. `get-producers` is asked by the older of its pages.
import io from "socket.io-client";
import { asked, server } from "./base.js";
import { meet } from "./room.js";
import { C } from "./words-c.js";

const hello = asked.has("create") ? ["create-conference", { roomId: 1 }] : ["join-conference", {}];

meet({
  ...C,
  connect: () => io(server, { auth: { token: "a.b.c" } }),
  join: ({ ask, room }) => ask(hello[0], { roomName: room, ...hello[1] }).then(({ rtpCapabilities }) => rtpCapabilities),
  list: async ({ ask, receiveAll }) => {
    receiveAll(await ask("getProducers"));
    receiveAll(await ask("get-producers"));
  },
});

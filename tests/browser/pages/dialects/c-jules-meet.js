// arafatDU/jules-meet 12c5ea0: says a name, and is listed producers as objects though it asks without a payload.
import io from "socket.io-client";
import { server } from "./base.js";
import { meet, oneForAll } from "./room.js";
import { C } from "./words-c.js";

meet({
  ...C,
  connect: () => io(server),
  join: ({ ask, room }) => ask("joinRoom", { roomName: room, displayName: "Ann" }).then(({ rtpCapabilities }) => rtpCapabilities),
  list: async ({ ask, receiveAll }) => {
    const all = await ask("getProducers");
    receiveAll(all.map(({ producerId, socketId, appData }) => {
      if (!socketId || typeof appData !== "object") throw new Error(`getProducers: ${JSON.stringify(all)}`);
      return producerId;
    }));
  },
  published(c) {
    return this.list(c);
  },
  over: oneForAll,
});

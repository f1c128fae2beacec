// Kavyansh-Bagdi/nearworld: one world without a name; the server says whom to receive, which is kept until the page is ready,
// and is asked by a name of its own.
import io from "socket.io-client";
import { checked, server } from "./base.js";
import { meet, oneForAll } from "./room.js";
import { C } from "./words-c.js";

let waiting = [];

meet({
  ...C,
  connect: () => io(`${server}/world`, { secure: true, rejectUnauthorized: false }),
  starts: "connect",
  join: async ({ ask }) => {
    const { rtpCapabilities, selfProducerIds } = await ask("join-game", { userName: "Ann" });
    if (!Array.isArray(selfProducerIds)) throw new Error("whose are mine?");
    return rtpCapabilities;
  },
  produce: ({ ask }, { kind, rtpParameters }) => ask("transport-produce", { kind, rtpParameters }),
  goesOn: undefined,
  over: oneForAll,
  published: (c) => {
    const kept = waiting;
    waiting = null;
    c.open();
    c.receiveAll(kept);
  },
  announced: {
    "consume-producers": ({ producerIds }) => {
      if (waiting === null) return producerIds;
      waiting.push(...producerIds);
      return [];
    },
  },
  consume: async ({ ask }, { rtpCapabilities, transportId, remote }) => {
    const wish = { rtpCapabilities, remoteProducerId: remote, serverConsumerTransportId: transportId };
    const { params } = await ask("server-consume", wish);
    return [checked("consume", params)];
  },
});

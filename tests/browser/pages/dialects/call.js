// Nil2000/mediasoup-react-nodejs 20c0c7e: verbs before nouns, the room in every payload, and a receive transport asked for per
// producer of which only the first is made: neither connecting nor consuming names it.
import io from "socket.io-client";
import { checked, room as roomId, server } from "./base.js";
import { meet } from "./room.js";
import { C, simulcast } from "./words-c.js";

const transport = ({ ask }, consumer) => ask("create-transport", { roomId, consumer }).then(({ params }) => checked("transport", params));

meet({
  ...C,
  connect: () => io(`${server}/call`),
  join: ({ ask, room }) => {
    ask("create-peer", { roomId: room });
    return ask("join-room", { roomId: room }).then(({ rtpCapabilities }) => rtpCapabilities);
  },
  send: (c) => transport(c, false),
  receive: (c) => transport(c, true),
  connectSend: ({ say }, { dtlsParameters }) => say("connect-transport", { dtlsParameters, roomId, consumer: false }),
  produce: ({ ask }, { kind, rtpParameters, appData }) =>
    ask("produce-transport", { roomId, consumer: false, kind, rtpParameters, appData }),
  options: simulcast,
  list: async ({ ask, receiveAll }) => receiveAll(await ask("get-producers", { roomId })),
  ended: { "producer-closed": (gone) => ({ producerId }) => producerId === gone.producerId },
  over: async (receivers, _remote, open, c) => {
    if (!receivers.has("first")) receivers.set("first", open());
    else await transport(c, true);
    return receivers.get("first");
  },
  connectReceive: ({ say }, { dtlsParameters }) => say("connect-transport", { dtlsParameters, roomId, consumer: true }),
  consume: async ({ ask }, { rtpCapabilities, remote }) => {
    const { params } = await ask("consume-transport", { roomId, remoteProducerId: remote, rtpCapabilities });
    return [checked("consume", params)];
  },
  resume: ({ say }, { id }) => say("resume-consumer", { roomId, serverConsumerId: id }),
});

// connectedtoavinash/mediasoupPOC d5e5b44: the room is in every payload, transports are named, producers are objects, and one
// receive transport is meant but two are made when two producers come at once. Its handler of `peer-joined` crashes.
import io from "socket.io-client";
import { checked, report, room as roomId, server } from "./base.js";
import { meet, oneUnlessRaced } from "./room.js";
import { C, simulcast } from "./words-c.js";

meet({
  ...C,
  connect: () => {
    const socket = io(server);
    socket.on("peer-joined", () => report(new TypeError("peer-joined is undefined")));
    return socket;
  },
  starts: "connect",
  join: ({ ask }) => ask("joinRoom", { roomId }).then(({ rtpCapabilities }) => rtpCapabilities),
  send: ({ ask }) => ask("createWebRtcTransport", { consumer: false, roomId }).then(({ params }) => checked("send", params)),
  receive: ({ ask }) => ask("createWebRtcTransport", { consumer: true, roomId }).then(({ params }) => checked("receive", params)),
  connectSend: ({ say }, { dtlsParameters, transportId }) =>
    say("transport-connect", { dtlsParameters, serverTransportId: transportId, roomId }),
  produce: ({ ask }, { transportId, ...source }) =>
    ask("transport-produce", { ...source, serverTransportId: transportId, roomId }),
  options: simulcast,
  list: async ({ ask, receiveAll }) => receiveAll(await ask("getProducers", { roomId })),
  key: ({ producerId, socketId }) => checked("producer", { producerId, socketId }).socketId && producerId,
  announced: { "new-producer": ({ producerId, socketId, kind }) => [{ producerId, socketId, kind }] },
  over: oneUnlessRaced,
  connectReceive: ({ say }, { dtlsParameters, transportId }) =>
    say("transport-recv-connect", { dtlsParameters, serverTransportId: transportId, roomId }),
  consume: async ({ ask }, { rtpCapabilities, transportId, remote }) => {
    const wish = { rtpCapabilities, remoteProducerId: remote.producerId, serverTransportId: transportId, roomId };
    const { params } = await ask("consume", wish);
    return [checked("consume", params)];
  },
  resume: ({ say }, { serverConsumerId }) => say("consumer-resume", { serverConsumerId, roomId }),
});

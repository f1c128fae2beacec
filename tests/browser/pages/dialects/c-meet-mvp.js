// rishav-goswami/meet-mvp f3cecbe: video first; transports, producers and consumers are named by plain ids; who is there comes
// with the join, who comes as `newProducer` once there is a receive transport.
import io from "socket.io-client";
import { checked, server } from "./base.js";
import { meet, oneForAll } from "./room.js";
import { C } from "./words-c.js";

let peers;

meet({
  ...C,
  connect: () => io(server, { auth: { token: "a.b.c" }, transports: ["websocket", "polling"] }),
  starts: "connect",
  join: async ({ ask, room }) => {
    const answer = await ask("joinRoom", { roomId: room });
    peers = answer.peers ?? [];
    return answer.rtpCapabilities;
  },
  connectSend: ({ say }, { dtlsParameters, transportId }) => say("transport-connect", { transportId, dtlsParameters }),
  produce: ({ ask }, { transportId, ...source }) => ask("transport-produce", { transportId, ...source }),
  goesOn: undefined,
  prepared: ({ open, receiveAll }) => open().then(() => receiveAll(peers)),
  tracks: ["video", "audio"],
  key: ({ producerId, socketId }) => checked("producer", { producerId, socketId }).socketId && producerId,
  announced: { newProducer: ({ producerId, socketId, kind, appData }) => [{ producerId, socketId, kind, appData }] },
  over: oneForAll,
  connectReceive: ({ say }, { dtlsParameters, transportId }) => say("transport-recv-connect", { transportId, dtlsParameters }),
  consume: async ({ ask }, { rtpCapabilities, transportId, remote }) => {
    const { params } = await ask("consume", { transportId, producerId: remote.producerId, rtpCapabilities });
    return [checked("consume", params)];
  },
  resume: ({ ask }, { consumer }) => ask("consumer-resume", { consumerId: consumer.id }),
});

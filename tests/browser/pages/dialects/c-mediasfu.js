// MediaSFU/MediaSFU-ReactJS 6c70edf: levels and members in its payloads, WebSocket only, a key in the query, producers by level,
// new ones as `new-pipe-producer`, and a picture only once the server says that the consumer is resumed.
import io from "socket.io-client";
import { checked, server } from "./base.js";
import { meet } from "./room.js";
import { C } from "./words-c.js";

const [islevel, member, apiUserName] = ["1", "ann", "annsname"];

meet({
  ...C,
  connect: () => io(`${server}/media`, { transports: ["websocket"], query: { apiUserName, apiKey: "k".repeat(64) } }),
  join: ({ ask, room }) =>
    ask("joinRoom", { roomName: room, islevel, member, sec: "s".repeat(64), apiUserName }).then((answer) => answer.rtpCapabilities),
  send: ({ ask }) => ask("createWebRtcTransport", { consumer: false, islevel }).then(({ params }) => checked("send", params)),
  receive: ({ ask }) => ask("createWebRtcTransport", { consumer: true, islevel }).then(({ params }) => checked("receive", params)),
  produce: ({ ask }, { kind, rtpParameters, appData }) =>
    ask("transport-produce", { kind, rtpParameters, appData, islevel, name: member }),
  goesOn: undefined,
  published: async ({ ask, receiveAll }) => {
    for (const level of ["0", "1", "2"]) receiveAll(await ask("getProducersPipedAlt", { islevel: level, member }));
  },
  announced: { "new-pipe-producer": ({ producerId }) => [producerId] },
  resume: async ({ ask }, { serverConsumerId }) => {
    if (!(await ask("consumer-resume", { serverConsumerId })).resumed) throw new Error("not resumed");
  },
});

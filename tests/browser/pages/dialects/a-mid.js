// smaivnn/mediasoup-tutorial-react-nestjs 7e8872c: no transport has a name on the wire, there is a receive transport per remote
// socket, and who is there is iterated from the answer to producing sound. Everybody's rooms are fetched at load and told to all.
import io from "socket.io-client";
import { checked, report, server } from "./base.js";
import { meet, onePer } from "./room.js";

const fetched = fetch(`${server}/room-status`).then((response) => response.json());

meet({
  connect: () => {
    const socket = io(server);
    socket.on("status-change", ({ rooms }) => (window.rooms = rooms));
    fetched.then((rooms) => (window.fetched = rooms)).catch(report);
    return socket;
  },
  starts: "connect",
  join: ({ say, ask, room }) => {
    say("join-room", { roomId: room });
    return ask("create-router", room);
  },
  send: async ({ ask, room }) => checked("send", await ask("create-webRTC-transport", { isConsumer: false, roomId: room })),
  connectSend: ({ say }, { dtlsParameters }) => say("transport-connect", { dtlsParameters, isConsumer: false }),
  produce: ({ ask, room }, { kind, rtpParameters, appData }) =>
    ask("transport-produce", { kind, rtpParameters, isConsumer: false, roomId: room, mediaTag: appData.mediaTag }),
  produced: ({ producerId }) => ({ producerId }),
  goesOn({ receiveAll }, { existUserObj }, kind) {
    if (kind === "audio" && existUserObj.length > 0) {
      receiveAll(existUserObj.map((produceSocketId) => ({ produceSocketId, mediaTag: null, event: "consume-all" })));
    }
  },
  tracks: ["audio", "video"],
  options: (kind) => ({ appData: { mediaTag: kind === "video" ? "camera" : kind } }),
  key: ({ produceSocketId, mediaTag }) => `${produceSocketId} ${mediaTag}`,
  announced: { "new-producer": ({ produceSocket, mediaTag }) => [{ produceSocketId: produceSocket, mediaTag, event: "consume-single" }] },
  ended: {},
  over: onePer(({ produceSocketId }) => produceSocketId),
  receive: async ({ ask, room }, { produceSocketId }) =>
    checked("receive", await ask("create-webRTC-transport", { isConsumer: true, roomId: room, produceSocketId })),
  connectReceive: ({ say }, { dtlsParameters, remote: { produceSocketId } }) =>
    say("recv-connect", { dtlsParameters, isConsumer: true, produceSocketId }),
  consume: async ({ ask }, { rtpCapabilities, remote: { event, produceSocketId, mediaTag } }) => {
    const { paramsArray } = await ask(event, { rtpCapabilities, produceSocketId, mediaTag });
    return paramsArray.map(({ params }) => checked(event, params));
  },
  leave: ({ say }) => say("leave-room"),
});

// smaivnn/mediasoup-tutorial-react-nestjs e425c10: `join-room` makes both transports and lists everything; connecting is not
// acknowledged, nothing is resumed, and the whole answer to `produce` becomes the producer's id.
import io from "socket.io-client";
import { checked, server } from "./base.js";
import { meet, oneForAll } from "./room.js";

let answer;

meet({
  connect: () => io(server),
  starts: "connect",
  join: async ({ ask, room, socket }) => {
    answer = checked("join-room", await ask("join-room", { roomId: room, peerId: socket.id }));
    return answer.rtpCapabilities;
  },
  joined: ({ receiveAll }) => receiveAll(answer.existingProducers),
  send: () => answer.sendTransportOptions,
  connectSend: ({ say, room, socket }, { dtlsParameters, transportId }) =>
    say("connect-transport", { transportId, dtlsParameters, roomId: room, peerId: socket.id }),
  produce: ({ ask, room, socket }, { transportId, kind, rtpParameters }) =>
    ask("produce", { transportId, kind, rtpParameters, roomId: room, peerId: socket.id }),
  produced: (whole) => ({ id: whole }),
  tracks: ["audio", "video"],
  key: ({ producerId, peerId }) => checked("producer", { producerId, peerId }).producerId,
  announced: { "new-producer": ({ producerId, peerId, kind }, { socket }) => (peerId === socket.id ? [] : [{ producerId, peerId, kind }]) },
  ended: { "peer-left": ({ peerId }) => ({ remote }) => remote.peerId === peerId },
  over: oneForAll,
  receive: () => answer.recvTransportOptions,
  connectReceive: ({ say, room, socket }, { dtlsParameters, transportId }) =>
    say("connect-transport", { transportId, dtlsParameters, roomId: room, peerId: socket.id }),
  consume: async ({ ask, room, socket }, { rtpCapabilities, transportId, remote }) => {
    const wish = { transportId, producerId: remote.producerId, roomId: room, peerId: socket.id, rtpCapabilities };
    const { consumerData } = await ask("consume", wish);
    return [checked("consume", consumerData)];
  },
  leave: ({ ask }) => ask("leave-room"),
});

// NNNiNiNNN/mediasoup-socketio-test 615c026: one event both ways and no acknowledgement. mediasoup-client never learns that it
// produces, so a page sends one track (?kind); people copy the producer's id from one page to the other.
import io from "socket.io-client";
import { asked, device, hear, load, microphoneAndCamera, play, receivingOver, report, sendingOver, server } from "./base.js";

const kind = asked.get("kind");
const socket = io(server);
const say = (message) => socket.emit("message", message);
const answers = new Map();
/** An answer is told from others by its type alone. */
const answer = (type) => new Promise((resolve) => answers.set(type, resolve));
let receiving;

async function start() {
  say({ type: "rtpCapabilities" });
  await load((await answer("rtpCapabilities")).rtpCapabilities);
  say({ type: "transport" });
  const { sendTransport, recvTransport } = await answer("transport");
  const connect = ({ dtlsParameters, transportId }) => say({ type: "connect", id: transportId, dtlsParameters });
  receiving = receivingOver(recvTransport, { connect: (request) => void connect(request) });
  const transport = sendingOver(sendTransport, {
    connect: (request) => void connect(request),
    produce: async ({ transportId, ...parameters }) => say({ type: "produce", id: transportId, parameters }),
  });
  const tracks = await microphoneAndCamera({ audio: kind === "audio", video: kind === "video" });
  const produced = answer("produce");
  transport.produce({ track: tracks[kind] }).catch(report);
  window.producer = (await produced).id;
  window.publishing = true;
}

window.watch = async (producerId) => {
  say({ type: "consume", id: receiving.id, producerId, rtpCapabilities: device.rtpCapabilities });
  const { id, kind: theirs, rtpParameters } = await answer("consume");
  await play(receiving, { id, producerId, kind: theirs, rtpParameters });
};

hear(socket);
socket.on("message", (message) => answers.get(message.type)?.(message));
socket.on("connect", () => start().catch(report));

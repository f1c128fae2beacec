// crackersam/mediasoup-tut 53a6f78, the page without rooms: watches everybody, each over a transport that is named by its producer.
import io from "socket.io-client";
import { checked, device, hear, load, microphoneAndCamera, play, receivingOver, report, sendingOver, server, speak, stop } from "./base.js";
import { B } from "./words-b.js";

const socket = io(`${server}/mediasoup`);
const c = speak(socket);
let loaded;
let watching = false;
const loadOnce = () => (loaded ??= c.ask("createRoom").then(({ rtpCapabilities }) => load(rtpCapabilities)));

async function receive(producerId) {
  const { params } = await c.ask("createWebRtcTransport", { sender: false, producerId });
  const transport = receivingOver(checked("receive transport", params), {
    connect: ({ dtlsParameters }) => c.say("transport-recv-connect", { dtlsParameters, producerId }),
  });
  const answer = await c.ask("consume", { rtpCapabilities: device.rtpCapabilities, producerId });
  await play(transport, checked("consume", answer.params));
  c.say("consumer-resume", { producerId });
}

window.publish = async () => {
  await loadOnce();
  const { video } = await microphoneAndCamera({ audio: false });
  const transport = sendingOver(await B.send(c), {
    connect: (request) => B.connectSend(c, request),
    produce: async (request, done) => done(B.produced(await B.produce(c, request))),
  });
  return [(await transport.produce({ track: video, ...B.options() })).id];
};

window.watch = async () => {
  await loadOnce();
  const ids = await c.ask("getProducers");
  watching = true;
  await Promise.all(ids.map(receive));
  return ids;
};

hear(socket);
socket.on("producer-add", (producerId) => watching && receive(producerId).catch(report));
socket.on("producer-remove", (gone) => stop(({ producerId }) => producerId === gone));
socket.on("connection-success", () => (window.ready = true));

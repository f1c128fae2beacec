// A page as the tutorials of dialect C have it: no ids for transports of its own, no acknowledgment where they have none,
// one receive transport per remote producer. Which mediasoup-client it is built with is chosen by who asks for it.
import { Device } from "mediasoup-client";
import { io } from "socket.io-client";

const asked = new URLSearchParams(location.search);
const socket = io(`${asked.get("server")}/mediasoup`);
const ask = (event, ...payload) => new Promise((resolve) => socket.emit(event, ...payload, resolve));

// Three layers as these pages ask for them; ?encodings=one sends a single stream.
const LAYERS = [
  { rid: "r0", maxBitrate: 100_000, scalabilityMode: "L1T3" },
  { rid: "r1", maxBitrate: 300_000, scalabilityMode: "L1T3" },
  { rid: "r2", maxBitrate: 900_000, scalabilityMode: "L1T3" },
];
const ONE = [{ maxBitrate: 2_500_000 }];
const encodings = asked.get("encodings") === "one" ? ONE : LAYERS;

let device;
let sending;
const receiving = new Map();
/** Set before anything is waited for: a producer may be announced and listed at the same time. */
const known = new Set();

window.errors = [];
window.gone = [];
window.consumed = () => [...receiving.values()].map(({ consumer }) => consumer.producerId);
window.reports = async () => {
  const transports = [sending, ...[...receiving.values()].map(({ transport }) => transport)].filter(Boolean);
  const all = await Promise.all(transports.map((transport) => transport.getStats()));
  return all.flatMap((report) => [...report.values()]);
};

async function start() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } });
  const { rtpCapabilities } = await ask("joinRoom", { roomName: asked.get("room") });
  device = new Device();
  await device.load({ routerRtpCapabilities: rtpCapabilities });
  await createSendTransport();
  const [audio] = stream.getAudioTracks();
  const [video] = stream.getVideoTracks();
  await Promise.all([
    sending.produce({ track: audio }),
    sending.produce({ track: video, encodings, codecOptions: { videoGoogleStartBitrate: 1000 } }),
  ]);
  window.publishing = true;
}

async function createSendTransport() {
  const { params } = await ask("createWebRtcTransport", { consumer: false });
  sending = device.createSendTransport(params);
  sending.on("connect", ({ dtlsParameters }, done) => {
    socket.emit("transport-connect", { dtlsParameters });
    done();
  });
  sending.on("produce", ({ kind, rtpParameters, appData }, done) => {
    socket.emit("transport-produce", { kind, rtpParameters, appData }, ({ id, producersExist }) => {
      done({ id });
      if (producersExist) socket.emit("getProducers", (ids) => ids.forEach((producer) => receive(producer)));
    });
  });
}

async function receive(remoteProducerId) {
  if (known.has(remoteProducerId)) return;
  known.add(remoteProducerId);
  const { params } = await ask("createWebRtcTransport", { consumer: true });
  const transport = device.createRecvTransport(params);
  transport.on("connect", ({ dtlsParameters }, done) => {
    socket.emit("transport-recv-connect", { dtlsParameters, serverConsumerTransportId: params.id });
    done();
  });
  const { rtpCapabilities } = device;
  const wish = { rtpCapabilities, remoteProducerId, serverConsumerTransportId: params.id };
  const { params: answer } = await ask("consume", wish);
  if (answer.error) throw new Error(`consume: ${answer.error}`);
  const { id, producerId, kind, rtpParameters } = answer;
  const consumer = await transport.consume({ id, producerId, kind, rtpParameters });
  receiving.set(remoteProducerId, { transport, consumer });
  show(consumer.track);
  socket.emit("consumer-resume", { serverConsumerId: answer.serverConsumerId });
}

function show(track) {
  const element = document.createElement(track.kind);
  element.autoplay = true;
  element.width = 320;
  element.srcObject = new MediaStream([track]);
  document.body.append(element);
}

const report = (error) => window.errors.push(String(error?.stack ?? error));
addEventListener("unhandledrejection", ({ reason }) => report(reason));
socket.on("connection-success", () => start().catch(report));
socket.on("new-producer", ({ producerId }) => receive(producerId));
socket.on("producer-closed", ({ remoteProducerId }) => {
  window.gone.push(remoteProducerId);
  receiving.get(remoteProducerId)?.transport.close();
  receiving.delete(remoteProducerId);
});

// A page as the one-to-one tutorials of dialect B have it: no room, no ids at all, video only, simulcast; it publishes
// on window.publish() and plays what the server gives on window.consume(), which may be its own picture.
import { Device } from "mediasoup-client";
import { io } from "socket.io-client";

const asked = new URLSearchParams(location.search);
const socket = io(`${asked.get("server")}/mediasoup`);
const ask = (event, ...payload) => new Promise((resolve) => socket.emit(event, ...payload, resolve));
const transports = [];
let device;

window.errors = [];
window.reports = async () => {
  const all = await Promise.all(transports.map((transport) => transport.getStats()));
  return all.flatMap((report) => [...report.values()]);
};

socket.on("connection-success", async () => {
  const { rtpCapabilities } = await ask(asked.get("first") ?? "getRtpCapabilities");
  device = new Device();
  await device.load({ routerRtpCapabilities: rtpCapabilities });
  window.ready = true;
});

window.publish = async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { width: 640, height: 360 } });
  const { params } = await ask("createWebRtcTransport", { sender: true });
  const transport = device.createSendTransport(params);
  transports.push(transport);
  transport.on("connect", ({ dtlsParameters }, done) => {
    socket.emit("transport-connect", { dtlsParameters });
    done();
  });
  transport.on("produce", ({ kind, rtpParameters, appData }, done) => {
    socket.emit("transport-produce", { kind, rtpParameters, appData }, done);
  });
  const encodings = ["r1", "r2", "r3"].map((rid, step) => ({ rid, maxBitrate: 100_000 * 3 ** step, scalabilityMode: "L1T3" }));
  const { id } = await transport.produce({ track: stream.getVideoTracks()[0], encodings });
  return id;
};

window.consume = async () => {
  const { params } = await ask("createWebRtcTransport", { sender: false });
  const transport = device.createRecvTransport(params);
  transports.push(transport);
  transport.on("connect", ({ dtlsParameters }, done) => {
    socket.emit("transport-recv-connect", { dtlsParameters });
    done();
  });
  const { params: answer } = await ask("consume", { rtpCapabilities: device.rtpCapabilities });
  if (answer.error) throw new Error(`consume: ${answer.error}`);
  const { id, producerId, kind, rtpParameters } = answer;
  const consumer = await transport.consume({ id, producerId, kind, rtpParameters });
  const video = document.createElement("video");
  Object.assign(video, { autoplay: true, muted: true, width: 320, srcObject: new MediaStream([consumer.track]) });
  document.body.append(video);
  socket.emit("consumer-resume");
  return producerId;
};

addEventListener("unhandledrejection", ({ reason }) => window.errors.push(String(reason?.stack ?? reason)));

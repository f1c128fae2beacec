// What every page here has around its signalling: a way to speak, a device, tracks that are shown, and what a test asks.
import { Device } from "mediasoup-client";

export const asked = new URLSearchParams(location.search);
export const server = asked.get("server");
export const room = asked.get("room");

export let device;
const transports = [];
const consumers = [];

export async function load(routerRtpCapabilities) {
  device = new Device();
  await device.load({ routerRtpCapabilities });
}

/** The ways these frontends speak over a socket. */
export const speak = (socket) => ({
  /** Expects no answer. */
  say: (...event) => void socket.emit(...event),
  /** The acknowledgement has one argument. */
  ask: (...event) => new Promise((resolve) => socket.emit(...event, resolve)),
  /** The acknowledgement is node's: an error or null, then the answer. */
  call: (...event) =>
    new Promise((resolve, reject) => {
      socket.emit(...event, (error, answer) => (error ? reject(new Error(`${event[0]}: ${error}`)) : resolve(answer)));
    }),
  /** Looks for an error inside the answer without asking whether there is one. */
  request: (event, data = {}) =>
    new Promise((resolve, reject) => {
      socket.emit(event, data, (answer) => (answer.error ? reject(new Error(`${event}: ${answer.error}`)) : resolve(answer)));
    }),
});

/** Keeps the name of everything the server says, as version 4 and version 2 of the client let one, and that it is not there. */
export function hear(socket) {
  socket.on("connect_error", report);
  if (socket.onAny) return socket.onAny((event) => window.heard.push(event));
  const usual = socket.onevent;
  socket.onevent = function (packet) {
    window.heard.push(packet.data[0]);
    usual.call(this, packet);
  };
}

/** What these frontends answer with instead of `T` or `C` when something went wrong. */
export function checked(what, answer) {
  if (!answer || answer.error) throw new Error(`${what}: ${JSON.stringify(answer)}`);
  return answer;
}

/** A signalling step that waits for nothing goes on in the same tick, as it does in the frontends. */
const settle = (step, done, failed) => (step instanceof Promise ? step.then(() => done(), failed) : done());

/** `connect` and `produce` say the words; what `produce` resolves to is handed to mediasoup-client. */
export function sendingOver(options, { connect, produce }) {
  const transport = device.createSendTransport(options);
  transports.push(transport);
  // For scenes in which more is sent than the frontend sends.
  window.sending = transport;
  transport.on("connect", ({ dtlsParameters }, done, failed) => {
    settle(connect({ dtlsParameters, transportId: transport.id }), done, failed);
  });
  transport.on("produce", ({ kind, rtpParameters, appData }, done, failed) => {
    produce({ transportId: transport.id, kind, rtpParameters, appData }, done).catch(failed);
  });
  return transport;
}

export function receivingOver(options, { connect }) {
  const transport = device.createRecvTransport(options);
  transports.push(transport);
  transport.on("connect", ({ dtlsParameters }, done, failed) => {
    settle(connect({ dtlsParameters, transportId: transport.id }), done, failed);
  });
  return transport;
}

/** Shows what a consumer brings; `remote` is what the frontend calls its origin. */
export async function play(transport, { id, producerId, kind, rtpParameters }, remote) {
  const consumer = await transport.consume({ id, producerId, kind, rtpParameters });
  const element = document.createElement(kind);
  Object.assign(element, { autoplay: true, width: 320, srcObject: new MediaStream([consumer.track]) });
  if (kind === "video") element.muted = true;
  document.body.append(element);
  consumers.push({ id, producerId, kind, remote, consumer, element });
  return consumer;
}

/** Ends what `ended` says is over. */
export function stop(ended) {
  for (const { producerId, consumer, element } of consumers.filter(ended)) {
    window.gone.push(producerId);
    consumer.close();
    element.remove();
  }
}

/** ?hd: a picture of 720 lines. */
const SIZE = asked.has("hd") ? { width: 1280, height: 720 } : { width: 640, height: 480 };

export const microphoneAndCamera = async ({ audio = true, video = true } = {}) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio, video: video && SIZE });
  return { audio: stream.getAudioTracks()[0], video: stream.getVideoTracks()[0] };
};

/** Three layers with the names and the mode a frontend asks for. */
export const layers = (rids, scalabilityMode) =>
  rids.map((rid, step) => ({ rid, maxBitrate: 100_000 * 3 ** step, ...(scalabilityMode && { scalabilityMode }) }));

// What a test asks.
window.errors = [];
window.heard = [];
window.gone = [];
window.consumed = () => consumers.map(({ producerId }) => producerId);
window.reports = async () => {
  const all = await Promise.all(transports.filter(({ closed }) => !closed).map((transport) => transport.getStats()));
  return all.flatMap((report) => [...report.values()]);
};
/** Of each picture: how light its lightest point is, and a fingerprint that changes as it moves. */
window.pictures = () =>
  [...document.querySelectorAll("video")].map((video) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let [lightest, print] = [0, 0];
    data.forEach((value, at) => {
      if (at % 4 === 3) return;
      lightest = Math.max(lightest, value);
      print = (Math.imul(print, 31) + value) | 0;
    });
    return { lightest, print };
  });

export function report(error) {
  const [, ...where] = String(error?.stack ?? "").split("\n");
  window.errors.push([String(error), ...where.slice(0, 3)].join("\n"));
}
addEventListener("unhandledrejection", ({ reason }) => report(reason));
addEventListener("error", ({ error, message }) => report(error ?? message));

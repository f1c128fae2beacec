// A room in which everybody sends and everybody receives. What is said is a frontend's table of words:
//
//   connect()                    the socket
//   starts                       the event on which the frontend starts; `begins(payload)` may wait for a certain one
//   join(c)                      enters the room: the router's capabilities
//   joined?(c), prepared?(c)     as soon as the device is loaded, as soon as there is a send transport
//   send(c)                      options of the send transport
//   connectSend(c, {dtlsParameters, transportId})
//   produce(c, request)          the acknowledgement; `produced(answer)` is what mediasoup-client is told,
//   goesOn?(c, answer, kind)     and what the frontend does then
//   published?(c)                when all tracks are sent
//   tracks                       kinds in the order they are produced; `together` does not wait for one before the next
//   options?(kind)               encodings and the like for `transport.produce`
//   key(remote), announced, ended  what names a remote producer; events that bring some, and that end those of which it is true
//   receive(c, remote)           options of a receive transport, one per `over(remote)`
//   connectReceive(c, {dtlsParameters, transportId, remote})
//   consume(c, {rtpCapabilities, transportId, remote})  the consumers' parameters, as a list
//   resume?(c, consumer, remote)
import { device, hear, load, microphoneAndCamera, play, receivingOver, report, room, sendingOver, speak, stop } from "./base.js";

export function meet(words) {
  const socket = words.connect();
  const known = new Set();
  const receivers = new Map();
  const c = {
    ...{ socket, room, ...speak(socket) },
    receiveAll: (all) => all.forEach((remote) => receive(remote).catch(report)),
    /** For those that open a receive transport before there is anything to receive. */
    open: () => words.over(receivers, undefined, open, c),
  };
  hear(socket);

  async function start() {
    const tracks = await microphoneAndCamera();
    await load(await words.join(c));
    await words.joined?.(c);
    const transport = sendingOver(await words.send(c), {
      connect: (request) => words.connectSend(c, request),
      produce: async (request, done) => {
        const answer = await words.produce(c, request);
        done(words.produced(answer));
        Promise.resolve(words.goesOn?.(c, answer, request.kind)).catch(report);
      },
    });
    await words.prepared?.(c);
    const produce = (kind) => transport.produce({ track: tracks[kind], ...words.options?.(kind) });
    if (words.together) await Promise.all(words.tracks.map(produce));
    else for (const kind of words.tracks) await produce(kind);
    await words.published?.(c);
    window.publishing = true;
  }

  /** Remembers a remote before anything is waited for: it may be announced and listed at the same time. */
  async function receive(remote) {
    const key = words.key(remote);
    if (known.has(key)) return;
    known.add(key);
    const transport = await words.over(receivers, remote, () => open(remote), c);
    const wish = { rtpCapabilities: device.rtpCapabilities, transportId: transport.id, remote };
    for (const answer of await words.consume(c, wish)) {
      const consumer = await play(transport, answer, remote);
      await words.resume?.(c, { ...answer, consumer }, remote);
    }
  }

  async function open(remote) {
    return receivingOver(await words.receive(c, remote), {
      connect: (request) => words.connectReceive(c, { ...request, remote }),
    });
  }

  let started = false;
  socket.on(words.starts, (payload) => {
    if (started || !(words.begins?.(payload) ?? true)) return;
    started = true;
    start().catch(report);
  });
  for (const [event, read] of Object.entries(words.announced)) {
    socket.on(event, (payload) => c.receiveAll(read(payload, c)));
  }
  for (const [event, read] of Object.entries(words.ended)) socket.on(event, (payload) => stop(read(payload)));
  window.leave = () => words.leave?.(c);
}

/** A receive transport per remote producer. */
export const oneEach = (_receivers, _remote, open) => open();

/** One receive transport for all. */
export const oneForAll = (receivers, _remote, open) => shared(receivers, "all", open);

/** One per whatever `name` says of the remote. */
export const onePer = (name) => (receivers, remote, open) => shared(receivers, name(remote), open);

function shared(receivers, key, open) {
  if (!receivers.has(key)) receivers.set(key, open());
  return receivers.get(key);
}

/** Meant to be one for all, but who comes while it is being opened opens another. */
export async function oneUnlessRaced(receivers, _remote, open) {
  if (receivers.has("all")) return receivers.get("all");
  const transport = await open();
  receivers.set("all", transport);
  return transport;
}

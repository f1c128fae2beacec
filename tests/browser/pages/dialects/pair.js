// Pages with buttons: one publishes, one watches, and nobody names a room. What is said is a frontend's table of words:
//
//   connect(), starts, begins?   as in room.js
//   capabilities(c, publishing)  the router's
//   send(c), connectSend(c, …), produce(c, request), produced(answer)
//   tracks, options?             as in room.js
//   receive(c), connectReceive(c, …)
//   wanted                       kinds asked for one after the other; [undefined] where none is named
//   consume(c, {rtpCapabilities, transportId, kind})    a consumer's parameters
//   resume(c, {kind, …})
import { device, hear, load, microphoneAndCamera, play, receivingOver, report, sendingOver, speak } from "./base.js";

export function pair(words) {
  const socket = words.connect();
  const c = { socket, ...speak(socket) };
  hear(socket);
  let loaded;
  const loadOnce = (publishing) => (loaded ??= words.capabilities(c, publishing).then(load));

  window.publish = async () => {
    await loadOnce(true);
    const tracks = await microphoneAndCamera({ audio: words.tracks.includes("audio"), video: words.tracks.includes("video") });
    const transport = sendingOver(await words.send(c), {
      connect: (request) => words.connectSend(c, request),
      produce: async (request, done) => done(words.produced(await words.produce(c, request))),
    });
    const ids = [];
    for (const kind of words.tracks) {
      ids.push((await transport.produce({ track: tracks[kind], ...words.options?.(kind) })).id);
    }
    return ids;
  };

  window.watch = async () => {
    await loadOnce(false);
    const transport = receivingOver(await words.receive(c), { connect: (request) => words.connectReceive(c, request) });
    const ids = [];
    for (const kind of words.wanted) {
      const answer = await words.consume(c, { rtpCapabilities: device.rtpCapabilities, transportId: transport.id, kind });
      await play(transport, answer);
      await words.resume(c, answer);
      ids.push(answer.producerId);
    }
    return ids;
  };

  socket.on(words.starts, (payload) => {
    if (!(words.begins?.(payload) ?? true)) return;
    words.greeted?.(c, payload);
    window.ready = true;
  });
}

// The words mganeko's multiparty page and the frontends made from it share: node's acknowledgements, remote producers known by
// their socket and kind, sound that plays at once and pictures that are resumed.
import { oneForAll } from "./room.js";

export const D = {
  starts: "message",
  begins: ({ type, id }) => type === "welcome" && Boolean(id),
  join: ({ call }) => call("getRouterRtpCapabilities", {}),
  send: ({ call }) => call("createProducerTransport", {}),
  connectSend: ({ call }, { dtlsParameters }) => call("connectProducerTransport", { dtlsParameters }),
  produce: ({ call }, { transportId, kind, rtpParameters }) => call("produce", { transportId, kind, rtpParameters }),
  produced: ({ id }) => ({ id }),
  tracks: ["video", "audio"],
  current: ({ call, socket }) => call("getCurrentProducers", { localId: socket.id }),
  async published(c) {
    const { remoteVideoIds, remoteAudioIds } = await this.current(c);
    const all = (ids, kind) => c.receiveAll(ids.map((remoteId) => ({ remoteId, kind, ...this.mode })));
    all(remoteVideoIds, "video");
    all(remoteAudioIds, "audio");
  },
  key: ({ remoteId, kind }) => `${remoteId} ${kind}`,
  announced: { newProducer: ({ socketId, kind, mode }) => [{ remoteId: socketId, kind, ...(mode && { mode }) }] },
  ended: { producerClosed: ({ remoteId, kind }) => (one) => one.remote.remoteId === remoteId && one.kind === kind },
  over: oneForAll,
  receive: ({ call }) => call("createConsumerTransport", {}),
  connectReceive: ({ call }, { dtlsParameters }) => call("connectConsumerTransport", { dtlsParameters }),
  consume: async ({ call }, { rtpCapabilities, remote }) => [await call("consumeAdd", { rtpCapabilities, ...remote })],
  resume: ({ call }, _consumer, remote) => (remote.kind === "video" ? call("resumeAdd", remote) : undefined),
};

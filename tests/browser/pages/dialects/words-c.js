// The words of jamalag/mediasoup3, from which a family of frontends was made: each of them differs by a few.
import io from "socket.io-client";
import { checked, layers, server } from "./base.js";
import { oneEach } from "./room.js";

export const C = {
  connect: () => io(`${server}/mediasoup`),
  starts: "connection-success",
  join: ({ ask, room }) => ask("joinRoom", { roomName: room }).then(({ rtpCapabilities }) => rtpCapabilities),
  send: ({ ask }) => ask("createWebRtcTransport", { consumer: false }).then(({ params }) => checked("send transport", params)),
  connectSend: ({ say }, { dtlsParameters }) => say("transport-connect", { dtlsParameters }),
  produce: ({ ask }, { kind, rtpParameters, appData }) => ask("transport-produce", { kind, rtpParameters, appData }),
  produced: ({ id }) => ({ id }),
  goesOn(c, { producersExist }) {
    if (producersExist) return this.list(c);
  },
  list: async ({ ask, receiveAll }) => receiveAll(await ask("getProducers")),
  tracks: ["audio", "video"],
  key: (remoteProducerId) => remoteProducerId,
  announced: { "new-producer": ({ producerId }) => [producerId] },
  ended: { "producer-closed": ({ remoteProducerId }) => ({ producerId }) => producerId === remoteProducerId },
  over: oneEach,
  receive: ({ ask }) => ask("createWebRtcTransport", { consumer: true }).then(({ params }) => checked("receive transport", params)),
  connectReceive: ({ say }, { dtlsParameters, transportId }) =>
    say("transport-recv-connect", { dtlsParameters, serverConsumerTransportId: transportId }),
  consume: async ({ ask }, { rtpCapabilities, transportId, remote }) => {
    const wish = { rtpCapabilities, remoteProducerId: remote, serverConsumerTransportId: transportId };
    const { params } = await ask("consume", wish);
    return [checked("consume", params)];
  },
  resume: ({ say }, { serverConsumerId }) => say("consumer-resume", { serverConsumerId }),
};

/** The layers these frontends ask for; the tutorial itself wraps them once too often, so that they have no effect. */
export const simulcast = (kind) =>
  kind === "video" ? { encodings: layers(["r0", "r1", "r2"], "S1T3"), codecOptions: { videoGoogleStartBitrate: 1000 } } : {};

/** What a server answers, with mediasoup-client's own sample parameters. */
import { testFakeParameters as fake } from "mediasoup-client";
import type { ProducerInfo } from "../../src/protocol/types";
import type { FakeSocket } from "./FakeSocket";

let last = 0;
const newId = (): string => `id-${++last}`;

export const producerOf = (peerId: string, kind: "audio" | "video" = "audio"): ProducerInfo => ({
  producerId: newId(),
  peerId,
  kind,
  appData: null,
  paused: false,
});

/** Peers of one answer. */
const PAGE = 2;

/** Lets the socket's requests succeed, in a room that holds `peers`. */
export function serve(socket: FakeSocket, peers: { peerId: string; producers: ProducerInfo[] }[] = []): void {
  const page = (after: number) => ({
    peers: peers.slice(after, after + PAGE).map((peer) => ({ ...peer, displayName: `Name of ${peer.peerId}` })),
    morePeers: peers.length > after + PAGE ? after + PAGE : null,
  });
  Object.assign(socket.answers, {
    joinRoom: ({ roomName }: { roomName: string }) => ({
      rtpCapabilities: fake.generateRouterRtpCapabilities(),
      peerId: newId(),
      roomName,
      ...page(0),
    }),
    getPeers: ({ after }: { after: number }) => page(after),
    leaveRoom: () => ({ left: true }),
    createWebRtcTransport: () => ({ params: { ...fake.generateTransportRemoteParameters(), id: newId() } }),
    "transport-connect": () => ({ connected: true }),
    "transport-recv-connect": () => ({ connected: true }),
    "transport-produce": () => ({ id: newId(), producersExist: false }),
    "restart-ice": () => ({ iceParameters: fake.generateTransportRemoteParameters().iceParameters }),
    "consumer-close": () => ({ closed: true }),
    "producer-close": () => ({ closed: true }),
    "producer-pause": () => ({ paused: true }),
    "producer-resume": () => ({ resumed: true }),
    "consumer-resume": () => ({ resumed: true }),
    consume: ({ remoteProducerId }: { remoteProducerId: string }) => {
      const { kind, rtpParameters } = fake.generateConsumerRemoteParameters({ codecMimeType: "audio/opus" });
      const id = newId();
      const producerId = remoteProducerId;
      return { params: { id, serverConsumerId: id, producerId, kind, rtpParameters, type: "simple", appData: null } };
    },
  });
}

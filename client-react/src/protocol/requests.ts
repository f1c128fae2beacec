/** What the client asks: event → [payload, answer]. Only this folder writes event names. */
import type {
  ConsumerInfo, DtlsParameters, IceParameters, JoinAnswer, MediaKind, PeersPage, ProducerInfo, RtpCapabilities,
  RtpParameters, TransportOptions,
} from "./types";

export interface Requests {
  joinRoom: [
    { roomName: string; displayName?: string; resumeToken?: string },
    JoinAnswer,
  ];
  getPeers: [{ after: number }, PeersPage];
  leaveRoom: [undefined, { left: true }];
  createWebRtcTransport: [{ consumer: boolean }, { params: TransportOptions }];
  "transport-connect": [{ transportId: string; dtlsParameters: DtlsParameters }, { connected: true }];
  "transport-recv-connect": [
    { serverConsumerTransportId: string; dtlsParameters: DtlsParameters },
    { connected: true },
  ];
  "restart-ice": [{ transportId: string }, { iceParameters: IceParameters }];
  "transport-produce": [
    {
      transportId: string;
      kind: MediaKind;
      rtpParameters: RtpParameters;
      appData?: Record<string, unknown>;
      paused?: boolean;
    },
    { id: string; producersExist: boolean },
  ];
  "producer-close": [{ producerId: string }, { closed: true }];
  "producer-pause": [{ producerId: string }, { paused: true }];
  "producer-resume": [{ producerId: string }, { resumed: true }];
  getProducers: [undefined, { producers: ProducerInfo[] }];
  consume: [
    { rtpCapabilities: RtpCapabilities; remoteProducerId: string; serverConsumerTransportId: string },
    { params: ConsumerInfo },
  ];
  "consumer-resume": [{ serverConsumerId: string }, { resumed: true }];
  "consumer-pause": [{ serverConsumerId: string }, { paused: true }];
  "consumer-close": [{ serverConsumerId: string }, { closed: true }];
  "consumer-set-preferred-layers": [
    { serverConsumerId: string; spatialLayer: number; temporalLayer?: number },
    Record<string, never>,
  ];
  "consumer-request-key-frame": [{ serverConsumerId: string }, Record<string, never>];
  "get-stats": [{ transportId: string }, { stats: unknown }];
}

export type RequestName = keyof Requests;
export type Payload<E extends RequestName> = Requests[E][0];
export type Answer<E extends RequestName> = Requests[E][1];

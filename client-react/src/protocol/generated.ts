/* eslint-disable max-lines -- one declaration per type of the server */
// Written from the server's types by tests/it/contracts; do not edit.
// UPDATE_CONTRACTS=1 cargo test -p miso --test it contracts
import type { types } from "mediasoup-client";

/** Whatever a producer's owner gave: up to 4 KiB of JSON, mostly an object. */
export type AppData = Record<string, unknown>;

/** Ends a consumer. */
export type CloseConsumer = {
  /** The client's consumer. */
  serverConsumerId: string;
};

/** Ends one's own producer. */
export type CloseProducer = {
  /** The client's producer. */
  producerId: string;
};

/** It is closed. */
export type Closed = {
  closed: true;
};

/** Tells a receive transport the client's certificate. */
export type ConnectReceiveTransport = {
  /** The client's transport. */
  serverConsumerTransportId: string;
  /** The client's certificate and role. */
  dtlsParameters: DtlsParameters;
};

/** Tells a transport the client's certificate. */
export type ConnectTransport = {
  /** The client's transport. */
  transportId: string;
  /** The client's certificate and role. */
  dtlsParameters: DtlsParameters;
};

/** The transport knows the client's certificate. */
export type Connected = {
  connected: true;
};

/** The socket is open. */
export type ConnectionSuccess = {
  /** The socket's id. */
  socketId: string;
  /** How the socket speaks: `native`, or `unknown` when its handshake did not say. */
  dialect: string;
  /** The version of server and protocol. */
  version: string;
};

/** Receives another peer's producer. */
export type ConsumeProducer = {
  /** What the client can receive. */
  rtpCapabilities: RtpCapabilities;
  /** Somebody else's producer. */
  remoteProducerId: string;
  /** The client's transport. */
  serverConsumerTransportId: string;
};

/** A new consumer. */
export type ConsumerAnswer = {
  params: ConsumerInfo;
};

/** What mediasoup-client's `consume` takes, and more. */
export type ConsumerInfo = {
  /** The consumer's id. */
  id: string;
  /** The same. */
  serverConsumerId: string;
  /** The producer it receives. */
  producerId: string;
  /** Whose that is. */
  peerId: string;
  /** Audio or video. */
  kind: MediaKind;
  /** How it arrives. */
  rtpParameters: RtpParameters;
  /** Whether the producer sends one stream, several, or one with layers. */
  type: RtpType;
  /** Whether the producer's owner paused it. */
  producerPaused: boolean;
  /** What the producer's owner gave, or null. */
  appData: AppData | null;
};

/** The client's consumer is sent other layers. */
export type ConsumerLayersChanged = {
  /** The client's consumer. */
  consumerId: string;
  /** What it is sent, null when that is nothing. */
  spatialLayer: number | null;
  /** What it is sent, null when that is nothing or the codec does not tell. */
  temporalLayer: number | null;
};

/** Makes a transport. */
export type CreateWebRtcTransport = {
  /** Whether the client will receive on it; otherwise it will send. */
  consumer: boolean;
};

/** Nothing to say. */
export type Done = Record<string, never>;

export type DtlsParameters = types.DtlsParameters;

/** Why an event failed. */
export type ErrorAnswer = {
  /** A sentence for people. */
  error: string;
  /** A stable word for programs. */
  code: ErrorCode;
  /** Both again. */
  params: ErrorParams;
};

/** The stable word of a failure. */
export type ErrorCode =
  | "bad-request"
  | "unknown-event"
  | "not-joined"
  | "already-joined"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "cannot-consume"
  | "invalid-rtp-parameters"
  | "invalid-dtls-parameters"
  | "already-connected"
  | "limit-peers"
  | "limit-rooms"
  | "limit-transports"
  | "limit-producers"
  | "limit-consumers"
  | "limit-sockets"
  | "limit-joins"
  | "limit-requests"
  | "limit-tokens"
  | "rate-limited"
  | "timeout"
  | "room-closed"
  | "server-draining"
  | "worker-died"
  | "internal";

/** Why an event failed, for clients that look there. */
export type ErrorParams = {
  /** A sentence for people. */
  error: string;
  /** A stable word for programs. */
  code: ErrorCode;
};

/** Asks for the next of the others. */
export type GetPeers = {
  /** `morePeers` of the answer before. */
  after: number;
};

/** Asks for the counters of a transport. */
export type GetStats = {
  /** The client's transport. */
  transportId: string;
};

/** New ICE credentials. */
export type IceAnswer = {
  /** For mediasoup-client's `restartIce`. */
  iceParameters: IceParameters;
};

export type IceCandidate = types.IceCandidate;

export type IceParameters = types.IceParameters;

/** A STUN or TURN server: an `RTCIceServer` of browsers. */
export type IceServerInfo = {
  /** `stun:…` or `turn:…`. */
  urls: string;
  /** User name of a TURN server. */
  username?: string;
  /** Its password. */
  credential?: string;
};

/** The client is in the room. */
export type JoinAnswer = {
  /** What the room can receive; for `Device.load`. */
  rtpCapabilities: RouterRtpCapabilities;
  /** The client's own id in the room. */
  peerId: string;
  /** The room's name. */
  roomName: string;
  /** The others, those who send first, as far as they fit. */
  peers: Array<PeerInfo>;
  /** Where `getPeers` goes on, or null. */
  morePeers: number | null;
  /** What the next `joinRoom` shows to be this peer again, or null where nobody can. */
  resumeToken: string | null;
  /** Whether the client is the peer it was. */
  resumed: boolean;
  /** What of that peer lives. */
  own: OwnObjects;
};

/** Enters a room. */
export type JoinRoom = {
  /** The room's name, 1 to 256 characters. */
  roomName: string;
  /** How the client calls itself, 1 to 256 characters. */
  displayName?: string | null;
  /** The token of the last answer to a join: to be that peer again. */
  resumeToken?: string | null;
};

/** The client is in no room. */
export type Left = {
  left: true;
};

/** Audio or video. */
export type MediaKind = "audio" | "video";

/** Another peer joined. */
export type NewPeer = {
  /** The other's id. */
  peerId: string;
  /** How it calls itself, or null. */
  displayName: string | null;
};

/** Another peer's producer can be consumed. */
export type NewProducer = ProducerInfo;

/** What of a client's lives. */
export type OwnObjects = {
  /** Transports. */
  transports: Array<string>;
  /** Producers. */
  producers: Array<string>;
  /** Consumers. */
  consumers: Array<string>;
};

/** Stops a consumer. */
export type PauseConsumer = {
  /** The client's consumer. */
  serverConsumerId: string;
};

/** Stops forwarding one's own producer. */
export type PauseProducer = {
  /** The client's producer. */
  producerId: string;
};

/** It is paused. */
export type Paused = {
  paused: true;
};

/** Another peer of the room. */
export type PeerInfo = {
  /** Its id. */
  peerId: string;
  /** How it calls itself, or null. */
  displayName: string | null;
  /** What it sends. */
  producers: Array<ProducerInfo>;
};

/** Another peer left. */
export type PeerLeft = {
  /** The other's id. */
  peerId: string;
};

/** More of the others in the room. */
export type PeersPage = {
  /** As many as fit. */
  peers: Array<PeerInfo>;
  /** Where `getPeers` goes on, or null. */
  morePeers: number | null;
};

/** Sends a source. */
export type ProduceOnTransport = {
  /** The client's transport. */
  transportId: string;
  /** Audio or video. */
  kind: MediaKind;
  /** How it is sent. */
  rtpParameters: RtpParameters;
  /** Shown to the others as it is: up to 4 KiB of JSON. */
  appData?: AppData | null;
  /** Whether it starts paused. */
  paused?: boolean;
};

/** A new producer. */
export type Produced = {
  /** The producer's id. */
  id: string;
  /** Whether others of the room produce, too. */
  producersExist: boolean;
};

/** A producer is gone: another peer's, or the client's own that somebody else ended. */
export type ProducerClosed = {
  /** The producer's id. */
  remoteProducerId: string;
  /** The same. */
  producerId: string;
  /** Whose it was. */
  peerId: string;
  /** The client's consumer of it, if there was one. */
  consumerId?: string;
  /** Why. */
  reason: "producer-closed" | "closed-by-operator" | "peer-left" | "transport-closed" | "internal" | "evicted";
};

/** Somebody's producer. */
export type ProducerInfo = {
  /** Its id. */
  producerId: string;
  /** Whose it is. */
  peerId: string;
  /** Audio or video. */
  kind: MediaKind;
  /** What its owner gave, or null. */
  appData: AppData | null;
  /** Whether its owner paused it. */
  paused: boolean;
};

/** Another peer paused its producer. */
export type ProducerPaused = {
  /** The producer's id. */
  producerId: string;
  /** Whose it is. */
  peerId: string;
};

/** Another peer resumed its producer. */
export type ProducerResumed = {
  /** The producer's id. */
  producerId: string;
  /** Whose it is. */
  peerId: string;
};

/** How well the client's own producer arrives. */
export type ProducerScore = {
  /** The client's producer. */
  producerId: string;
  /** One entry per stream. */
  scores: Array<Score>;
};

/** The others' producers, oldest first. */
export type ProducersAnswer = {
  producers: Array<ProducerInfo>;
};

/** Asks a consumer's producer for a key frame. */
export type RequestKeyFrame = {
  /** The client's consumer. */
  serverConsumerId: string;
};

/** Asks for new ICE credentials. */
export type RestartIce = {
  /** The client's transport. */
  transportId: string;
};

/** Starts a consumer. */
export type ResumeConsumer = {
  /** The client's consumer. */
  serverConsumerId: string;
};

/** Forwards one's own producer again. */
export type ResumeProducer = {
  /** The client's producer. */
  producerId: string;
};

/** It flows again. */
export type Resumed = {
  resumed: true;
};

/** The room is gone with everything in it. */
export type RoomClosed = {
  /** Why. */
  reason: "worker-died" | "room-closed" | "kicked";
};

export type RouterRtpCapabilities = types.RtpCapabilities;

export type RtpCapabilities = types.RtpCapabilities;

export type RtpParameters = types.RtpParameters;

/** How a producer or a consumer carries its layers. */
export type RtpType = "simple" | "simulcast" | "svc" | "pipe";

/** How well one stream arrives. */
export type Score = {
  /** Its place among the producer's encodings. */
  encodingIdx: number;
  /** Its SSRC. */
  ssrc: number;
  /** Its restriction identifier, or null. */
  rid: string | null;
  /** 0 (dead) to 10 (perfect). */
  score: number;
};

/** The server is going down: it opens no rooms any more and waits for those that are open. */
export type ServerDraining = {
  /** Until it ends, at the latest. */
  seconds: number;
};

/** Who operates the server has something to say. */
export type ServerNotice = {
  /** A text for people. */
  message: string;
};

/** Bounds the layers a consumer gets. */
export type SetPreferredLayers = {
  /** The client's consumer. */
  serverConsumerId: string;
  /** The highest spatial layer wanted; 0 is the smallest. */
  spatialLayer: number;
  /** The highest temporal layer wanted; all of them when it is left out. */
  temporalLayer?: number | null;
};

/** Counters of a transport. */
export type StatsAnswer = {
  stats: TransportStats;
};

/** A new transport. */
export type TransportAnswer = {
  params: TransportInfo;
};

/** The client's transport is gone with everything on it. */
export type TransportClosed = {
  /** The client's transport. */
  transportId: string;
  /** Why. */
  reason: "consent-expired" | "connect-timeout" | "dtls-failed" | "fingerprint-mismatch" | "dtls-closed" | "internal";
};

/** What a client needs to build its side of a transport. */
export type TransportInfo = {
  /** STUN and TURN servers for the browser; absent: none is needed. */
  iceServers?: Array<IceServerInfo>;
  /** Its name. */
  id: string;
  /** Credentials. */
  iceParameters: IceParameters;
  /** Addresses. */
  iceCandidates: Array<IceCandidate>;
  /** Certificate fingerprints. */
  dtlsParameters: DtlsParameters;
};

/** Counters of a transport since it was made. */
export type TransportStats = {
  /** `new`, `connected`, `completed`, `disconnected` or `closed`. */
  iceState: string;
  /** `new`, `connecting`, `connected`, `failed` or `closed`. */
  dtlsState: string;
  /** The client's address in use, null until ICE has found one. */
  iceSelectedTuple: string | null;
  /** Bytes of datagrams from the client. */
  bytesReceived: number;
  /** Bytes of datagrams to the client. */
  bytesSent: number;
  /** RTP packets from the client. */
  rtpPacketsReceived: number;
  /** RTP packets to the client. */
  rtpPacketsSent: number;
  /** Bits per second from the client, lately. */
  recvBitrate: number;
  /** Bits per second to the client, lately. */
  sendBitrate: number;
  /** Packets that were not authentic, or came twice. */
  srtpFailures: number;
  /** Datagrams dropped for other reasons. */
  dropped: number;
  /** Bits per second the client was told it may send, null until it was. */
  availableIncomingBitrate: number | null;
  /** Bits per second the client told it can receive, null until it did. */
  availableOutgoingBitrate: number | null;
  /** The SRTP protection profile, null until DTLS is done. */
  srtpProfile: string | null;
};

/** What the client asks: event → [payload, answer]. */
export interface Requests {
  joinRoom: [JoinRoom, JoinAnswer];
  getPeers: [GetPeers, PeersPage];
  leaveRoom: [undefined, Left];
  createWebRtcTransport: [CreateWebRtcTransport, TransportAnswer];
  "transport-connect": [ConnectTransport, Connected];
  "transport-recv-connect": [ConnectReceiveTransport, Connected];
  "restart-ice": [RestartIce, IceAnswer];
  "transport-produce": [ProduceOnTransport, Produced];
  "producer-close": [CloseProducer, Closed];
  "producer-pause": [PauseProducer, Paused];
  "producer-resume": [ResumeProducer, Resumed];
  getProducers: [undefined, ProducersAnswer];
  consume: [ConsumeProducer, ConsumerAnswer];
  "consumer-resume": [ResumeConsumer, Resumed];
  "consumer-pause": [PauseConsumer, Paused];
  "consumer-close": [CloseConsumer, Closed];
  "consumer-set-preferred-layers": [SetPreferredLayers, Done];
  "consumer-request-key-frame": [RequestKeyFrame, Done];
  "get-stats": [GetStats, StatsAnswer];
}

/** What the server tells without being asked: event → payload. */
export interface Notifications {
  "connection-success": ConnectionSuccess;
  "new-peer": NewPeer;
  "peer-left": PeerLeft;
  "new-producer": NewProducer;
  "producer-closed": ProducerClosed;
  "producer-paused": ProducerPaused;
  "producer-resumed": ProducerResumed;
  "consumer-layers-changed": ConsumerLayersChanged;
  "producer-score": ProducerScore;
  "transport-closed": TransportClosed;
  notice: ServerNotice;
  "server-draining": ServerDraining;
  "room-closed": RoomClosed;
}

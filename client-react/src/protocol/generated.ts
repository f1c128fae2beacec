/* eslint-disable max-lines -- one declaration per type of the server */
// Written from the server's types by tests/it/contracts; do not edit.
// UPDATE_CONTRACTS=1 cargo test -p miso --test it contracts
import type { types } from "mediasoup-client";

export type DtlsParameters = types.DtlsParameters;
export type IceCandidate = types.IceCandidate;
export type IceParameters = types.IceParameters;
export type MediaKind = types.MediaKind;
export type RtpCapabilities = types.RtpCapabilities;
export type RtpParameters = types.RtpParameters;

/** Whatever a producer's owner gave: up to 4 KiB of JSON, mostly an object. */
export type AppData = Record<string, unknown>;

/** Ends a consumer. */
export interface CloseConsumer {
  /** The client's consumer. */
  serverConsumerId: string;
}

/** Ends one's own producer. */
export interface CloseProducer {
  /** The client's producer. */
  producerId: string;
}

/** Tells a receive transport the client's certificate. */
export interface ConnectReceiveTransport {
  /** The client's certificate and role. */
  dtlsParameters: DtlsParameters;
  /** The client's transport. */
  serverConsumerTransportId: string;
}

/** Tells a transport the client's certificate. */
export interface ConnectTransport {
  /** The client's certificate and role. */
  dtlsParameters: DtlsParameters;
  /** The client's transport. */
  transportId: string;
}

/** Receives another peer's producer. */
export interface ConsumeProducer {
  /** Somebody else's producer. */
  remoteProducerId: string;
  /** What the client can receive. */
  rtpCapabilities: RtpCapabilities;
  /** The client's transport. */
  serverConsumerTransportId: string;
}

/** Makes a transport. */
export interface CreateWebRtcTransport {
  /** Whether the client will receive on it; otherwise it will send. */
  consumer: boolean;
}

/** Asks for the next of the others. */
export interface GetPeers {
  /** `morePeers` of the answer before. */
  after: number;
}

/** Asks for the counters of a transport. */
export interface GetStats {
  /** The client's transport. */
  transportId: string;
}

/** Enters a room. */
export interface JoinRoom {
  /** How the client calls itself, 1 to 256 characters. */
  displayName?: string | null;
  /** The token of the last answer to a join: to be that peer again. */
  resumeToken?: string | null;
  /** The room's name, 1 to 256 characters. */
  roomName: string;
}

/** Stops a consumer. */
export interface PauseConsumer {
  /** The client's consumer. */
  serverConsumerId: string;
}

/** Stops forwarding one's own producer. */
export interface PauseProducer {
  /** The client's producer. */
  producerId: string;
}

/** Sends a source. */
export interface ProduceOnTransport {
  /** Shown to the others as it is: up to 4 KiB of JSON. */
  appData?: AppData | null;
  /** Audio or video. */
  kind: MediaKind;
  /** Whether it starts paused. */
  paused?: boolean;
  /** How it is sent. */
  rtpParameters: RtpParameters;
  /** The client's transport. */
  transportId: string;
}

/** Asks a consumer's producer for a key frame. */
export interface RequestKeyFrame {
  /** The client's consumer. */
  serverConsumerId: string;
}

/** Asks for new ICE credentials. */
export interface RestartIce {
  /** The client's transport. */
  transportId: string;
}

/** Starts a consumer. */
export interface ResumeConsumer {
  /** The client's consumer. */
  serverConsumerId: string;
}

/** Forwards one's own producer again. */
export interface ResumeProducer {
  /** The client's producer. */
  producerId: string;
}

/** Bounds the layers a consumer gets. */
export interface SetPreferredLayers {
  /** The client's consumer. */
  serverConsumerId: string;
  /** The highest spatial layer wanted; 0 is the smallest. */
  spatialLayer: number;
  /** The highest temporal layer wanted; all of them when it is left out. */
  temporalLayer?: number | null;
}

/** It is closed. */
export interface Closed {
  closed: true;
}

/** The transport knows the client's certificate. */
export interface Connected {
  connected: true;
}

/** The socket is open. */
export interface ConnectionSuccess {
  /** How the socket speaks: `native`. */
  dialect: string;
  /** The socket's id. */
  socketId: string;
  /** The version of server and protocol. */
  version: string;
}

/** A new consumer. */
export interface ConsumerAnswer {
  params: ConsumerInfo;
}

/** What mediasoup-client's `consume` takes, and more. */
export interface ConsumerInfo {
  /** What the producer's owner gave, or null. */
  appData: AppData | null;
  /** The consumer's id. */
  id: string;
  /** Audio or video. */
  kind: MediaKind;
  /** Whose that is. */
  peerId: string;
  /** The producer it receives. */
  producerId: string;
  /** Whether the producer's owner paused it. */
  producerPaused: boolean;
  /** How it arrives. */
  rtpParameters: RtpParameters;
  /** The same. */
  serverConsumerId: string;
  /** Whether the producer sends one stream, several, or one with layers. */
  type: RtpType;
}

/** The client's consumer is sent other layers. */
export interface ConsumerLayersChanged {
  /** The client's consumer. */
  consumerId: string;
  /** What it is sent, null when that is nothing. */
  spatialLayer: number | null;
  /** What it is sent, null when that is nothing or the codec does not tell. */
  temporalLayer: number | null;
}

/** Nothing to say. */
export type Done = Record<string, never>;

/** Why an event failed. */
export interface ErrorAnswer {
  /** A stable word for programs. */
  code: ErrorCode;
  /** A sentence for people. */
  error: string;
  /** Both again. */
  params: ErrorParams;
}

/** The stable word of a failure. */
export type ErrorCode =
  | "bad-request"
  | "unknown-event"
  | "not-joined"
  | "already-joined"
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
  | "rate-limited"
  | "timeout"
  | "room-closed"
  | "worker-died"
  | "internal";

/** Why an event failed, for clients that look there. */
export interface ErrorParams {
  /** A stable word for programs. */
  code: ErrorCode;
  /** A sentence for people. */
  error: string;
}

/** New ICE credentials. */
export interface IceAnswer {
  /** For mediasoup-client's `restartIce`. */
  iceParameters: IceParameters;
}

/** The client is in the room. */
export interface JoinAnswer {
  /** Where `getPeers` goes on, or null. */
  morePeers: number | null;
  /** What of that peer lives. */
  own: OwnObjects;
  /** The client's own id in the room. */
  peerId: string;
  /** The others, those who send first, as far as they fit. */
  peers: PeerInfo[];
  /** What the next `joinRoom` shows to be this peer again, or null where nobody can. */
  resumeToken: string | null;
  /** Whether the client is the peer it was. */
  resumed: boolean;
  /** The room's name. */
  roomName: string;
  /** What the room can receive; for `Device.load`. */
  rtpCapabilities: RtpCapabilities;
}

/** The client is in no room. */
export interface Left {
  left: true;
}

/** Another peer joined. */
export interface NewPeer {
  /** How it calls itself, or null. */
  displayName: string | null;
  /** The other's id. */
  peerId: string;
}

/** Another peer's producer can be consumed. */
export type NewProducer = ProducerInfo;

/** What of a client's lives. */
export interface OwnObjects {
  /** Consumers. */
  consumers: string[];
  /** Producers. */
  producers: string[];
  /** Transports. */
  transports: string[];
}

/** It is paused. */
export interface Paused {
  paused: true;
}

/** Another peer of the room. */
export interface PeerInfo {
  /** How it calls itself, or null. */
  displayName: string | null;
  /** Its id. */
  peerId: string;
  /** What it sends. */
  producers: ProducerInfo[];
}

/** Another peer left. */
export interface PeerLeft {
  /** The other's id. */
  peerId: string;
}

/** More of the others in the room. */
export interface PeersPage {
  /** Where `getPeers` goes on, or null. */
  morePeers: number | null;
  /** As many as fit. */
  peers: PeerInfo[];
}

/** A new producer. */
export interface Produced {
  /** The producer's id. */
  id: string;
  /** Whether others of the room produce, too. */
  producersExist: boolean;
}

/** Another peer's producer is gone. */
export interface ProducerClosed {
  /** The client's consumer of it, if there was one. */
  consumerId?: string;
  /** Whose it was. */
  peerId: string;
  /** The same. */
  producerId: string;
  /** Why. */
  reason: "producer-closed" | "peer-left" | "transport-closed" | "internal" | "evicted";
  /** The producer's id. */
  remoteProducerId: string;
}

/** Somebody's producer. */
export interface ProducerInfo {
  /** What its owner gave, or null. */
  appData: AppData | null;
  /** Audio or video. */
  kind: MediaKind;
  /** Whether its owner paused it. */
  paused: boolean;
  /** Whose it is. */
  peerId: string;
  /** Its id. */
  producerId: string;
}

/** Another peer paused its producer. */
export interface ProducerPaused {
  /** Whose it is. */
  peerId: string;
  /** The producer's id. */
  producerId: string;
}

/** Another peer resumed its producer. */
export interface ProducerResumed {
  /** Whose it is. */
  peerId: string;
  /** The producer's id. */
  producerId: string;
}

/** How well the client's own producer arrives. */
export interface ProducerScore {
  /** The client's producer. */
  producerId: string;
  /** One entry per stream. */
  scores: Score[];
}

/** The others' producers, oldest first. */
export interface ProducersAnswer {
  producers: ProducerInfo[];
}

/** It flows again. */
export interface Resumed {
  resumed: true;
}

/** The room is gone with everything in it. */
export interface RoomClosed {
  /** Why. */
  reason: "worker-died" | "room-closed";
}

/** How a producer or a consumer carries its layers. */
export type RtpType = "simple" | "simulcast" | "svc" | "pipe";

/** How well one stream arrives. */
export interface Score {
  /** Its place among the producer's encodings. */
  encodingIdx: number;
  /** Its restriction identifier, or null. */
  rid: string | null;
  /** 0 (dead) to 10 (perfect). */
  score: number;
  /** Its SSRC. */
  ssrc: number;
}

/** Counters of a transport. */
export interface StatsAnswer {
  stats: TransportStats;
}

/** A new transport. */
export interface TransportAnswer {
  params: TransportOptions;
}

/** The client's transport is gone with everything on it. */
export interface TransportClosed {
  /** Why. */
  reason: "consent-expired" | "connect-timeout" | "dtls-failed" | "fingerprint-mismatch" | "dtls-closed" | "internal";
  /** The client's transport. */
  transportId: string;
}

/** What a client needs to build its side of a transport. */
export interface TransportOptions {
  /** Certificate fingerprints. */
  dtlsParameters: DtlsParameters;
  /** Addresses. */
  iceCandidates: IceCandidate[];
  /** Credentials. */
  iceParameters: IceParameters;
  /** Its name. */
  id: string;
}

/** Counters of a transport since it was made. */
export interface TransportStats {
  /** Bits per second the client was told it may send, null until it was. */
  availableIncomingBitrate: number | null;
  /** Bits per second the client told it can receive, null until it did. */
  availableOutgoingBitrate: number | null;
  /** Bytes of datagrams from the client. */
  bytesReceived: number;
  /** Bytes of datagrams to the client. */
  bytesSent: number;
  /** Datagrams dropped for other reasons. */
  dropped: number;
  /** `new`, `connecting`, `connected`, `failed` or `closed`. */
  dtlsState: string;
  /** The client's address in use, null until ICE has found one. */
  iceSelectedTuple: string | null;
  /** `new`, `connected`, `completed`, `disconnected` or `closed`. */
  iceState: string;
  /** Bits per second from the client, lately. */
  recvBitrate: number;
  /** RTP packets from the client. */
  rtpPacketsReceived: number;
  /** RTP packets to the client. */
  rtpPacketsSent: number;
  /** Bits per second to the client, lately. */
  sendBitrate: number;
  /** Packets that were not authentic, or came twice. */
  srtpFailures: number;
  /** The SRTP protection profile, null until DTLS is done. */
  srtpProfile: string | null;
}

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
  "room-closed": RoomClosed;
}

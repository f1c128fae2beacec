/** The objects of protocol.md. They hold what travels; nothing here does anything. */
import type { types } from "mediasoup-client";

export type RtpCapabilities = types.RtpCapabilities;
export type RtpParameters = types.RtpParameters;
export type DtlsParameters = types.DtlsParameters;
export type IceParameters = types.IceParameters;
export type MediaKind = types.MediaKind;

/** What a client needs to open its side of a transport. */
export type TransportOptions = Pick<
  types.TransportOptions,
  "id" | "iceParameters" | "iceCandidates" | "dtlsParameters"
>;

/** Where a stream comes from; it travels in `appData`, so a foreign frontend may leave it out. */
export type Source = "microphone" | "camera" | "screen";

export interface ProducerInfo {
  producerId: string;
  peerId: string;
  kind: MediaKind;
  appData: Record<string, unknown> | null;
  paused: boolean;
}

export interface PeerInfo {
  peerId: string;
  displayName: string | null;
  producers: ProducerInfo[];
}

/** A part of the room's peers; `morePeers` is where the next part begins. Servers without pages leave it out. */
export interface PeersPage {
  peers: PeerInfo[];
  morePeers?: number | null;
}

/** Ids of a resumed peer's objects that outlived the loss of its connection. */
export interface OwnObjects {
  transports: string[];
  producers: string[];
  consumers: string[];
}

export interface JoinAnswer extends PeersPage {
  rtpCapabilities: RtpCapabilities;
  peerId: string;
  roomName: string;
  /** Proves to a later join that it comes from this peer. Servers that cannot resume leave these three out. */
  resumeToken?: string;
  /** Whether the peer of the token lives on; then `own` says what of it does. */
  resumed?: boolean;
  own?: OwnObjects;
}

export interface ConsumerInfo {
  id: string;
  serverConsumerId: string;
  producerId: string;
  peerId: string;
  kind: MediaKind;
  rtpParameters: RtpParameters;
  type: "simple" | "simulcast" | "svc" | "pipe";
  producerPaused: boolean;
  appData: Record<string, unknown> | null;
}

/** Every failed request is answered with a sentence for people and a stable word for programs. */
export interface ErrorAnswer {
  error: string;
  code: string;
}

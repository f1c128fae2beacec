/** What the server tells without being asked: event → payload. */
import type { ProducerInfo } from "./types";

export interface Notifications {
  "connection-success": { socketId: string; dialect: string; version: string };
  "new-peer": { peerId: string; displayName: string | null };
  "peer-left": { peerId: string };
  "new-producer": ProducerInfo;
  "producer-closed": {
    remoteProducerId: string;
    producerId: string;
    peerId: string;
    consumerId?: string;
    reason?: string;
  };
  "producer-paused": { producerId: string; peerId: string };
  "producer-resumed": { producerId: string; peerId: string };
  "consumer-layers-changed": {
    consumerId: string;
    spatialLayer: number | null;
    temporalLayer: number | null;
  };
  "producer-score": {
    producerId: string;
    scores: { encodingIdx: number; ssrc: number; rid?: string | null; score: number }[];
  };
  "transport-closed": { transportId: string; reason: string };
  "room-closed": { reason: string };
}

export type NotificationName = keyof Notifications;

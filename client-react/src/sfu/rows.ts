/** Turns browsers' statistics reports into one row per stream. */
import type { Source } from "../protocol/types";
import type { Layers, State } from "./store";

export interface Row {
  direction: "sent" | "received";
  /** Who sends it. */
  who: string;
  peerId: string | null;
  source: Source;
  producerId: string | null;
  rid: string | null;
  bytes: number;
  packets: number;
  frames: number;
  width: number;
  height: number;
  framesPerSecond: number;
  /** Packets that never arrived: here, or, of what is sent, at the server. */
  lost: number;
  /** To the server and back; `null` until it was measured. */
  roundTripMs: number | null;
  codec: string | null;
  /** The size and rate the server sends here, of those the sender offers; `null` when there is but one. */
  layers: Layers | null;
  /** Energy of the sound heard so far, see `totalAudioEnergy` in the W3C's webrtc-stats. */
  audioEnergy: number;
}

/** The members used here of the W3C's statistics; browsers leave some out. */
interface Stats {
  id: string;
  type: string;
  kind?: string;
  trackIdentifier?: string;
  mediaSourceId?: string;
  codecId?: string;
  localId?: string;
  rid?: string;
  bytesReceived?: number;
  bytesSent?: number;
  packetsReceived?: number;
  packetsSent?: number;
  framesDecoded?: number;
  framesEncoded?: number;
  frameWidth?: number;
  frameHeight?: number;
  framesPerSecond?: number;
  packetsLost?: number;
  totalAudioEnergy?: number;
  roundTripTime?: number;
  mimeType?: string;
  nominated?: boolean;
  currentRoundTripTime?: number;
}

type Owner = Pick<Row, "who" | "peerId" | "source" | "producerId" | "layers">;

/** Rows of all streams, the user's own first, layers from small to large. */
export function rowsOf(reports: readonly RTCStatsReport[], state: State): Row[] {
  const owners = ownersByTrack(state);
  const rows = reports.flatMap((report) => {
    const found = new Report([...report.values()] as Stats[]);
    return found.all.flatMap((one) => {
      const track = one.trackIdentifier ?? found.byId.get(one.mediaSourceId ?? "")?.trackIdentifier;
      const owner = owners.get(track ?? "");
      if (one.type === "outbound-rtp") return [found.sent(one, owner ?? own(one))];
      return one.type === "inbound-rtp" && owner ? [found.received(one, owner)] : [];
    });
  });
  return rows.sort((a, b) => b.direction.localeCompare(a.direction) || placeOf(a).localeCompare(placeOf(b)));
}

const placeOf = ({ who, peerId, source, rid }: Row): string => [who, peerId, source, rid].join(" ");

function ownersByTrack({ peers, local }: State): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const [source, track] of Object.entries(local.tracks) as [Source, MediaStreamTrack | null][]) {
    if (track) owners.set(track.id, { who: "You", peerId: null, source, producerId: null, layers: null });
  }
  for (const { peerId, displayName: who, media } of peers) {
    for (const { source, track, producerId, layers } of media) owners.set(track.id, { who, peerId, source, producerId, layers });
  }
  return owners;
}

/** Firefox does not say which track an outbound stream carries. */
const own = ({ kind }: Stats): Owner => ({
  who: "You",
  peerId: null,
  source: kind === "audio" ? "microphone" : "camera",
  producerId: null,
  layers: null,
});

const inMs = (seconds: number | undefined): number | null => (seconds === undefined ? null : Math.round(seconds * 1_000));

/** One connection's statistics, which point at each other by id. */
class Report {
  readonly byId: ReadonlyMap<string, Stats>;

  constructor(readonly all: readonly Stats[]) {
    this.byId = new Map(all.map((one) => [one.id, one]));
  }

  sent(stats: Stats, owner: Owner): Row {
    const there = this.all.find(({ type, localId }) => type === "remote-inbound-rtp" && localId === stats.id);
    return {
      direction: "sent",
      ...owner,
      ...this.common(stats),
      bytes: stats.bytesSent ?? 0,
      packets: stats.packetsSent ?? 0,
      frames: stats.framesEncoded ?? 0,
      lost: there?.packetsLost ?? 0,
      roundTripMs: inMs(there?.roundTripTime ?? this.roundTrip()),
    };
  }

  received(stats: Stats, owner: Owner): Row {
    return {
      direction: "received",
      ...owner,
      ...this.common(stats),
      bytes: stats.bytesReceived ?? 0,
      packets: stats.packetsReceived ?? 0,
      frames: stats.framesDecoded ?? 0,
      lost: stats.packetsLost ?? 0,
      roundTripMs: inMs(this.roundTrip()),
    };
  }

  private common(stats: Stats) {
    return {
      rid: stats.rid ?? null,
      width: stats.frameWidth ?? 0,
      height: stats.frameHeight ?? 0,
      framesPerSecond: Math.round(stats.framesPerSecond ?? 0),
      audioEnergy: stats.totalAudioEnergy ?? 0,
      codec: this.byId.get(stats.codecId ?? "")?.mimeType?.split("/")[1] ?? null,
    };
  }

  private roundTrip(): number | undefined {
    const pair = this.all.find(({ type, nominated, currentRoundTripTime }) =>
      type === "candidate-pair" && nominated && currentRoundTripTime !== undefined);
    return pair?.currentRoundTripTime;
  }
}

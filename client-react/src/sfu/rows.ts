/** Turns browsers' statistics reports into one row per stream. */
import type { Source } from "../protocol/types";
import type { State } from "./store";

export interface Row {
  direction: "sent" | "received";
  /** Who sends it. */
  who: string;
  peerId: string | null;
  source: Source;
  producerId: string | null;
  rid: string | null;
  bytes: number;
  frames: number;
  width: number;
  height: number;
  lost: number;
  /** Energy of the sound heard so far, see `totalAudioEnergy` in the W3C's webrtc-stats. */
  audioEnergy: number;
}

/** The members used here of `inbound-rtp` and `outbound-rtp`; browsers leave some out. */
interface RtpStats {
  type: string;
  kind?: string;
  trackIdentifier?: string;
  mediaSourceId?: string;
  rid?: string;
  bytesReceived?: number;
  bytesSent?: number;
  framesDecoded?: number;
  framesEncoded?: number;
  frameWidth?: number;
  frameHeight?: number;
  packetsLost?: number;
  totalAudioEnergy?: number;
}

type Owner = Pick<Row, "who" | "peerId" | "source" | "producerId">;

/** Rows of all streams, the user's own first, layers from small to large. */
export function rowsOf(reports: readonly RTCStatsReport[], state: State): Row[] {
  const owners = ownersByTrack(state);
  const rows = reports.flatMap((report) => {
    const all = [...report.values()] as (RtpStats & { id: string })[];
    const trackOfSource = new Map(all.map((one) => [one.id, one.trackIdentifier]));
    return all.flatMap((one) => {
      const track = one.trackIdentifier ?? trackOfSource.get(one.mediaSourceId ?? "");
      const owner = owners.get(track ?? "");
      if (one.type === "outbound-rtp") return [sent(one, owner ?? own(one))];
      return one.type === "inbound-rtp" && owner ? [received(one, owner)] : [];
    });
  });
  return rows.sort((a, b) => b.direction.localeCompare(a.direction) || placeOf(a).localeCompare(placeOf(b)));
}

const placeOf = ({ who, peerId, source, rid }: Row): string => [who, peerId, source, rid].join(" ");

function ownersByTrack({ peers, local }: State): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const [source, track] of Object.entries(local.tracks) as [Source, MediaStreamTrack | null][]) {
    if (track) owners.set(track.id, { who: "You", peerId: null, source, producerId: null });
  }
  for (const { peerId, displayName, media } of peers) {
    for (const { source, track, producerId } of media) owners.set(track.id, { who: displayName, peerId, source, producerId });
  }
  return owners;
}

/** Firefox does not say which track an outbound stream carries. */
const own = ({ kind }: RtpStats): Owner => ({
  who: "You",
  peerId: null,
  source: kind === "audio" ? "microphone" : "camera",
  producerId: null,
});

const common = (stats: RtpStats) => ({
  rid: stats.rid ?? null,
  width: stats.frameWidth ?? 0,
  height: stats.frameHeight ?? 0,
  lost: stats.packetsLost ?? 0,
  audioEnergy: stats.totalAudioEnergy ?? 0,
});

const sent = (stats: RtpStats, owner: Owner): Row => ({
  direction: "sent",
  ...owner,
  ...common(stats),
  bytes: stats.bytesSent ?? 0,
  frames: stats.framesEncoded ?? 0,
});

const received = (stats: RtpStats, owner: Owner): Row => ({
  direction: "received",
  ...owner,
  ...common(stats),
  bytes: stats.bytesReceived ?? 0,
  frames: stats.framesDecoded ?? 0,
});

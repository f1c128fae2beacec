/** How loud received sound is, from what the browser counts of it. */

/** The members used here of the W3C's `inbound-rtp`. */
interface SoundStats {
  type: string;
  ssrc?: number;
  timestamp: number;
  totalAudioEnergy?: number;
  audioLevel?: number;
}

interface Counted {
  energy: number;
  atMs: number;
  level: number;
}

/**
 * Measures from one report to the next. Levels of a moment do not do: they miss short sounds, again and again where both
 * have a rhythm, and Chromium goes on telling the last one of a stream that is paused.
 */
export class LevelMeter {
  private counted: ReadonlyMap<number, Counted> = new Map();

  /** How loud each stream was since the report before, from 0 (silence) to 1, by SSRC. */
  measure(report: RTCStatsReport): ReadonlyMap<number, number> {
    const streams = ([...report.values()] as SoundStats[]).filter(({ type }) => type === "inbound-rtp");
    const now = streams.flatMap((one) => (one.ssrc === undefined ? [] : [[one.ssrc, count(one, this.counted.get(one.ssrc))] as const]));
    this.counted = new Map(now);
    return new Map(now.map(([ssrc, { level }]) => [ssrc, level]));
  }
}

function count({ totalAudioEnergy: energy, audioLevel = 0, timestamp: atMs }: SoundStats, before: Counted | undefined): Counted {
  // An older browser, or the first report.
  if (energy === undefined || !before) return { energy: energy ?? 0, atMs, level: audioLevel };
  // Asked twice in a short time, browsers give the same report.
  if (atMs <= before.atMs) return before;
  const power = Math.max(0, energy - before.energy) / ((atMs - before.atMs) / 1_000);
  return { energy, atMs, level: Math.min(1, Math.sqrt(power)) };
}

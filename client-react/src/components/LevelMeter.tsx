import { useLoudness } from "../hooks/useLoudness";

const BARS = 5;

/** How loud the microphone is. */
export function LevelMeter({ track }: { track: MediaStreamTrack | null }) {
  const loudness = useLoudness(track);
  const percent = Math.round(loudness * 100);
  return (
    <div
      className="meter"
      role="meter"
      aria-label="Microphone level"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={track ? `${percent} percent` : "microphone off"}
    >
      {Array.from({ length: BARS }, (_, bar) => (
        <span key={bar} className={loudness > bar / BARS ? "lit" : ""} />
      ))}
    </div>
  );
}

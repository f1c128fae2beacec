import { rate } from "../../app/rate";
import type { Broadcast } from "../../broadcast/api";
import { durationWords, keyFrameAdvice, secondsWords, viewersWords } from "../../broadcast/words";
import { useNow } from "../../hooks/useNow";
import { Warning } from "./Warning";

/** How it goes: waiting for the encoder, or what comes from it. */
export function LiveState({ broadcast }: { broadcast: Broadcast | null }) {
  const live = broadcast?.state === "live";
  return (
    <>
      <p className="state-line" role="status">
        <span className={live ? "state-dot live" : "state-dot"} aria-hidden="true" />
        <strong>{live ? "Live" : broadcast ? "Waiting" : "Connecting"}</strong>
        <span className="hint">{broadcast && !live && "Nothing is being sent. This page notices when it begins."}</span>
      </p>
      {live && <Measured broadcast={broadcast} />}
    </>
  );
}

function Measured({ broadcast: { video, audio, viewers, startedAt } }: { broadcast: Broadcast }) {
  const now = useNow(1_000);
  const advice = video && keyFrameAdvice(video);
  return (
    <>
      <dl className="measured">
        <Fact name="On air" value={startedAt === null ? null : durationWords(now - Date.parse(startedAt))} />
        <Fact name="Viewers" value={viewersWords(viewers)} />
        <Fact name="Picture" value={video?.width && video.height ? `${video.width}×${video.height}` : null} />
        <Fact name="Video" value={video && `${video.codec}, ${rate(video.bitrate)}`} />
        <Fact name="Key frames" value={video?.keyFrameInterval ? `every ${secondsWords(video.keyFrameInterval)}` : null} />
        <Fact name="Sound" value={audio && `${audio.codec}, ${rate(audio.bitrate)}`} />
      </dl>
      <div role="status">
        <Warning text={advice} testId="key-frames" />
      </div>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value ?? "–"}</dd>
    </div>
  );
}

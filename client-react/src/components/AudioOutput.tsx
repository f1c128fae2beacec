import { useConsumer } from "../hooks/useConsumer";

interface Props {
  track: MediaStreamTrack;
  name: string;
  /** Id of the speaker; the browser's own choice without one. */
  speaker: string | undefined;
}

/** Plays somebody's voice; offers a button where the browser wants a click first. */
export function AudioOutput({ track, name, speaker }: Props) {
  const { ref, blocked, play } = useConsumer<HTMLAudioElement>(track, speaker);
  return (
    <>
      <audio ref={ref} autoPlay />
      {blocked && (
        <button type="button" className="primary unblock" onClick={play}>
          Let me hear {name}
        </button>
      )}
    </>
  );
}

import { useConsumer } from "../hooks/useConsumer";

interface Props {
  track: MediaStreamTrack;
  name: string;
}

/** Plays somebody's voice; offers a button where the browser wants a click first. */
export function AudioOutput({ track, name }: Props) {
  const { ref, blocked, play } = useConsumer<HTMLAudioElement>(track);
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

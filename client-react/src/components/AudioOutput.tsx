import { useRef } from "react";
import { useConsumer } from "../hooks/useConsumer";
import { useFocusBack } from "../hooks/useFocusBack";

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
      {blocked && <Unblock name={name} play={play} />}
    </>
  );
}

function Unblock({ name, play }: { name: string; play: () => void }) {
  const ref = useRef<HTMLButtonElement>(null);
  useFocusBack(ref);
  return (
    <button ref={ref} type="button" className="primary unblock" onClick={play}>
      Let me hear {name}
    </button>
  );
}

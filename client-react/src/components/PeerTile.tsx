import { useConsumer } from "../hooks/useConsumer";
import { useFirstFrame } from "../hooks/useFirstFrame";
import { Icon } from "./Icon";

interface Props {
  name: string;
  track: MediaStreamTrack | null;
  peerId?: string;
  muted?: boolean;
  own?: boolean;
  screen?: boolean;
}

/** Of at most two words; "(you)" is not one. */
const initialsOf = (name: string) =>
  name.split(/\s+/).filter((word) => /^\P{P}/u.test(word)).slice(0, 2).map((word) => Array.from(word)[0]?.toUpperCase() ?? "").join("");

/** One person or one screen. Initials stand in until there is a picture. */
export function PeerTile({ name, track, peerId, muted = false, own = false, screen = false }: Props) {
  const { ref } = useConsumer<HTMLVideoElement>(track);
  const firstFrame = useFirstFrame(ref, track);
  const kind = [own && "own", screen && "screen", firstFrame === null && "waiting"].filter(Boolean).join(" ");

  return (
    <figure className={`tile ${kind}`} data-peer-id={peerId} data-name={name} data-first-frame-ms={firstFrame}>
      <video ref={ref} autoPlay playsInline muted aria-label={name} />
      {firstFrame === null && (
        <span className="initials" aria-hidden="true">
          {initialsOf(name)}
        </span>
      )}
      <figcaption>
        {muted && <Icon name="microphone" crossed />}
        {name}
        {muted && <span className="visually-hidden"> (muted)</span>}
      </figcaption>
    </figure>
  );
}

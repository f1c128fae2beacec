import type { Tile } from "../app/tiles";
import { useConsumer } from "../hooks/useConsumer";
import { useFirstFrame } from "../hooks/useFirstFrame";
import { Icon } from "./Icon";

interface Props {
  tile: Tile;
  featured: boolean;
  speaking: boolean;
  pinned: boolean;
  onPin: () => void;
}

/** Of at most two words; "(you)" is not one. */
const initialsOf = (name: string) =>
  name.split(/\s+/).filter((word) => /^\P{P}/u.test(word)).slice(0, 2).map((word) => Array.from(word)[0]?.toUpperCase() ?? "").join("");

/** One person or one screen. Initials stand in until there is a picture. */
export function PeerTile({ tile: { kind, peerId, name, track, muted }, featured, speaking, pinned, onPin }: Props) {
  const { ref } = useConsumer<HTMLVideoElement>(track);
  const firstFrame = useFirstFrame(ref, track);
  const states = { own: peerId === null, waiting: firstFrame === null, featured, speaking };
  const look = [kind, ...Object.entries(states).filter(([, is]) => is).map(([state]) => state)].join(" ");

  return (
    <figure className={`tile ${look}`} data-peer-id={peerId} data-name={name} data-first-frame-ms={firstFrame}>
      <video ref={ref} autoPlay playsInline muted aria-label={name} />
      {firstFrame === null && (
        <span className="initials" aria-hidden="true">
          {initialsOf(name)}
        </span>
      )}
      <figcaption>
        {muted && <Icon name="microphone" crossed />}
        <span className="name">{name}</span>
        {muted && <span className="visually-hidden"> (muted)</span>}
      </figcaption>
      <button type="button" className="pin" aria-pressed={pinned} aria-label={`Pin ${name}`} title="Pin" onClick={onPin}>
        <Icon name="pin" />
      </button>
    </figure>
  );
}

import type { Playback } from "../../hooks/usePlayback";
import { PlayerButton } from "./PlayerButton";

interface Props {
  playback: Playback;
  fullscreen: { full: boolean; toggle: (() => void) | null };
  pictureInPicture: { small: boolean; toggle: (() => void) | null };
}

/** The bar under the picture. What a browser cannot do has no button. */
export function PlayerControls({ playback, fullscreen, pictureInPicture }: Props) {
  const { paused, muted, volume, togglePlaying, toggleMuted, setVolume } = playback;
  return (
    <div className="player-controls" role="group" aria-label="Player">
      <PlayerButton icon={paused ? "play" : "pause"} label={paused ? "Play" : "Pause"} shortcut="k" onClick={togglePlaying} />
      <PlayerButton icon="volume" crossed={muted} label={muted ? "Unmute" : "Mute"} shortcut="m" onClick={toggleMuted} />
      <input
        type="range"
        className="volume"
        aria-label="Volume"
        min={0}
        max={1}
        step={0.05}
        value={muted ? 0 : volume}
        onChange={(event) => { setVolume(event.target.valueAsNumber); }}
      />
      <span className="spacer" />
      {pictureInPicture.toggle && (
        <PlayerButton
          icon="small"
          label={pictureInPicture.small ? "Leave picture in picture" : "Picture in picture"}
          shortcut="p"
          onClick={pictureInPicture.toggle}
        />
      )}
      {fullscreen.toggle && (
        <PlayerButton
          icon={fullscreen.full ? "shrink" : "expand"}
          label={fullscreen.full ? "Leave full screen" : "Full screen"}
          shortcut="f"
          onClick={fullscreen.toggle}
        />
      )}
    </div>
  );
}

import { useLocalMedia } from "../hooks/useLocalMedia";
import { useRoom } from "../hooks/useRoom";
import { canShareScreen } from "../sfu/devices";
import { ControlButton } from "./ControlButton";

interface Props {
  showStats: boolean;
  onToggleStats: () => void;
}

/** The bar at the bottom. */
export function Controls({ showStats, onToggleStats }: Props) {
  const { leave } = useRoom();
  const { tracks, muted, toggle, toggleMuted } = useLocalMedia();
  const micOn = tracks.microphone !== null && !muted;
  const cameraOn = tracks.camera !== null;
  const sharing = tracks.screen !== null;

  return (
    <nav className="controls" aria-label="Call controls">
      <ControlButton icon="microphone" off={!micOn} label={micOn ? "Mute" : "Unmute"} onClick={toggleMuted} />
      <ControlButton
        icon="camera"
        off={!cameraOn}
        label={cameraOn ? "Camera off" : "Camera on"}
        onClick={() => { toggle("camera"); }}
      />
      {canShareScreen() && (
        <ControlButton
          icon="screen"
          active={sharing}
          label={sharing ? "Stop sharing" : "Share screen"}
          onClick={() => { toggle("screen"); }}
        />
      )}
      <ControlButton icon="stats" active={showStats} label="Statistics" onClick={onToggleStats} />
      <ControlButton icon="leave" danger label="Leave" onClick={leave} />
    </nav>
  );
}

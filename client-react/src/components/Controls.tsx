import { useLocalMedia } from "../hooks/useLocalMedia";
import { useRoom } from "../hooks/useRoom";
import { canShareScreen } from "../sfu/devices";
import { ControlButton } from "./ControlButton";
import type { View } from "./Stage";

export interface Panels {
  view: View;
  toggleView: () => void;
  showStats: boolean;
  toggleStats: () => void;
  openSettings: () => void;
}

/** The bar at the bottom. */
export function Controls({ view, toggleView, showStats, toggleStats, openSettings }: Panels) {
  const { leave } = useRoom();
  const { tracks, muted, toggle, toggleMuted } = useLocalMedia();
  const micOn = tracks.microphone !== null && !muted;
  const cameraOn = tracks.camera !== null;
  const sharing = tracks.screen !== null;
  const other = view === "grid" ? "speaker" : "grid";

  return (
    <nav className="controls" aria-label="Call controls">
      <div className="control-group">
        <ControlButton icon="microphone" shortcut="m" off={!micOn} label={micOn ? "Mute" : "Unmute"} onClick={toggleMuted} />
        <ControlButton
          icon="camera"
          shortcut="c"
          off={!cameraOn}
          label={cameraOn ? "Camera off" : "Camera on"}
          onClick={() => { toggle("camera"); }}
        />
        {canShareScreen() && (
          <ControlButton
            icon="screen"
            shortcut="s"
            active={sharing}
            label={sharing ? "Stop sharing" : "Share screen"}
            onClick={() => { toggle("screen"); }}
          />
        )}
      </div>
      <div className="control-group minor">
        <ControlButton
          icon={other}
          control="view"
          shortcut="v"
          label={other === "grid" ? "Grid view" : "Speaker view"}
          onClick={toggleView}
        />
        <ControlButton icon="stats" shortcut="q" active={showStats} label="Quality" onClick={toggleStats} />
        <ControlButton icon="settings" shortcut="d" label="Devices" onClick={openSettings} />
      </div>
      <div className="control-group">
        <ControlButton icon="leave" danger label="Leave" onClick={leave} />
      </div>
    </nav>
  );
}

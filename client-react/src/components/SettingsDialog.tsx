import { useLocalMedia } from "../hooks/useLocalMedia";
import { DevicePicker } from "./DevicePicker";
import { Dialog } from "./Dialog";
import { LevelMeter } from "./LevelMeter";

/** Other devices in the middle of a call. */
export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const { tracks } = useLocalMedia();
  return (
    <Dialog title="Devices" onClose={onClose}>
      <DevicePicker />
      <div className="dialog-meter">
        <span>Microphone level</span>
        <LevelMeter track={tracks.microphone} />
      </div>
    </Dialog>
  );
}

import { useConsumer } from "../hooks/useConsumer";
import { useFirstFrame } from "../hooks/useFirstFrame";
import { useLocalMedia } from "../hooks/useLocalMedia";
import { ControlButton } from "./ControlButton";
import { Icon } from "./Icon";
import { LevelMeter } from "./LevelMeter";

/** What the others will see, and whether they will hear. */
export function Preview() {
  const { tracks, opening, wanted, toggle } = useLocalMedia();
  const { ref } = useConsumer<HTMLVideoElement>(tracks.camera);
  const firstFrame = useFirstFrame(ref, tracks.camera);
  const [cameraOn, microphoneOn] = [tracks.camera !== null, tracks.microphone !== null];
  const starting = opening.camera || (cameraOn && firstFrame === null);
  const idle = wanted.camera ? "The camera starts when you join" : "Camera is off";

  return (
    <div className="preview" data-first-frame-ms={firstFrame}>
      <video ref={ref} autoPlay playsInline muted hidden={firstFrame === null} aria-label="Your camera" />
      {firstFrame === null && (
        <p className="preview-empty">
          {starting ? <span className="spinner" aria-hidden="true" /> : <Icon name="camera" crossed />}
          {starting ? "Starting the camera…" : idle}
        </p>
      )}
      <div className="preview-bar">
        <LevelMeter track={tracks.microphone} />
        <ControlButton
          icon="microphone"
          off={!microphoneOn}
          label={microphoneOn ? "Turn microphone off" : "Turn microphone on"}
          onClick={() => { toggle("microphone"); }}
        />
        <ControlButton
          icon="camera"
          off={!cameraOn}
          label={cameraOn ? "Turn camera off" : "Turn camera on"}
          onClick={() => { toggle("camera"); }}
        />
      </div>
    </div>
  );
}

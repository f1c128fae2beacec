import { useDevices } from "../hooks/useDevices";
import { useLocalMedia } from "../hooks/useLocalMedia";
import { canChooseSpeaker, type DeviceChoice, type DeviceKind } from "../sfu/devices";
import { Icon, type IconName } from "./Icon";

const KINDS: { kind: DeviceKind; label: string; icon: IconName }[] = [
  { kind: "camera", label: "Camera", icon: "camera" },
  { kind: "microphone", label: "Microphone", icon: "microphone" },
  { kind: "speaker", label: "Speaker", icon: "volume" },
];

/** Which camera, microphone and speaker. */
export function DevicePicker() {
  const { devices, chosen, choose } = useDevices();
  const { tracks } = useLocalMedia();
  const inUse = (kind: DeviceKind) => (kind === "speaker" ? undefined : tracks[kind]?.getSettings().deviceId);
  const kinds = KINDS.filter(({ kind }) => kind !== "speaker" || canChooseSpeaker());

  return (
    <div className="devices">
      {kinds.map(({ kind, label, icon }) => (
        <label key={kind} className="device">
          <Icon name={icon} />
          <span className="visually-hidden">{label}</span>
          <Choices
            label={label}
            choices={devices[kind]}
            value={inUse(kind) ?? chosen[kind]}
            choose={(id) => { choose(kind, id); }}
          />
        </label>
      ))}
    </div>
  );
}

interface ChoicesProps {
  label: string;
  choices: readonly DeviceChoice[];
  value: string | undefined;
  choose: (id: string) => void;
}

function Choices({ label, choices, value, choose }: ChoicesProps) {
  const known = choices.some(({ id }) => id === value) ? value : choices[0]?.id;
  return (
    <select
      aria-label={label}
      disabled={choices.length === 0}
      value={known ?? ""}
      onChange={(event) => { choose(event.target.value); }}
    >
      {choices.length === 0 && <option value="">{`${label}: as the browser likes`}</option>}
      {choices.map(({ id, label: name }) => (
        <option key={id} value={id}>{name}</option>
      ))}
    </select>
  );
}

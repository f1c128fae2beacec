import { Icon, type IconName } from "./Icon";

interface Props {
  icon: IconName;
  label: string;
  onClick: () => void;
  off?: boolean;
  active?: boolean;
  danger?: boolean;
}

/** A round button whose label says what a click does. */
export function ControlButton({ icon, label, onClick, off = false, active = false, danger = false }: Props) {
  const look = [off && "off", active && "active", danger && "danger"].filter(Boolean).join(" ");
  return (
    <button type="button" className={`control ${look}`} onClick={onClick} data-control={icon} data-off={off}>
      <Icon name={icon} crossed={off} />
      <span>{label}</span>
    </button>
  );
}

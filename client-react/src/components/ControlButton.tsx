import { Icon, type IconName } from "./Icon";

interface Props {
  icon: IconName;
  label: string;
  onClick: () => void;
  /** What tests and shortcuts know it by; the icon's name where there is no other. */
  control?: string;
  shortcut?: string;
  off?: boolean;
  active?: boolean;
  danger?: boolean;
}

/** A button whose label says what a click does. */
export function ControlButton({ icon, label, onClick, control = icon, shortcut, off = false, active = false, danger = false }: Props) {
  const look = [off && "off", active && "active", danger && "danger"].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      className={`control ${look}`}
      onClick={onClick}
      title={shortcut ? `${label} (${shortcut.toUpperCase()})` : label}
      aria-keyshortcuts={shortcut}
      data-control={control}
      data-off={off}
    >
      <Icon name={icon} crossed={off} />
      <span>{label}</span>
    </button>
  );
}

import { Icon, type IconName } from "../Icon";

interface Props {
  icon: IconName;
  label: string;
  shortcut: string;
  onClick: () => void;
  crossed?: boolean;
}

/** A round button over the picture. */
export function PlayerButton({ icon, label, shortcut, onClick, crossed = false }: Props) {
  return (
    <button
      type="button"
      className="player-button"
      onClick={onClick}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      title={`${label} (${shortcut.toUpperCase()})`}
      data-control={icon}
    >
      <Icon name={icon} crossed={crossed} />
    </button>
  );
}

import { Dialog } from "./Dialog";

const SHORTCUTS = [
  ["M", "Mute or unmute"],
  ["C", "Camera on or off"],
  ["S", "Share a screen, or stop"],
  ["V", "Grid or speaker view"],
  ["Q", "Show or hide quality"],
  ["D", "Choose devices"],
  ["?", "This help"],
  ["Esc", "Close what is open"],
] as const;

interface Props {
  shortcutsOn: boolean;
  onToggleShortcuts: () => void;
  onClose: () => void;
}

/** What the keys do, and a way to switch them off for those who dictate or press keys by accident. */
export function HelpDialog({ shortcutsOn, onToggleShortcuts, onClose }: Props) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="shortcuts">
        {SHORTCUTS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input type="checkbox" checked={shortcutsOn} onChange={onToggleShortcuts} />
        Use single-key shortcuts
      </label>
    </Dialog>
  );
}

import { useEffect, useEffectEvent } from "react";

/** Keys that type, or that the focused element wants for itself. */
const typesInto = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null;

/** Single keys without Ctrl or Alt, by what they are called in `KeyboardEvent.key`. */
export function useShortcuts(actions: Readonly<Record<string, () => void>>, enabled: boolean): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typesInto(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const act = actions[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });

  useEffect(() => {
    if (!enabled) return;
    const listener = (event: KeyboardEvent) => { press(event); };
    document.addEventListener("keydown", listener);
    return () => { document.removeEventListener("keydown", listener); };
  }, [enabled]);
}

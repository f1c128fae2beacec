/** What this browser remembers between visits; without storage (private windows) it remembers nothing. */
import type { ChosenDevices } from "../sfu/devices";
import type { Store } from "../sfu/store";

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`miso.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`miso.${key}`, value);
  } catch {
    // Then not.
  }
}

function recallDevices(): ChosenDevices {
  try {
    return JSON.parse(recall("devices") ?? "{}") as ChosenDevices;
  } catch {
    return {};
  }
}

/** Chooses the devices of the last visit, and remembers what is chosen in this one. */
export function rememberDevices(store: Store): void {
  store.setLocal({ chosen: recallDevices() });
  let { chosen } = store.get().local;
  store.subscribe(() => {
    const now = store.get().local.chosen;
    if (now === chosen) return;
    chosen = now;
    remember("devices", JSON.stringify(now));
  });
}

/** What this browser remembers between visits, or while a tab is open; without storage (private windows) it remembers nothing. */
import type { ChosenDevices } from "../sfu/devices";
import type { Store } from "../sfu/store";

function attempt<T>(access: () => T): T | null {
  try {
    return access();
  } catch {
    return null;
  }
}

export const recall = (key: string): string | null => attempt(() => localStorage.getItem(`miso.${key}`));

export function remember(key: string, value: string): void {
  attempt(() => { localStorage.setItem(`miso.${key}`, value); });
}

/** While the tab is open, and nowhere else: for secrets. */
export const tab = {
  recall: (key: string): string | null => attempt(() => sessionStorage.getItem(key)),
  remember(key: string, value: string): void {
    attempt(() => { sessionStorage.setItem(key, value); });
  },
  forget(key: string): void {
    attempt(() => { sessionStorage.removeItem(key); });
  },
};

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

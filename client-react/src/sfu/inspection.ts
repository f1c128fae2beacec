/**
 * `window.__miso`: the page's handle for inspection, used by tests/browser and by hand in a browser's console.
 * It reads; it changes nothing.
 */
import type { Speaking } from "./ActiveSpeaker";
import type { RoomSession } from "./RoomSession";
import { type Row, rowsOf } from "./rows";
import type { State } from "./store";

export interface Inspection {
  state: () => State;
  rows: () => Promise<Row[]>;
  /** Who has the floor, and who is heard. */
  speaking: () => Speaking;
  /** Everything the browser says about the call's connections. */
  reports: () => Promise<unknown[]>;
}

declare global {
  interface Window {
    __miso?: Inspection;
  }
}

export function expose(session: RoomSession): void {
  window.__miso = {
    state: session.store.get,
    speaking: session.speaker.get,
    rows: async () => rowsOf(await session.stats(), session.store.get()),
    reports: async () => (await session.stats()).flatMap((report) => [...report.values()] as unknown[]),
  };
}

/** What happens to the page, told to the session in it. */
import type { RoomSession } from "./RoomSession";

type Session = Pick<RoomSession, "suspend" | "wake" | "networkChanged">;

/** A change of the network is told in several ways, and more than once. */
const SETTLED_AFTER_MS = 500;

/**
 * `navigator.connection`, where there is one. It tells of new estimates, too; a change from Wi-Fi to mobile is a change
 * of `type`, which not every browser gives.
 */
const connectionOf = (navigator: Navigator): (EventTarget & { type?: string }) | undefined =>
  (navigator as { connection?: EventTarget }).connection;

/**
 * Leaves when the page is closed or reloaded, comes back when the browser brings it back from its cache, and looks for
 * a new path when the network changes. Gives what ends that.
 */
export function watchPage(session: Session, page: Window = window): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void session.networkChanged(), SETTLED_AFTER_MS);
  };
  const connection = connectionOf(page.navigator);
  let type = connection?.type;
  page.addEventListener("pagehide", () => { session.suspend(); }, { signal });
  page.addEventListener("pageshow", ({ persisted }) => { if (persisted) session.wake(); }, { signal });
  page.addEventListener("online", changed, { signal });
  connection?.addEventListener("change", () => {
    if (connection.type === type) return;
    type = connection.type;
    changed();
  }, { signal });
  return () => {
    clearTimeout(timer);
    ending.abort();
  };
}

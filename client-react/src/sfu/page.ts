/** What happens to the page, told to the session in it. */
import type { RoomSession } from "./RoomSession";

type Session = Pick<RoomSession, "suspend" | "wake" | "networkChanged">;

/** `navigator.connection`, where there is one: it tells of a change from Wi-Fi to mobile. */
const connection = (navigator: Navigator): EventTarget | undefined =>
  (navigator as { connection?: EventTarget }).connection;

/**
 * Leaves when the page is closed or reloaded, comes back when the browser brings it back from its cache, and looks for
 * a new path when the network changes. Gives what ends that.
 */
export function watchPage(session: Session, page: Window = window): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const changed = () => void session.networkChanged();
  page.addEventListener("pagehide", () => { session.suspend(); }, { signal });
  page.addEventListener("pageshow", ({ persisted }) => { if (persisted) session.wake(); }, { signal });
  page.addEventListener("online", changed, { signal });
  connection(page.navigator)?.addEventListener("change", changed, { signal });
  return () => { ending.abort(); };
}

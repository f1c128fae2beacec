import { expect, test, vi } from "vitest";
import { watchPage } from "../src/sfu/page";

function page() {
  const connection = new EventTarget();
  const window = Object.assign(new EventTarget(), { navigator: { connection } });
  const session = { suspend: vi.fn(), wake: vi.fn(), networkChanged: vi.fn(() => Promise.resolve()) };
  const stop = watchPage(session, window as unknown as Window);
  return { window, connection, session, stop };
}

const shown = (persisted: boolean) => Object.assign(new Event("pageshow"), { persisted });

test("closing the page leaves the room", () => {
  const { window, session } = page();
  window.dispatchEvent(new Event("pagehide"));
  expect(session.suspend).toHaveBeenCalledOnce();
});

test("a page from the browser's cache comes back, a fresh one has not been away", () => {
  const { window, session } = page();
  window.dispatchEvent(shown(false));
  expect(session.wake).not.toHaveBeenCalled();
  window.dispatchEvent(shown(true));
  expect(session.wake).toHaveBeenCalledOnce();
});

test("another network is told, however the browser tells it, until one stops", () => {
  const { window, connection, session, stop } = page();
  window.dispatchEvent(new Event("online"));
  connection.dispatchEvent(new Event("change"));
  expect(session.networkChanged).toHaveBeenCalledTimes(2);
  stop();
  window.dispatchEvent(new Event("online"));
  expect(session.networkChanged).toHaveBeenCalledTimes(2);
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchPage } from "../src/sfu/page";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

function page(type?: string) {
  const connection = Object.assign(new EventTarget(), { type });
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

test("another network is told once, however often the browser tells it, until one stops", () => {
  const { window, connection, session, stop } = page("wifi");
  window.dispatchEvent(new Event("online"));
  connection.type = "cellular";
  connection.dispatchEvent(new Event("change"));
  vi.runAllTimers();
  expect(session.networkChanged).toHaveBeenCalledOnce();
  connection.type = "wifi";
  connection.dispatchEvent(new Event("change"));
  vi.runAllTimers();
  expect(session.networkChanged).toHaveBeenCalledTimes(2);
  window.dispatchEvent(new Event("online"));
  stop();
  window.dispatchEvent(new Event("online"));
  vi.runAllTimers();
  expect(session.networkChanged).toHaveBeenCalledTimes(2);
});

test.each(["wifi", undefined])("a new estimate of the same network is no other network (%s)", (type) => {
  const { connection, session } = page(type);
  connection.dispatchEvent(new Event("change"));
  vi.runAllTimers();
  expect(session.networkChanged).not.toHaveBeenCalled();
});

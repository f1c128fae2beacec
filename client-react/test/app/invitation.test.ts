// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { invitation, takeInvitation, watchInvitations } from "../../src/app/invitation";

const at = (address: string) => { history.replaceState(null, "", address); };
const address = () => location.pathname + location.search + location.hash;

beforeEach(() => { sessionStorage.clear(); });
afterEach(() => { vi.unstubAllGlobals(); });

test("a token is taken out of the fragment, and kept for the tab", () => {
  at("/rooms/tea?x=1#token=a.b+c%2F");
  expect(takeInvitation()).toBe(true);
  expect(address()).toBe("/rooms/tea?x=1");
  expect(invitation()).toBe("a.b+c/");
  expect(takeInvitation()).toBe(false);
  expect(invitation()).toBe("a.b+c/");
});

test("it may be in the query, and is taken out of that as well", () => {
  at("/rooms/tea?token=asked&x=1");
  expect(takeInvitation()).toBe(true);
  expect(address()).toBe("/rooms/tea?x=1");
  expect(invitation()).toBe("asked");
});

test("without storage the page keeps it", () => {
  vi.stubGlobal("sessionStorage", undefined);
  at("/rooms/tea#token=unstored");
  expect(takeInvitation()).toBe(true);
  expect(invitation()).toBe("unstored");
});

test("a link that is opened while the page is has its token taken, too", () => {
  at("/rooms/tea");
  const taken = vi.fn();
  watchInvitations(taken);
  expect(taken).not.toHaveBeenCalled();
  at("/rooms/tea#token=late");
  window.dispatchEvent(new Event("hashchange"));
  expect(taken).toHaveBeenCalledTimes(1);
  expect([invitation(), address()]).toEqual(["late", "/rooms/tea"]);
});

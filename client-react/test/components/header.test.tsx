// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Notice } from "../../src/components/Notice";
import { RoomHeader } from "../../src/components/RoomHeader";
import { SessionContext } from "../../src/react";
import { bench } from "../support/session";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const copying = async (clipboard: unknown, sentence: string) => {
  vi.stubGlobal("navigator", { clipboard });
  render(<SessionContext value={bench().session}><RoomHeader people={1} onHelp={() => undefined} /></SessionContext>);
  const button = screen.getByRole("button", { name: "Copy link" });
  expect(button.getAttribute("aria-live")).toBe("polite");
  fireEvent.click(button);
  await waitFor(() => { expect(button.textContent).toBe(sentence); });
};

test("who copies the link hears that it is copied", () =>
  copying({ writeText: () => Promise.resolve() }, "Link copied"));

test("where a page may not copy, the way is told", () =>
  copying(undefined, "Copy it from the address bar"));

test("a notice of the operator stays beside what is wrong, until it is read", async () => {
  const { session, socket } = bench();
  render(<SessionContext value={session}><Notice /></SessionContext>);
  const reads = (text: string | undefined) => waitFor(() => { expect(screen.queryByTestId("notice")?.textContent).toBe(text); });
  socket.tell("notice", { message: "Tea at five." });
  socket.tell("notice", { message: "Cake, too." });
  session.store.tell("room", "The connection was lost.");
  await reads("Tea at five.\nCake, too.\nThe connection was lost.");
  session.store.tell("room", null);
  await reads("Tea at five.\nCake, too.");
  fireEvent.click(screen.getByRole("button", { name: "Dismiss this message" }));
  await reads(undefined);
});

// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StreamPage } from "../../src/components/stream/StreamPage";
import { FakeConnection, FakeEvents, problem } from "../support/whep";

let connections: FakeConnection[];
let events: FakeEvents[];
let refusal: Response | null;
let soundAllowed: boolean;

const ACCEPTED = { location: "/whep/view/1", link: '</sse>; rel="urn:ietf:params:whep:ext:core:server-sent-events"' };

/** `new` of what a test keeps. */
const keeping = <T, A extends unknown[]>(all: T[], make: (...args: A) => T) =>
  function made(...args: A) {
    const one = make(...args);
    all.push(one);
    return one;
  };

beforeEach(() => {
  [connections, events, refusal, soundAllowed] = [[], [], null, true];
  history.replaceState(null, "", "/stream?id=view");
  vi.stubGlobal("RTCPeerConnection", keeping(connections, () => new FakeConnection()));
  vi.stubGlobal("EventSource", keeping(events, (url: string) => new FakeEvents(url)));
  vi.stubGlobal("fetch", () => Promise.resolve(refusal ?? new Response("answer", { status: 201, headers: ACCEPTED })));
  vi.spyOn(HTMLMediaElement.prototype, "play").mockImplementation(function play(this: HTMLMediaElement) {
    return soundAllowed || this.muted ? Promise.resolve() : Promise.reject(new DOMException("", "NotAllowedError"));
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const reads = (pattern: RegExp) => waitFor(() => { expect(screen.getByTestId("message").textContent).toMatch(pattern); });
const told = (type: string, data?: unknown) => { act(() => { events.at(-1)?.tell(type, data); }); };

async function connected() {
  render(<StreamPage />);
  await waitFor(() => { expect(events).toHaveLength(1); });
  act(() => { connections[0]?.become("connected"); });
}

test("each state says what it is", async () => {
  await connected();
  await reads(/^Connecting/);
  told("inactive");
  await reads(/Not live yet.*starts here by itself/);
  told("active");
  told("viewercount", { viewercount: 5 });
  await reads(/^Live$/);
  expect(document.querySelector(".live-badge")?.textContent).toBe("Live5 watching");
  expect(document.title).toBe("Live · miso");
  told("inactive");
  await reads(/The broadcast has ended.*starts again by itself/);
});

test("who was replaced may watch again", async () => {
  await connected();
  told("ended", { reason: "evicted" });
  await reads(/replaced by a newer viewer/);
  fireEvent.click(screen.getByRole("button", { name: "Watch again" }));
  await waitFor(() => { expect(connections).toHaveLength(2); });
  expect(document.activeElement?.tagName).toBe("MAIN");
});

test("without leave for sound it starts muted and offers it", async () => {
  soundAllowed = false;
  await connected();
  told("active");
  const button = await screen.findByRole("button", { name: "Tap for sound" });
  const video = document.querySelector("video");
  expect(video?.muted).toBe(true);
  fireEvent.click(button);
  expect(video?.muted).toBe(false);
});

test("an unknown id, and no id at all, are said", async () => {
  refusal = problem(404);
  render(<StreamPage />);
  await reads(/No such broadcast.*expired/);
  cleanup();
  history.replaceState(null, "", "/stream");
  render(<StreamPage />);
  await reads(/names no broadcast/);
});

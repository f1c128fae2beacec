// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Broadcast } from "../../src/broadcast/api";
import { BroadcastPage } from "../../src/components/broadcast/BroadcastPage";

const SILENT: Broadcast = {
  id: "secret",
  viewId: "view",
  room: "view",
  state: "waiting",
  viewers: 0,
  startedAt: null,
  expiresAt: "2030-01-01T00:00:00Z",
  video: null,
  audio: null,
};

/** What the server knows of the one broadcast, and who may have an id. */
const server = { broadcast: null as Broadcast | null, token: "", asked: [] as string[] };

const answer = (status: number, body: unknown) => Promise.resolve(new Response(JSON.stringify(body), { status }));

beforeEach(() => {
  Object.assign(server, { broadcast: null, token: "", asked: [] });
  history.replaceState(null, "", "/broadcast");
  HTMLDialogElement.prototype.showModal = function showModal() { this.open = true; };
  vi.stubGlobal("fetch", (path: string, { method = "GET", headers }: RequestInit = {}) => {
    server.asked.push(`${method} ${path}`);
    if (path.endsWith("/stop")) {
      server.broadcast = SILENT;
      return answer(200, {});
    }
    if (method === "GET") return server.broadcast ? answer(200, server.broadcast) : answer(404, { title: "not found" });
    const { authorization = "" } = headers as Record<string, string>;
    if (server.token && authorization !== `Bearer ${server.token}`) return answer(401, { title: "unauthorized" });
    server.broadcast = SILENT;
    return answer(201, { id: "secret", viewId: "view" });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const press = (name: string) => { fireEvent.click(screen.getByRole("button", { name })); };
const text = (selector: string) => document.querySelector(selector)?.textContent ?? "";
const reads = (selector: string, pattern: RegExp) => waitFor(() => { expect(text(selector)).toMatch(pattern); }, { timeout: 3_000 });
const value = (label: string) => screen.getByLabelText<HTMLInputElement>(label).value;

test("an id is got, kept in the address, and shown as what to copy", async () => {
  render(<BroadcastPage />);
  press("Get a broadcast id");
  await reads("main", /Waiting/);
  expect(location.pathname + location.search).toBe("/broadcast?id=secret");
  expect(value("WHIP URL")).toMatch(/\/whip\/secret$/);
  expect(value("Link to watch")).toMatch(/\/stream\?id=view$/);
  expect(text("main")).toMatch(/secret broadcast id.*unused, the id is good until Jan 1, 2030/);
  expect(document.activeElement?.textContent).toBe("Your broadcast");
});

test("a token is asked for by those servers only that want one", async () => {
  server.token = "good";
  render(<BroadcastPage />);
  expect(screen.queryByLabelText("Access token")).toBeNull();
  press("Get a broadcast id");
  await reads("[role=alert]", /who have an access token/);
  fireEvent.change(screen.getByLabelText("Access token"), { target: { value: "bad" } });
  press("Get a broadcast id");
  await reads("[role=alert]", /does not accept this token/);
  fireEvent.change(screen.getByLabelText("Access token"), { target: { value: "good" } });
  press("Get a broadcast id");
  await reads("main", /Waiting/);
});

test("what is on air is measured, advised on, and stopped after asking", async () => {
  history.replaceState(null, "", "/broadcast?id=secret");
  server.broadcast = {
    ...SILENT,
    state: "live",
    viewers: 2,
    startedAt: new Date(Date.now() - 61_000).toISOString(),
    video: { codec: "H264", width: 1280, height: 720, bitrate: 2_500_000, keyFrameInterval: 10, requestsKeyFramesInVain: true },
    audio: { codec: "opus", bitrate: 128_000 },
  };
  render(<BroadcastPage />);
  await reads(".measured", /On air1:0\dViewers2 watchingPicture1280×720VideoH264, 2\.5\sMb\/sKey framesevery 10\ssSound/);
  expect(text(".measured")).toMatch(/opus, 128\skb\/s/);
  expect(text("[data-testid=key-frames]")).toMatch(/Keyframe Interval/);
  press("Stop the broadcast");
  expect(server.asked).not.toContain("POST /api/v1/broadcasts/secret/stop");
  press("Stop");
  await reads("main", /Waiting.*The id stays valid/);
  expect(server.asked).toContain("POST /api/v1/broadcasts/secret/stop");
  expect(screen.queryByRole("button", { name: "Stop the broadcast" })).toBeNull();
});

test("an id that nobody knows is replaced by a new one", async () => {
  history.replaceState(null, "", "/broadcast?id=old");
  render(<BroadcastPage />);
  await reads("h1", /This id is not valid/);
  press("Get a new broadcast id");
  await reads("main", /Waiting/);
  expect(location.search).toBe("?id=secret");
});

test("a server that does not answer is asked again, and the last state stays", async () => {
  history.replaceState(null, "", "/broadcast?id=secret");
  server.broadcast = SILENT;
  render(<BroadcastPage />);
  await reads("main", /Waiting/);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("nobody answers")));
  await reads("[data-testid=notice]", /cannot be reached\. Trying again/);
  expect(text("main")).toMatch(/Waiting/);
});

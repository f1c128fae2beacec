import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AdminApi } from "../../src/admin/api";
import { Inspector } from "../../src/admin/Inspector";

/** A server by its answers, path → body; what it was asked for is kept. */
class Answers {
  readonly asked: string[] = [];
  status = 200;

  constructor(readonly bodies: Record<string, unknown>) {}

  readonly fetch = (path: string, { method = "GET", headers }: RequestInit = {}): Promise<Response> => {
    this.asked.push(`${method} ${path} ${new Headers(headers).get("authorization") ?? ""}`.trim());
    const body = this.bodies[path.split("?")[0] ?? ""];
    const status = this.status !== 200 ? this.status : body === undefined ? 404 : 200;
    return Promise.resolve(new Response(JSON.stringify(body ?? { detail: "not found" }), { status }));
  };
}

const page = { offset: 0, limit: 1000, unanswered: [] };
const peer = { id: "p1", roomId: "tea", displayName: "Ann", connected: true, transportCount: 1, producerCount: 0, consumerCount: 0 };
const bodies = () => ({
  "/api/v1/workers": { workers: [{ index: 0, state: "running", routers: 1, transports: 1, restarts: 0, busySeconds: 1, rates: null }] },
  "/api/v1/rooms": { ...page, total: 1, rooms: [{ id: "tea", worker: 0, peerCount: 1, producerCount: 0, consumerCount: 0, rates: null }] },
  "/api/v1/peers": { ...page, total: 1, peers: [peer] },
  "/api/v1/broadcasts": { ...page, total: 0, broadcasts: [] },
  "/api/v1/peers/p1": { ...peer, transports: [{ id: "t1", roomId: "tea", peerId: "p1", direction: "send", iceState: "new", dtlsState: "new" }],
    producers: [], consumers: [] },
});

describe("the inspector", () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });
  const settled = () => vi.advanceTimersByTimeAsync(0);
  const started = async (answers: Answers, token = "") => {
    const inspector = new Inspector(new AdminApi(token, answers.fetch));
    inspector.start();
    await settled();
    return inspector;
  };
  const names = (inspector: Inspector) => inspector.get().rows.map((row) => row.name);

  it("asks for the lists again and again, and for the peers that are open", async () => {
    const answers = new Answers(bodies());
    const inspector = await started(answers, "secret");
    expect(names(inspector)).toEqual(["Worker 0", "tea"]);
    expect(answers.asked.every((one) => one.endsWith(" Bearer secret"))).toBe(true);
    const row = (name: string) => {
      const found = inspector.get().rows.find((one) => one.name === name);
      if (!found) throw new Error(`no ${name}`);
      return found;
    };
    inspector.toggle(row("tea"));
    inspector.toggle(row("Ann"));
    await settled();
    expect(names(inspector)).toEqual(["Worker 0", "tea", "Ann", "Transport, send"]);
    const before = answers.asked.length;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(answers.asked.slice(before)).toHaveLength(5);
    inspector.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(answers.asked).toHaveLength(before + 5);
  });

  it("stops and says so when the server wants another token", async () => {
    const answers = new Answers(bodies());
    answers.status = 401;
    const inspector = await started(answers);
    expect(inspector.get().locked).toBe(true);
    const before = answers.asked.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(answers.asked).toHaveLength(before);
  });

  it("says why a token is refused, and nothing where none was shown", async () => {
    for (const [token, status, detail, refused] of [
      ["", 401, "a token is needed", null],
      ["wrong", 401, "the token is not one of this server's", "The server does not accept this token."],
      ["old", 401, "the token has expired", "This token has expired."],
      ["small", 403, "the token does not grant this", "This token does not let you in: it does not grant admin."],
    ] as const) {
      const answers = new Answers({ ...bodies(), "/api/v1/workers": { detail } });
      answers.status = status;
      expect((await started(answers, token)).get()).toMatchObject({ locked: true, refused, problem: null });
    }
  });

  it("goes on after a fault, with what it knew", async () => {
    const answers = new Answers(bodies());
    const inspector = await started(answers);
    answers.status = 500;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(inspector.get().problem).toMatch(/Trying again/);
    expect(names(inspector)).toEqual(["Worker 0", "tea"]);
    answers.status = 200;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(inspector.get().problem).toBeNull();
    inspector.stop();
  });

  it("lists page by page", async () => {
    const all = Array.from({ length: 2_500 }, (_, index) => ({ ...peer, id: `p${index}` }));
    const answers = new Answers(bodies());
    const api = new AdminApi("", (url) => {
      const { pathname, searchParams } = new URL(url, "http://x");
      if (pathname !== "/api/v1/peers") return answers.fetch(url);
      const from = Number(searchParams.get("offset"));
      return Promise.resolve(new Response(JSON.stringify({ total: all.length, peers: all.slice(from, from + Number(searchParams.get("limit"))) })));
    });
    expect(await api.peers()).toHaveLength(2_500);
  });
});

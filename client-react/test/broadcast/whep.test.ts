import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type FakeConnection, problem, whepBench } from "../support/whep";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Longer than any wait between two tries. */
const LONG = 21_000;

async function watching(event?: "active" | "inactive") {
  const all = whepBench();
  all.client.start();
  await all.pass();
  all.connection().become("connected");
  if (event) all.source().tell(event);
  return all;
}

test("an offer to receive is posted, and the answer applied", async () => {
  const { client, asked, connection, pass } = whepBench();
  client.start();
  expect(client.get()).toMatchObject({ status: "connecting", stream: null });
  await pass();
  expect(connection().transceivers).toEqual(["video recvonly", "audio recvonly"]);
  expect(asked[0]).toMatchObject({ method: "POST", path: "/whep/view", headers: { "content-type": "application/sdp" } });
  expect(asked[0]?.body).toContain("a=fmtp:111 minptime=10;useinbandfec=1;stereo=1");
  expect(connection().remote).toBe("the answer");
  expect(client.get().stream).toMatchObject({ tracks: connection().tracks });
});

test("the server's events are asked for where it offers them", async () => {
  const { asked, source } = await watching();
  expect(asked[1]).toMatchObject({ path: "/whep/view/1/sse", body: '["active","inactive","layers","viewercount"]' });
  expect(source().url).toBe("https://sfu.test/whep/view/1/sse/7");
});

test("who comes first waits, and sees the broadcast begin, end and return over one connection", async () => {
  const { client, connections, source } = await watching("inactive");
  expect(client.get().status).toBe("waiting");
  source().tell("active");
  expect(client.get().status).toBe("live");
  source().tell("inactive");
  expect(client.get().status).toBe("ended");
  source().tell("active");
  expect(client.get().status).toBe("live");
  expect(connections).toHaveLength(1);
});

test("live is what is there and connected", async () => {
  const { client, connection, source, pass } = whepBench();
  client.start();
  await pass();
  source().tell("active");
  expect(client.get().status).toBe("connecting");
  connection().become("connected");
  expect(client.get().status).toBe("live");
});

test("a server that says nothing is judged by what it sends", async () => {
  const { client, connection, pass } = await watching();
  await pass(2_000);
  expect(client.get().status).toBe("waiting");
  connection().flow();
  expect(client.get().status).toBe("live");
});

test("viewers are counted", async () => {
  const { client, source } = await watching("active");
  source().tell("viewercount", { viewercount: 3 });
  expect(client.get().viewers).toBe(3);
  source().dispatchEvent(new MessageEvent("viewercount", { data: "nonsense" }));
  expect(client.get().viewers).toBe(3);
});

test("who was replaced does not come back by itself, and can", async () => {
  const { client, connections, connection, source, requests, pass } = await watching("active");
  // What the end of a session does to its path comes before the word, or after it.
  connection().become("failed");
  source().tell("ended", { reason: "evicted" });
  await pass(LONG);
  expect(client.get().status).toBe("evicted");
  expect(connection().closed).toBe(true);
  expect(connections).toHaveLength(1);
  expect(requests()).not.toContain("DELETE /whep/view/1");
  client.start();
  await pass();
  expect(client.get().status).toBe("connecting");
  expect(connections).toHaveLength(2);
});

test("a session that ends for another reason is followed by the next", async () => {
  const { client, connections, source, pass } = await watching("active");
  source().tell("ended", { reason: "room-closed" });
  expect(client.get().status).toBe("ended");
  await pass(LONG);
  expect(connections).toHaveLength(2);
  expect(client.get().status).toBe("ended");
});

test("a path that fails is replaced after a while, and the last picture stays until the next comes", async () => {
  const { client, connections, connection, requests, source, pass } = await watching("active");
  const { stream } = client.get();
  connection().become("disconnected");
  await pass(1_000);
  connection().become("connected");
  await pass(LONG);
  expect(connections).toHaveLength(1);
  connection().become("disconnected");
  await pass(LONG);
  expect(client.get()).toMatchObject({ status: "connecting", problem: null });
  expect(connections).toHaveLength(2);
  expect(requests()).toContain("DELETE /whep/view/1");
  connection().become("connected");
  source().tell("active");
  expect(client.get()).toMatchObject({ status: "live", stream });
  connection().flow();
  expect(client.get().stream).not.toBe(stream);
});

test("between two tries there is more and more time", async () => {
  const { client, connections, refusals, pass } = whepBench();
  vi.spyOn(Math, "random").mockReturnValue(0);
  refusals.push(...Array.from({ length: 4 }, () => new TypeError("nobody answers")));
  client.start();
  const made: number[] = [];
  for (const ms of [0, 999, 1, 1_999, 1, 3_999, 1]) {
    await pass(ms);
    made.push(connections.length);
  }
  expect(made).toEqual([1, 1, 2, 2, 3, 3, 4]);
  expect(client.get()).toMatchObject({ status: "connecting", problem: "The server cannot be reached. Trying again…" });
  await pass(LONG);
  expect(client.get().problem).toBeNull();
});

test("a server that lets nobody wait is asked again and again", async () => {
  const { client, requests, refusals, connection, source, pass } = whepBench();
  refusals.push(problem(409), problem(409, { "retry-after": "10" }));
  client.start();
  await pass();
  expect(client.get()).toMatchObject({ status: "waiting", problem: null });
  await pass(3_000);
  expect(requests()).toHaveLength(2);
  await pass(9_000);
  expect(requests()).toHaveLength(2);
  await pass(1_000);
  connection().become("connected");
  source().tell("active");
  expect(client.get().status).toBe("live");
});

test.each([
  [404, "unknown", "There is no broadcast with this id."],
  [401, "refused", "The server asks for a token that this page does not have."],
  [403, "refused", "The server does not allow this."],
  [403, "refused", "This id is secret.", "this id is secret"],
  [422, "refused", "No codec in common.", "no codec in common"],
])("%i is final until the viewer asks again", async (status, becomes, sentence, detail = "") => {
  const { client, connections, refusals, pass } = whepBench();
  refusals.push(problem(status, {}, detail));
  client.start();
  await pass(LONG);
  expect(client.get()).toMatchObject({ status: becomes, problem: sentence });
  expect(connections).toHaveLength(1);
  client.start();
  await pass();
  expect(connections).toHaveLength(2);
});

test.each([
  [429, "Too many requests in a short time. Trying again…"],
  [503, "The server has no place for more right now. Trying again…"],
])("%i passes: it is said, and tried again when the server wants it", async (status, sentence) => {
  const { client, connections, refusals, pass } = whepBench();
  refusals.push(problem(status, { "retry-after": "30" }));
  client.start();
  await pass();
  expect(client.get()).toMatchObject({ status: "connecting", problem: sentence });
  await pass(29_000);
  expect(connections).toHaveLength(1);
  await pass(1_000);
  expect(connections).toHaveLength(2);
  expect(client.get().problem).toBeNull();
});

test("candidates that come late are sent after the offer, those of other sections never", async () => {
  const { asked, connection, pass } = await watching();
  connection().find({ candidate: "candidate:1 1 udp 1 192.0.2.1 5000 typ host", sdpMid: "0" });
  connection().find({ candidate: "candidate:1 1 udp 1 192.0.2.1 5001 typ host", sdpMid: "1" });
  connection().find(null);
  await pass();
  const patches = asked.filter(({ method }) => method === "PATCH");
  expect(patches).toHaveLength(1);
  expect(patches[0]).toMatchObject({
    path: "/whep/view/1",
    headers: { "content-type": "application/trickle-ice-sdpfrag", "if-match": '"tag"' },
  });
  expect(patches[0]?.body.split("\r\n")).toEqual([
    "a=ice-ufrag:ufra",
    "a=ice-pwd:password",
    "m=video 9 UDP/TLS/RTP/SAVPF 0",
    "a=mid:0",
    "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host",
    "",
  ]);
});

test("closing says goodbye in a way that survives the page, also while the server answers", async () => {
  const { client, asked, connection, events, pass } = await watching("active");
  client.close();
  expect(connection()).toMatchObject({ closed: true });
  expect(events.every(({ closed }) => closed)).toBe(true);
  expect(asked.at(-1)).toMatchObject({ method: "DELETE", path: "/whep/view/1", keepalive: true });

  client.start();
  await vi.waitUntil(() => asked.at(-1)?.method === "POST");
  client.close();
  await pass();
  expect(asked.at(-1)).toMatchObject({ method: "DELETE", path: "/whep/view/1" });
});

test("a page that goes away leaves, one that comes back from the cache watches again", async () => {
  const { client, connections, connection, pass } = whepBench();
  const page = new EventTarget();
  const stop = client.watchIn(page as Window);
  await pass();
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
  page.dispatchEvent(new Event("pagehide"));
  expect(connection().closed).toBe(true);
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  await pass();
  expect(connections.map(({ closed }: FakeConnection) => closed)).toEqual([true, false]);
  stop();
  expect(connection().closed).toBe(true);
});

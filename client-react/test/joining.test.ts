import { afterEach, expect, test, vi } from "vitest";
import { REQUEST_TIMEOUT_MS } from "../src/protocol/connection";
import { RequestError, sentence } from "../src/sfu/failures";
import { House, peerOf } from "./support/house";
import { producerOf, serve } from "./support/server";
import { bench } from "./support/session";

afterEach(() => { vi.useRealTimers(); });

test("the peers of a large room are read page by page", async () => {
  const { socket, session, until } = bench();
  const [one, two, three] = [peerOf("one", producerOf("one")), peerOf("two", producerOf("two")), peerOf("three", producerOf("three"))];
  const house = new House(socket, [one]);
  socket.alter("joinRoom", (answer) => ({ ...answer, morePeers: 1 }));
  socket.answers["getPeers"] = ({ after }: { after: number }) =>
    after === 1 ? { peers: [two], morePeers: 2 } : { peers: [two, three], morePeers: null };
  await session.join("tea", "Ann");
  await until(() => { expect(socket.count("consumer-resume")).toBe(3); });
  expect(session.store.get().peers.map(({ peerId }) => peerId)).toEqual(["one", "two", "three"]);
  expect(house.own.consumers).toHaveLength(3);
});

test("the browser is told of the STUN and TURN servers that the server names", async () => {
  const { socket, session, iceServers, until } = bench();
  new House(socket, [peerOf("one", producerOf("one"))]);
  const turn = [{ urls: "turn:turn.test", username: "user", credential: "secret" }];
  socket.alter("createWebRtcTransport", (answer) => ({ params: { ...(answer as { params: object }).params, iceServers: turn } }));
  await session.join("tea", "Ann");
  await until(() => { expect(iceServers).toEqual([turn, turn]); });
});

test("what happens while the room is being read is not lost", async () => {
  const { socket, session, until } = bench();
  new House(socket, [peerOf("one")]);
  const late = producerOf("two");
  socket.alter("joinRoom", (answer) => ({ ...answer, morePeers: 1 }));
  socket.answers["getPeers"] = () => {
    socket.tell("peer-left", { peerId: "one" });
    socket.tell("new-peer", { peerId: "two", displayName: "Two" });
    socket.tell("new-producer", late);
    return { peers: [], morePeers: null };
  };
  await session.join("tea", "Ann");
  await until(() => { expect(socket.count("consumer-resume")).toBe(1); });
  expect(session.store.get().peers).toMatchObject([{ peerId: "two", displayName: "Two", media: [{ producerId: late.producerId }] }]);
});

test("a large room is met answer by answer, whoever sends before its name is known keeps its picture", async () => {
  const ids = ["a", "b", "c", "d", "e"];
  const all = bench();
  serve(all.socket, ids.map((peerId) => ({ peerId, producers: [] })));
  const answer = all.socket.answers["getPeers"];
  all.socket.answers["getPeers"] = async (payload) => {
    if (all.socket.count("getPeers") === 1) {
      all.socket.tell("new-producer", producerOf("d"));
      await all.until(() => {
        expect(all.session.store.get().peers.find(({ peerId }) => peerId === "d")?.media).toHaveLength(1);
      });
    }
    return answer?.(payload);
  };
  await all.session.join("tea", "Ann");
  await all.until(() => {
    expect(all.session.store.get().peers).toHaveLength(ids.length);
  });
  const peers = all.session.store.get().peers;
  expect(peers.map(({ displayName }) => displayName).sort()).toEqual(ids.map((id) => `Name of ${id}`));
  expect(peers.find(({ peerId }) => peerId === "d")?.media).toHaveLength(1);
  expect(all.socket.sent.filter(({ event }) => event === "getPeers").map(({ payload }) => payload)).toEqual([
    { after: 2 }, { after: 4 },
  ]);
});

test("a server that does not answer the join is told, and asked again", async () => {
  vi.useFakeTimers();
  const { socket, session } = bench();
  const joining = session.join("tea", "Ann");
  await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS);
  expect(session.store.get()).toMatchObject({ status: "joining", problem: "The server did not answer in time." });
  serve(socket);
  await vi.advanceTimersByTimeAsync(2_000);
  await joining;
  expect(session.store.get()).toMatchObject({ status: "joined", problem: null });
});

test("a room of which no more can be read is taken part in all the same", async () => {
  const { socket, session, until } = bench();
  new House(socket, [peerOf("one", producerOf("one"))]);
  socket.alter("joinRoom", (answer) => ({ ...answer, morePeers: 1 }));
  socket.answers["getPeers"] = () => ({ error: "no", code: "bad-request" });
  await session.join("tea", "Ann");
  await until(() => { expect(socket.count("consumer-resume")).toBe(1); });
  expect(session.store.get()).toMatchObject({ status: "joined", problem: sentence(new RequestError("bad-request", "")) });
  expect(socket.count("joinRoom")).toBe(1);
});

test("a source that cannot be sent at once is sent a moment later", async () => {
  const { socket, session, until } = bench();
  new House(socket);
  const produce = socket.answers["transport-produce"];
  socket.answers["transport-produce"] = () => {
    if (produce) socket.answers["transport-produce"] = produce;
    return { error: "too many", code: "rate-limited" };
  };
  await session.join("tea", "Ann");
  await until(() => { expect(socket.count("transport-produce")).toBe(3); });
  expect(session.store.get().problem).toBeNull();
});

test("a browser that cannot read what the room offers is told so, and holds no connection", async () => {
  const { socket, session } = bench();
  new House(socket);
  socket.alter("joinRoom", (answer) => ({ ...answer, rtpCapabilities: null }));
  await session.join("tea", "Ann");
  expect(session.store.get()).toMatchObject({ status: "idle", problem: "This browser cannot take part in calls." });
  expect(socket.connected).toBe(false);
});

test("who loses the connection on the way into the room is not in it", async () => {
  const { socket, session, until } = bench();
  new House(socket);
  let lost = false;
  socket.alter("joinRoom", (answer) => {
    // Just after the answer has come.
    if (!lost) void Promise.resolve().then(() => null).then(() => { lost = true; socket.drop(); });
    return answer;
  });
  await session.join("tea", "Ann");
  await until(() => { expect(lost).toBe(true); });
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  expect(session.store.get()).toMatchObject({ status: "joining", problem: expect.stringContaining("was lost") as string });
  socket.connect();
  await until(() => { expect(session.store.get()).toMatchObject({ status: "joined", problem: null }); });
});

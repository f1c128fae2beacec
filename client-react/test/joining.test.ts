import { afterEach, expect, test, vi } from "vitest";
import { REQUEST_TIMEOUT_MS } from "../src/protocol/connection";
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

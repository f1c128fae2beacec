import { expect, test, vi } from "vitest";
import { inRoom, payloads } from "./support/room";
import { producerOf } from "./support/server";

const failing = (code: string) => () => ({ error: "not now", code });

test("a page of the room that cannot be had at once is asked for again, and the call stays as it is", async () => {
  const { socket, lose, back } = await inRoom();
  lose();
  socket.alter("joinRoom", (answer) => ({ ...answer, morePeers: 1 }));
  socket.answers["getPeers"] = () => {
    socket.answers["getPeers"] = () => ({ peers: [], morePeers: null });
    return failing("rate-limited")();
  };
  await back();
  expect(socket.events()).toEqual(["joinRoom", "getPeers", "getPeers", "restart-ice", "restart-ice"]);
});

test("joining again over the same connection keeps the call", async () => {
  const { socket, session, handlers, lose, back } = await inRoom();
  const before = session.store.get().peers[0]?.media[0]?.track;
  lose();
  socket.alter("joinRoom", (answer) => ({ ...answer, morePeers: 1 }));
  socket.answers["getPeers"] = () => {
    socket.answers["getPeers"] = () => ({ peers: [], morePeers: null });
    return failing("worker-died")();
  };
  await back();
  expect(socket.events()).toEqual(["joinRoom", "getPeers", "joinRoom", "getPeers", "restart-ice", "restart-ice"]);
  expect(session.store.get().peers[0]?.media[0]?.track).toBe(before);
  expect(handlers).toHaveLength(2);
});

test("a stream that is asked for when the receive transport goes is asked for over the next, and once", async () => {
  const { socket, session, until } = await inRoom();
  const connected = payloads(socket, "transport-recv-connect")[0] as { serverConsumerTransportId: string };
  const answer = socket.answers["consume"];
  let letGo: () => void = () => undefined;
  socket.answers["consume"] = async (payload) => {
    if (answer) socket.answers["consume"] = answer;
    await new Promise<void>((resolve) => { letGo = resolve; });
    return answer?.(payload);
  };
  const picture = producerOf("bob");
  socket.tell("new-producer", picture);
  await until(() => { expect(socket.count("consume")).toBe(2); });
  socket.tell("transport-closed", { transportId: connected.serverConsumerTransportId, reason: "consent-expired" });
  await until(() => { expect(socket.count("consumer-resume")).toBe(3); });
  letGo();
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  expect(payloads(socket, "consume").filter((one) => JSON.stringify(one).includes(picture.producerId))).toHaveLength(2);
  expect(session.store.get()).toMatchObject({ problem: null, peers: [{ media: [{ paused: false }, { paused: false }] }] });
});

test("a stream that was not started when the connection was lost is started, if not at once", async () => {
  const { socket, house, lose, back, until } = await inRoom();
  const picture = producerOf("bob");
  const start = socket.answers["consumer-resume"];
  delete socket.answers["consumer-resume"];
  socket.tell("new-producer", picture);
  await until(() => { expect(socket.count("consumer-resume")).toBe(2); });
  lose();
  house.peers[0]?.producers.push(picture);
  socket.answers["consumer-resume"] = () => {
    if (start) socket.answers["consumer-resume"] = start;
    return failing("rate-limited")();
  };
  await back();
  await until(() => { expect(socket.count("consumer-resume")).toBe(2); });
  expect(socket.count("consume")).toBe(0);
});

test("a source that is being sent when the send transport goes is sent over the next, and no fault is told", async () => {
  const { socket, session, until } = await inRoom();
  const { transportId } = payloads(socket, "transport-connect")[0] as { transportId: string };
  const answer = socket.answers["transport-produce"];
  socket.answers["transport-produce"] = () => {
    if (answer) socket.answers["transport-produce"] = answer;
    socket.tell("transport-closed", { transportId, reason: "consent-expired" });
    return new Promise(() => undefined);
  };
  void session.local.turnOn("screen");
  await until(() => { expect(socket.count("transport-produce")).toBe(6); });
  expect(session.store.get().problem).toBeNull();
});

test("a call that ends while a source is being sent tells no fault", async () => {
  const { socket, session, until } = await inRoom();
  const answer = socket.answers["transport-produce"];
  let letGo: () => void = () => undefined;
  socket.answers["transport-produce"] = async (payload) => {
    await new Promise<void>((resolve) => { letGo = resolve; });
    return answer?.(payload);
  };
  const sharing = session.local.turnOn("screen");
  await until(() => { expect(socket.count("transport-produce")).toBe(3); });
  if (answer) socket.answers["transport-produce"] = answer;
  socket.tell("room-closed", { reason: "worker-died" });
  letGo();
  await sharing;
  await until(() => { expect(session.store.get().status).toBe("joined"); });
  expect(session.store.get().problem).toBeNull();
});

test("a server that takes no more connections for a while does not end the call", async () => {
  const { socket, session, lose, until } = await inRoom();
  const before = session.store.get().peers[0]?.media[0]?.track;
  lose();
  vi.useFakeTimers();
  socket.tell("connect_error", new Error("limit-sockets"));
  expect(session.store.get()).toMatchObject({ status: "reconnecting", problem: expect.stringContaining("Too many") as string });
  expect(socket.connected).toBe(false);
  vi.runOnlyPendingTimers();
  vi.useRealTimers();
  expect(socket.connected).toBe(true);
  await until(() => { expect(socket.count("restart-ice")).toBe(2); });
  expect(session.store.get()).toMatchObject({ status: "joined", problem: null, self: { peerId: "ann 1" } });
  expect(session.store.get().peers[0]?.media[0]?.track).toBe(before);
});

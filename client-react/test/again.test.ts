import { expect, test } from "vitest";
import { inRoom } from "./support/room";

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

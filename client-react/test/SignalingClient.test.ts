import { afterEach, expect, test, vi } from "vitest";
import { REQUEST_TIMEOUT_MS } from "../src/protocol/connection";
import { SignalingClient } from "../src/sfu/SignalingClient";
import { FakeSocket } from "./support/FakeSocket";

afterEach(() => { vi.useRealTimers(); });

function connected() {
  const socket = new FakeSocket();
  const signaling = new SignalingClient(socket);
  socket.connect();
  return { socket, signaling };
}

test("an answer resolves the request", async () => {
  const { socket, signaling } = connected();
  socket.answers["producer-close"] = () => ({ closed: true });
  expect(await signaling.request("producer-close", { producerId: "p" })).toEqual({ closed: true });
  expect(socket.sent).toEqual([{ event: "producer-close", payload: { producerId: "p" } }]);
});

test("a refusal rejects with the server's word and sentence", async () => {
  const { socket, signaling } = connected();
  socket.answers["joinRoom"] = () => ({ error: "the room is full", code: "limit-peers" });
  await expect(signaling.request("joinRoom", { roomName: "r" })).rejects.toMatchObject({
    code: "limit-peers",
    message: "the room is full",
  });
});

test("a request without an answer times out", async () => {
  vi.useFakeTimers();
  const { signaling } = connected();
  const request = signaling.request("getProducers");
  const outcome = expect(request).rejects.toMatchObject({ code: "timeout" });
  await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS);
  await outcome;
});

test("losing the socket rejects every waiting request", async () => {
  const { socket, signaling } = connected();
  const requests = [signaling.request("getProducers"), signaling.request("leaveRoom")];
  socket.lose("transport close");
  for (const result of await Promise.allSettled(requests)) {
    expect(result).toMatchObject({ status: "rejected", reason: { code: "disconnected" } });
  }
});

test("without a socket a request fails at once and nothing is sent", async () => {
  const socket = new FakeSocket();
  const request = new SignalingClient(socket).request("getProducers");
  await expect(request).rejects.toMatchObject({ code: "disconnected" });
  expect(socket.sent).toEqual([]);
});

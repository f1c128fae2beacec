import { expect, test } from "vitest";
import { DeviceError } from "../src/sfu/devices";
import { deviceSentence } from "../src/sfu/failures";
import { payloads } from "./support/room";
import { bench, openFake } from "./support/session";
import { producerOf, serve } from "./support/server";

/** A session that has joined and publishes; `sent` has the ids of its producers by source, the newest of each. */
async function joined(...peers: Parameters<typeof serve>[1] & object) {
  const all = bench();
  serve(all.socket, peers);
  const sent: Record<string, string> = {};
  all.socket.alter("transport-produce", (answer, payload) => {
    sent[(payload as { appData: { source: string } }).appData.source] = (answer as { id: string }).id;
    return answer;
  });
  await all.session.join("tea", "Ann");
  await all.until(() => { expect(Object.keys(sent).sort()).toEqual(["camera", "microphone"]); });
  await settled();
  return { ...all, sent };
}

/** What is still on its way has come. */
const settled = () => new Promise((resolve) => { setTimeout(resolve, 20); });

test("joining publishes microphone and camera over one transport", async () => {
  const { socket, session } = await joined();
  expect(session.store.get()).toMatchObject({ status: "joined", room: "tea", self: { displayName: "Ann" }, problem: null });
  expect(socket.sent.filter(({ event }) => event === "createWebRtcTransport")).toEqual([
    { event: "createWebRtcTransport", payload: { consumer: false } },
  ]);
  const produced = socket.sent.filter(({ event }) => event === "transport-produce");
  expect(produced.map(({ payload }) => (payload as { appData: object }).appData)).toEqual(
    expect.arrayContaining([{ source: "microphone" }, { source: "camera" }]),
  );
});

test("the camera is sent as three simulcast layers", async () => {
  const { socket } = await joined();
  const video = socket.sent.find(({ payload }) => (payload as { kind?: string } | undefined)?.kind === "video");
  expect(video?.payload).toMatchObject({
    rtpParameters: {
      encodings: [{ scaleResolutionDownBy: 4 }, { scaleResolutionDownBy: 2 }, { scaleResolutionDownBy: 1 }],
    },
  });
});

test("producers already in the room are consumed and then resumed", async () => {
  const producer = producerOf("bob");
  const { socket, session, until } = await joined({ peerId: "bob", producers: [producer] });
  await until(() => {
    expect(socket.count("consumer-resume")).toBe(1);
  });
  const order = socket.events();
  expect(order.indexOf("consume")).toBeLessThan(order.indexOf("consumer-resume"));
  expect(payloads(socket, "consume")).toMatchObject([{ remoteProducerId: producer.producerId }]);
  const { consumerId } = session.store.get().peers[0]?.media[0] ?? {};
  expect(payloads(socket, "consumer-resume")).toEqual([{ serverConsumerId: consumerId }]);
  expect(session.store.get().peers).toMatchObject([
    { peerId: "bob", displayName: "Name of bob", media: [{ producerId: producer.producerId, source: "microphone" }] },
  ]);
});

test("a producer announced twice is consumed once", async () => {
  const { socket, until } = await joined();
  const producer = producerOf("bob");
  socket.tell("new-producer", producer);
  socket.tell("new-producer", { ...producer });
  await until(() => {
    expect(socket.count("consumer-resume")).toBe(1);
  });
  await settled();
  expect(payloads(socket, "consume")).toMatchObject([{ remoteProducerId: producer.producerId }]);
});

test("a producer that closes while it is being consumed leaves nothing behind", async () => {
  const { socket, session, until } = await joined();
  const producer = producerOf("bob");
  const answer = socket.answers["consume"];
  socket.answers["consume"] = (payload) => {
    socket.tell("producer-closed", { producerId: producer.producerId, peerId: "bob" });
    return answer?.(payload);
  };
  socket.tell("new-peer", { peerId: "bob", displayName: "Bob" });
  socket.tell("new-producer", producer);
  await until(() => {
    expect(socket.count("consume")).toBe(1);
  });
  await settled();
  expect(socket.count("consumer-resume")).toBe(0);
  expect(session.store.get()).toMatchObject({ peers: [{ peerId: "bob", media: [] }], problem: null });
});

test("a peer that leaves is gone with its media", async () => {
  const { socket, session, until } = await joined({ peerId: "bob", producers: [producerOf("bob")] });
  await until(() => {
    expect(session.store.get().peers[0]?.media).toHaveLength(1);
  });
  socket.tell("peer-left", { peerId: "bob" });
  expect(session.store.get().peers).toEqual([]);
});

test("muting pauses the microphone's producer, unmuting resumes it", async () => {
  const { socket, session, sent } = await joined();
  const microphone = session.store.get().local.tracks.microphone;
  await session.local.setMuted(true);
  expect(microphone?.enabled).toBe(false);
  await session.local.setMuted(false);
  expect(microphone).toMatchObject({ enabled: true, readyState: "live" });
  const payload = { producerId: sent["microphone"] };
  expect(socket.sent.slice(-2)).toEqual([{ event: "producer-pause", payload }, { event: "producer-resume", payload }]);
});

test("turning the camera off closes its producer and stops the device", async () => {
  const { socket, session, sent } = await joined();
  const { camera, microphone } = session.store.get().local.tracks;
  const first = sent["camera"];
  await session.local.turnOff("camera");
  expect([camera?.readyState, microphone?.readyState]).toEqual(["ended", "live"]);
  expect(payloads(socket, "producer-close")).toEqual([{ producerId: first }]);
  await session.local.turnOn("camera");
  expect(payloads(socket, "transport-produce").slice(2)).toMatchObject([{ kind: "video", appData: { source: "camera" } }]);
});

test("a denied camera is told in a sentence and the call goes on without it", async () => {
  const denied = new DeviceError(deviceSentence("camera", new DOMException("", "NotAllowedError")));
  const { socket, session, until } = bench((source) => (source === "camera" ? Promise.reject(denied) : openFake(source)));
  serve(socket);
  await session.join("tea", "Ann");
  await until(() => {
    expect(socket.count("transport-produce")).toBe(1);
  });
  expect(session.store.get()).toMatchObject({ status: "joined", problem: expect.stringContaining("camera is blocked") as string });
});

test("a camera the server refuses is told and the call goes on", async () => {
  const { socket, session, until } = bench();
  serve(socket);
  const accept = socket.answers["transport-produce"];
  socket.answers["transport-produce"] = (payload: { kind: string }) =>
    payload.kind === "video" ? { error: "no more producers", code: "limit-producers" } : accept?.(payload as never);
  await session.join("tea", "Ann");
  await until(() => {
    expect(session.store.get()).toMatchObject({ status: "joined", problem: "You are sending as many streams as the server allows." });
  });
  await settled();
  expect(payloads(socket, "transport-produce").map((one) => (one as { kind: string }).kind).sort()).toEqual(["audio", "video"]);
});

test("a full room sends the user back to the lobby with a sentence", async () => {
  const { socket, session, until } = bench();
  socket.answers["joinRoom"] = () => ({ error: "no", code: "limit-peers" });
  await session.join("tea", "Ann");
  await until(() => {
    expect(session.store.get()).toMatchObject({ status: "idle", problem: expect.stringContaining("full") as string });
  });
  expect(socket.connected).toBe(false);
});

test("a server that cannot be reached is told while the client goes on trying", async () => {
  const { socket, session, until } = await joined();
  socket.lose("transport close");
  socket.tell("connect_error", new Error("xhr poll error"));
  expect(session.store.get()).toMatchObject({
    status: "reconnecting",
    problem: expect.stringContaining("cannot be reached") as string,
  });
  socket.connect();
  await until(() => {
    expect(session.store.get()).toMatchObject({ status: "joined", problem: null });
  });
});

test("a server that refuses the socket sends the user back to the lobby with a sentence", async () => {
  const { socket, session } = bench();
  socket.connect = () => { socket.tell("connect_error", new Error("limit-sockets")); };
  await session.join("tea", "Ann");
  expect(session.store.get()).toMatchObject({ status: "idle", problem: expect.stringContaining("Too many") as string });
});

test("when the socket comes back the room is joined and everything published again", async () => {
  const { socket, session, until } = await joined();
  const { camera } = session.store.get().local.tracks;
  socket.lose("transport close");
  expect(session.store.get().status).toBe("reconnecting");
  socket.connect();
  await until(() => {
    expect(socket.count("transport-produce")).toBe(4);
  });
  expect(socket.count("joinRoom")).toBe(2);
  expect(session.store.get()).toMatchObject({ status: "joined", problem: null });
  expect(session.store.get().local.tracks.camera).toBe(camera);
  expect(camera?.readyState).toBe("live");
});

test("a closed room is joined again", async () => {
  const { socket, session, until } = await joined({ peerId: "bob", producers: [producerOf("bob")] });
  const before = session.store.get().self?.peerId;
  socket.tell("room-closed", { reason: "worker-died" });
  expect(session.store.get()).toMatchObject({ status: "reconnecting", problem: expect.stringContaining("closed the room") as string, peers: [] });
  await until(() => {
    expect(socket.count("transport-produce")).toBe(4);
    expect(socket.count("consumer-resume")).toBe(2);
  });
  expect(socket.count("joinRoom")).toBe(2);
  expect(session.store.get()).toMatchObject({ status: "joined", problem: null, peers: [{ peerId: "bob", media: [{}] }] });
  expect(session.store.get().self?.peerId).not.toBe(before);
});

test("a join that fails for a while is tried again", async () => {
  const { socket, session, until } = await joined();
  const answer = socket.answers["joinRoom"];
  socket.answers["joinRoom"] = () => {
    if (answer) socket.answers["joinRoom"] = answer;
    return { error: "the worker is starting", code: "worker-died" };
  };
  socket.tell("room-closed", { reason: "worker-died" });
  await until(() => {
    expect(socket.count("joinRoom")).toBe(3);
    expect(session.store.get()).toMatchObject({ status: "joined", problem: null });
  });
});

test("a camera that opens after the user left is closed again", async () => {
  let allow: (track: MediaStreamTrack) => void = () => undefined;
  const { socket, session } = bench((source) =>
    source === "camera" ? new Promise((resolve) => { allow = resolve; }) : openFake(source),
  );
  serve(socket);
  const joining = session.join("tea", "Ann");
  await session.leave();
  const track = await openFake("camera");
  allow(track);
  await joining;
  expect(track.readyState).toBe("ended");
  expect(session.store.get().local.tracks.camera).toBeNull();
});

test("leaving stops the devices, tells the server and does not come back", async () => {
  const { socket, session } = await joined();
  const { camera, microphone } = session.store.get().local.tracks;
  await session.leave();
  expect([camera?.readyState, microphone?.readyState]).toEqual(["ended", "ended"]);
  expect(socket.events().at(-1)).toBe("leaveRoom");
  expect(socket.connected).toBe(false);
  expect(session.store.get()).toMatchObject({ status: "idle", left: true, peers: [], self: null });
  socket.connect();
  await settled();
  expect(socket.count("joinRoom")).toBe(1);
});

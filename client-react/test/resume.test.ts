import { afterEach, expect, test, vi } from "vitest";
import { peerOf } from "./support/house";
import { inRoom, payloads } from "./support/room";
import { producerOf } from "./support/server";
import type { FakeTrack } from "./support/session";

afterEach(() => { vi.useRealTimers(); });

/** Transports whose path is looked for, none of them twice. */
function restarted(socket: { sent: { event: string; payload: unknown }[] }): Set<string> {
  const ids = payloads(socket, "restart-ice").map((one) => (one as { transportId: string }).transportId);
  expect(ids).toHaveLength(new Set(ids).size);
  return new Set(ids);
}

test("while the connection is away the others stay on the screen", async () => {
  const { session, lose } = await inRoom();
  lose();
  expect(session.store.get()).toMatchObject({ status: "reconnecting", peers: [{ peerId: "bob", media: [{ source: "microphone" }] }] });
  expect(session.store.get().problem).toContain("Reconnecting");
});

test("a peer that lives on keeps everything, and looks for its path anew", async () => {
  const { socket, session, house, lose, back } = await inRoom();
  const before = session.store.get().peers[0]?.media[0]?.track;
  lose();
  await back();
  expect(payloads(socket, "joinRoom")).toEqual([{ roomName: "tea", displayName: "Ann", resumeToken: "token 1" }]);
  expect(socket.events()).toEqual(["joinRoom", "restart-ice", "restart-ice"]);
  expect(restarted(socket)).toEqual(new Set(house.own.transports));
  expect(session.store.get().peers[0]?.media[0]?.track).toBe(before);
  expect(session.store.get()).toMatchObject({ status: "joined", problem: null, self: { peerId: "ann 1" } });
});

test("each join has the token of the one before", async () => {
  const { socket, lose, back } = await inRoom();
  lose();
  await back();
  lose();
  await back();
  expect(payloads(socket, "joinRoom")).toMatchObject([{ resumeToken: "token 2" }]);
});

test("a source whose producer died is produced anew from the same track", async () => {
  const { socket, session, house, lose, back, opened, until } = await inRoom();
  const { microphone } = session.store.get().local.tracks;
  lose();
  house.own.producers.shift();
  await back();
  await until(() => { expect(socket.count("transport-produce")).toBe(1); });
  expect(payloads(socket, "transport-produce")).toMatchObject([{ appData: { source: "microphone" } }]);
  expect(session.store.get().local.tracks.microphone).toBe(microphone);
  expect(opened()).toBe(2);
});

test("a producer of ours that we know nothing of is closed", async () => {
  const { socket, house, lose, back } = await inRoom();
  lose();
  house.own.producers.push("stray");
  await back();
  expect(payloads(socket, "producer-close")).toEqual([{ producerId: "stray" }]);
});

test("what was turned off while the connection was away is closed when it is back", async () => {
  const { socket, session, house, lose, back } = await inRoom();
  const camera = session.store.get().local.tracks.camera as unknown as FakeTrack;
  const [, picture] = house.own.producers;
  lose();
  await session.local.turnOff("camera");
  expect(camera.readyState).toBe("ended");
  expect(session.store.get().problem).toContain("Reconnecting");
  await back();
  expect(payloads(socket, "producer-close")).toEqual([{ producerId: picture }]);
  expect(socket.count("transport-produce")).toBe(0);
});

test("what was turned on while the connection was away is sent when it is back", async () => {
  const { socket, session, lose, back, until } = await inRoom();
  lose();
  await session.local.turnOn("screen");
  await back();
  await until(() => { expect(payloads(socket, "transport-produce")).toMatchObject([{ appData: { source: "screen" } }]); });
});

test("muting while the connection was away is told when it is back", async () => {
  const { socket, session, house, lose, back, until } = await inRoom();
  lose();
  await session.local.setMuted(true);
  const [voice] = house.own.producers;
  await back();
  await until(() => { expect(payloads(socket, "producer-pause")).toEqual([{ producerId: voice }]); });
});

test("who left, and what ended, while the connection was away is gone; who came is there", async () => {
  const { socket, session, house, voice, lose, back, until } = await inRoom();
  lose();
  const picture = producerOf("cem");
  house.peers = [peerOf("cem", picture)];
  await back();
  await until(() => { expect(socket.count("consumer-resume")).toBe(1); });
  expect(payloads(socket, "consume")).toMatchObject([{ remoteProducerId: picture.producerId }]);
  expect(session.store.get().peers).toMatchObject([{ peerId: "cem", media: [{ producerId: picture.producerId }] }]);
  expect(JSON.stringify(session.store.get().peers)).not.toContain(voice.producerId);
});

test("a consumer that died is asked for anew, one that we know nothing of is closed", async () => {
  const { socket, house, voice, lose, back, until } = await inRoom();
  lose();
  house.own.consumers = ["stray"];
  await back();
  await until(() => { expect(socket.count("consumer-resume")).toBe(1); });
  expect(payloads(socket, "consume")).toMatchObject([{ remoteProducerId: voice.producerId }]);
  expect(payloads(socket, "consumer-close")).toEqual([{ serverConsumerId: "stray" }]);
});

test("a stream that was muted while the connection was away is shown muted", async () => {
  const { session, voice, lose, back } = await inRoom();
  lose();
  voice.paused = true;
  await back();
  expect(session.store.get().peers).toMatchObject([{ media: [{ paused: true }] }]);
});

test("transports that died are made anew with all that was on them", async () => {
  const { socket, house, lose, until } = await inRoom();
  lose();
  house.own = { transports: [], producers: [], consumers: [] };
  socket.connect();
  await until(() => {
    expect(socket.count("transport-produce")).toBe(2);
    expect(socket.count("consumer-resume")).toBe(1);
  });
  const made = payloads(socket, "createWebRtcTransport") as { consumer: boolean }[];
  expect(made.map(({ consumer }) => consumer).sort()).toEqual([false, true]);
});

test("after the grace period a new peer enters with the same tracks", async () => {
  const { socket, session, house, lose, until, opened } = await inRoom();
  const { tracks } = session.store.get().local;
  lose();
  house.forget();
  socket.connect();
  await until(() => {
    expect(socket.count("transport-produce")).toBe(2);
    expect(socket.count("consumer-resume")).toBe(1);
  });
  expect(session.store.get()).toMatchObject({ status: "joined", problem: null, self: { peerId: "ann 2" } });
  const now = session.store.get().local.tracks;
  expect(now.camera).toBe(tracks.camera);
  expect(now.microphone).toBe(tracks.microphone);
  expect(opened()).toBe(2);
});

test("what was being asked for when the connection was lost is asked for again", async () => {
  const { socket, house, lose, back, until } = await inRoom();
  const picture = producerOf("bob");
  const answer = socket.answers["consume"];
  delete socket.answers["consume"];
  socket.tell("new-producer", picture);
  await until(() => { expect(socket.count("consume")).toBe(2); });
  lose();
  house.peers[0]?.producers.push(picture);
  house.own.consumers.push("answered too late");
  if (answer) socket.answers["consume"] = answer;
  await back();
  await until(() => { expect(socket.count("consumer-resume")).toBe(1); });
  expect(payloads(socket, "consumer-close")).toEqual([{ serverConsumerId: "answered too late" }]);
});

test("a page that goes away says goodbye and does not come back by itself", async () => {
  const { socket, session } = await inRoom();
  session.suspend();
  expect(socket.events().at(-1)).toBe("leaveRoom");
  expect(socket.connected).toBe(false);
  expect(socket.posted).toEqual([["/goodbye", { roomName: "tea", resumeToken: "token 1" }]]);
  expect(session.store.get().status).toBe("joined");
});

test("a page that goes away while its line is down says goodbye all the same", async () => {
  const { socket, session, lose } = await inRoom();
  lose();
  session.suspend();
  expect(socket.posted).toEqual([["/goodbye", { roomName: "tea", resumeToken: "token 1" }]]);
});

test("a page that comes back enters as a new peer", async () => {
  const { socket, session, until } = await inRoom();
  session.suspend();
  socket.sent.length = 0;
  session.wake();
  await until(() => { expect(socket.count("transport-produce")).toBe(2); });
  expect(payloads(socket, "joinRoom")).toEqual([{ roomName: "tea", displayName: "Ann" }]);
});

test("after a change of the network both paths are looked for anew", async () => {
  const { socket, session, house } = await inRoom();
  socket.answers["getProducers"] = () => ({ producers: [] });
  await session.networkChanged();
  expect(restarted(socket)).toEqual(new Set(house.own.transports));
  expect(socket.connected).toBe(true);
});

test("a socket that is silent after a change of the network is given up", async () => {
  const { socket, session } = await inRoom();
  vi.useFakeTimers();
  const change = session.networkChanged();
  await vi.runOnlyPendingTimersAsync();
  await change;
  expect(socket.connected).toBe(false);
  expect(session.store.get().status).toBe("reconnecting");
});

test("a path that fails is looked for anew", async () => {
  const { socket, handlers, house, until } = await inRoom();
  handlers[0]?.setConnectionState("failed");
  const [transportId] = house.own.transports;
  await until(() => { expect(payloads(socket, "restart-ice")).toEqual([{ transportId }]); });
});

test("a send transport that the server gave up is replaced; nothing else is touched", async () => {
  const { socket, house, until } = await inRoom();
  const { transportId } = payloads(socket, "transport-connect")[0] as { transportId: string };
  expect(house.own.transports).toContain(transportId);
  socket.sent.length = 0;
  socket.tell("transport-closed", { transportId, reason: "consent-expired" });
  await until(() => { expect(socket.count("transport-produce")).toBe(2); });
  expect(payloads(socket, "createWebRtcTransport")).toEqual([{ consumer: false }]);
  const next = house.own.transports.at(-1);
  expect(payloads(socket, "transport-produce")).toMatchObject([{ transportId: next }, { transportId: next }]);
  expect(socket.count("joinRoom") + socket.count("consume")).toBe(0);
});

test("a receive transport that the server gave up is replaced; nothing else is touched", async () => {
  const { socket, house, voice, until } = await inRoom();
  const { serverConsumerTransportId: transportId } = payloads(socket, "transport-recv-connect")[0] as { serverConsumerTransportId: string };
  socket.sent.length = 0;
  socket.tell("transport-closed", { transportId, reason: "consent-expired" });
  await until(() => { expect(socket.count("consumer-resume")).toBe(1); });
  expect(payloads(socket, "createWebRtcTransport")).toEqual([{ consumer: true }]);
  expect(payloads(socket, "consume")).toMatchObject([
    { remoteProducerId: voice.producerId, serverConsumerTransportId: house.own.transports.at(-1) },
  ]);
  expect(socket.count("joinRoom") + socket.count("transport-produce")).toBe(0);
});

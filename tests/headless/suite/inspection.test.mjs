// The inspection API as an operator uses it: what is there, what changes, and what is done about it.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { consume, enter, produce, video } from "../support/media.mjs";
import { conforms } from "../support/page.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const native = (server) => connect(server, { query: { dialect: "native" } });
const api = (server, path) => fetch(`${server.url}/api/v1/${path}`);
const show = async (server, path) => (await api(server, path)).json();
const act = async (server, method, path, body) => {
  const response = await fetch(`${server.url}/api/v1/${path}`, { method, body: body && JSON.stringify(body) });
  return response.status;
};

/** A room with one who sends and one who receives. */
async function call(server, room) {
  const [sender, receiver] = [await connect(server), await connect(server)];
  await enter(sender, room);
  const { id: producer } = await produce(sender);
  const { rtpCapabilities } = await enter(receiver, room);
  const consumer = await consume(receiver, rtpCapabilities, producer);
  return { sender, receiver, producer, consumer };
}

/** What a stream of server-sent events has told. */
async function follow(server, query = "") {
  const stop = new AbortController();
  const response = await fetch(`${server.url}/api/v1/events${query}`, { signal: stop.signal });
  const heard = [];
  const reading = (async () => {
    let rest = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const [, name, data] = block.match(/^event: (.*)\ndata: (.*)$/) ?? [];
        if (name) heard.push({ name, ...JSON.parse(data) });
      }
    }
  })().catch(() => undefined);
  const close = async () => {
    stop.abort();
    await reading;
  };
  return { heard, close };
}

describe("inspection", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("shows a call from every side, each thing once alone and in its lists", async () => {
    const { sender, receiver, producer, consumer } = await call(server, "seen");
    await until("numbers", async () => (await show(server, `consumers/${consumer.id}`)).stats);
    const room = await show(server, "rooms/seen");
    assert.deepEqual([room.peerCount, room.transportCount, room.producerCount, room.consumerCount], [2, 3, 1, 1]);
    assert.deepEqual(room.peers.map(({ id }) => id), [sender.id, receiver.id]);
    const shown = await show(server, `producers/${producer}`);
    assert.deepEqual([shown.roomId, shown.peerId, shown.codec, shown.type, shown.consumerCount], ["seen", sender.id, "VP8", "simple", 1]);
    assert.equal(shown.rtpParameters.codecs[0].mimeType, "video/VP8");
    const { rtpParameters, stats, ...listed } = await show(server, `consumers/${consumer.id}`);
    assert.deepEqual(rtpParameters, consumer.rtpParameters, "as its client was told");
    assert.deepEqual([listed.producerId, listed.producerPeerId], [producer, sender.id]);
    assert.deepEqual([stats.packets, stats.keyFrameRequests], [0, 0]);
    const peer = await show(server, `peers/${receiver.id}?room=seen`);
    assert.deepEqual(peer.consumers.map(({ id }) => id), [consumer.id]);
    assert.equal(peer.transports.find(({ id }) => id === consumer.transportId).iceState, "new");
    const { consumers, total } = await show(server, `consumers?room=seen&producer=${producer}&kind=video`);
    assert.deepEqual([consumers.map(({ id }) => id), total], [[consumer.id], 1]);
    const { workers } = await show(server, "workers");
    assert.equal(workers.reduce((sum, one) => sum + one.consumers, 0), 1);
  });

  it("cuts lists into pages, and refuses what it does not understand", async () => {
    for (const room of ["p1", "p2", "p3"]) await enter(await connect(server), room);
    const { rooms, total, offset, limit } = await show(server, "rooms?search=p&offset=1&limit=1");
    assert.deepEqual([rooms.map(({ id }) => id), total, offset, limit], [["p2"], 3, 1, 1]);
    for (const wrong of ["rooms?limit=0", "rooms?limit=1001", "rooms?sort=id", "peers?connected=maybe", "producers?kind=smell", "transports/seven"]) {
      const response = await api(server, wrong);
      assert.deepEqual([wrong, response.status, response.headers.get("content-type")], [wrong, 400, "application/problem+json"]);
    }
    for (const missing of ["rooms/none", "peers/none", `producers/${crypto.randomUUID()}`, "workers/99"]) {
      assert.equal((await api(server, missing)).status, 404, missing);
    }
  });

  it("tells what changes, in order, and of one room alone where asked", async () => {
    const [all, other] = [await follow(server), await follow(server, "?room=elsewhere")];
    const { sender, receiver, producer, consumer } = await call(server, "told");
    receiver.close();
    sender.close();
    // Rooms of the tests before may end meanwhile, too.
    const told = () => all.heard.filter(({ roomId }) => roomId === "told");
    await until("the room has ended", () => told().some(({ name }) => name === "room-closed"));
    const names = told().map(({ name }) => name);
    assert.deepEqual(names.slice(0, 4), ["room-created", "peer-joined", "transport-created", "producer-created"]);
    assert.equal(names.at(-1), "room-closed");
    const of = (name) => told().find((one) => one.name === name);
    assert.deepEqual(of("producer-created"), { name: "producer-created", type: "producer-created", roomId: "told", peerId: sender.id, id: producer, kind: "video" });
    assert.deepEqual([of("consumer-created").id, of("consumer-created").producerId], [consumer.id, producer]);
    assert.deepEqual(new Set(told().filter(({ name }) => name === "peer-left").map(({ peerId }) => peerId)), new Set([sender.id, receiver.id]));
    assert.deepEqual(other.heard, []);
    await Promise.all([all.close(), other.close()]);
  });

  it("ends a producer, a peer's stay and a room, and those concerned are told", async () => {
    const { sender, receiver, producer } = await call(server, "ended");
    const watching = await native(server);
    await watching.get("joinRoom", { roomName: "ended" });
    assert.equal(await act(server, "DELETE", `producers/${producer}`), 204);
    await receiver.hears("producer-closed");
    assert.equal((await watching.hears("producer-closed"))[0].producerId, producer);
    assert.equal(await act(server, "DELETE", `producers/${producer}`), 404);
    // Its dialect has no word for that.
    assert.deepEqual(sender.heard("producer-closed"), []);

    assert.equal(await act(server, "DELETE", `rooms/ended/peers/${watching.id}`), 204);
    const [kicked] = await watching.hears("room-closed");
    assert.deepEqual(kicked, { reason: "kicked" });
    conforms("notifications", "room-closed", kicked);
    assert.equal((await watching.ask("getProducers")).code, "not-joined");
    assert.equal(await act(server, "DELETE", `rooms/ended/peers/${watching.id}`), 404);

    const late = await native(server);
    await late.get("joinRoom", { roomName: "ended" });
    assert.equal(await act(server, "DELETE", "rooms/ended"), 204);
    assert.deepEqual(await late.hears("room-closed"), [{ reason: "room-closed" }]);
    assert.equal((await api(server, "rooms/ended")).status, 404);
    assert.equal((await sender.ask("getProducers")).code, "not-joined");
  });

  it("tells a native client that its own producer was ended", async () => {
    const [ann, bob] = [await native(server), await native(server)];
    await ann.get("joinRoom", { roomName: "own" });
    await bob.get("joinRoom", { roomName: "own" });
    const { params } = await ann.get("createWebRtcTransport", { consumer: false });
    const { id } = await ann.get("transport-produce", { transportId: params.id, kind: "video", rtpParameters: video(), appData: {} });
    await bob.hears("new-producer");
    assert.equal(await act(server, "DELETE", `producers/${id}`), 204);
    for (const client of [ann, bob]) {
      const [closed] = await client.hears("producer-closed");
      assert.deepEqual(closed, { remoteProducerId: id, producerId: id, peerId: ann.id, reason: "closed-by-operator" });
      conforms("notifications", "producer-closed", closed);
    }
    assert.equal((await ann.ask("producer-close", { producerId: id })).code, "not-found");
    // It may send again.
    await ann.get("transport-produce", { transportId: params.id, kind: "video", rtpParameters: video(), appData: {} });
  });

  it("gives notice to native clients, everywhere or in a room", async () => {
    const [here, there, old] = [await native(server), await native(server), await connect(server)];
    await here.get("joinRoom", { roomName: "here" });
    await there.get("joinRoom", { roomName: "there" });
    await enter(old, "here");
    assert.equal(await act(server, "POST", "rooms/here/notice", { message: "only here" }), 202);
    assert.equal(await act(server, "POST", "notice", { message: "everywhere" }), 202);
    assert.deepEqual(await here.hears("notice", 2), [{ message: "only here" }, { message: "everywhere" }]);
    assert.deepEqual(await there.hears("notice"), [{ message: "everywhere" }]);
    conforms("notifications", "notice", { message: "everywhere" });
    await old.flush();
    assert.deepEqual(old.heard("notice"), []);
    for (const wrong of [{}, { message: "" }, { message: "x".repeat(1001) }, { message: "x", more: 1 }, ["x"]]) {
      assert.equal(await act(server, "POST", "notice", wrong), 400, JSON.stringify(wrong));
    }
    assert.equal(await act(server, "POST", "rooms/nowhere/notice", { message: "x" }), 404);
  });

  it("does nothing for pages of other origins", async () => {
    await enter(await connect(server), "safe");
    const headers = { origin: "https://elsewhere.test" };
    for (const [method, path] of [["DELETE", "rooms/safe"], ["POST", "drain"], ["GET", "broadcasts"]]) {
      assert.equal((await fetch(`${server.url}/api/v1/${path}`, { method, headers })).status, 403, path);
    }
    assert.equal((await api(server, "rooms/safe")).status, 200);
  });
});

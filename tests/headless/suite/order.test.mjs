// Events out of order and events twice: an answer each, and the right order still works afterwards.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect, NAMESPACES, VERSIONS } from "../support/client.mjs";
import { audio, consume, dtls, enter, produce, video } from "../support/media.mjs";
import { paced } from "../support/pace.mjs";
import { startServer } from "../support/server.mjs";

const caps = { codecs: [], headerExtensions: [] };
const STEPS = {
  createWebRtcTransport: [{ consumer: false }],
  "transport-connect": [{ dtlsParameters: dtls() }],
  "transport-produce": [{ kind: "audio", rtpParameters: audio(), appData: {} }],
  getProducers: [],
  "transport-recv-connect": [{ dtlsParameters: dtls() }],
  consume: [{ rtpCapabilities: caps, remoteProducerId: crypto.randomUUID(), serverConsumerTransportId: crypto.randomUUID() }],
  "consumer-resume": [],
};

describe("events out of order", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  for (const version of VERSIONS) {
    for (const namespace of NAMESPACES) {
      it(`refuses every pair before a join, then works, client ${version} on ${namespace}`, async () => {
        const client = await connect(server, { version, namespace });
        const names = Object.keys(STEPS);
        const pairs = names.flatMap((first) => names.map((second) => [first, second]));
        await paced(pairs.flat(), async (name) => {
          assert.equal((await client.ask(name, ...STEPS[name])).code, "not-joined", name);
        });
        await enter(client, "order");
        assert.equal((await produce(client)).producersExist, false);
      });
    }
  }

  it("refuses what has no transport yet", async () => {
    const client = await connect(server);
    const { rtpCapabilities } = await client.get("joinRoom", { roomName: "order" });
    for (const name of ["transport-connect", "transport-produce", "transport-recv-connect", "consume"]) {
      assert.equal((await client.ask(name, ...STEPS[name])).code, "not-found", name);
    }
    assert.deepEqual(await client.ask("consumer-resume"), { resumed: true });
    assert.deepEqual(await client.ask("getProducers"), []);
    // A receive transport is no send transport, however early it was made.
    await client.get("createWebRtcTransport", { consumer: true });
    assert.equal((await client.ask("transport-produce", ...STEPS["transport-produce"])).code, "not-found");
    await client.get("createWebRtcTransport", { consumer: false });
    await produce(client);
    assert.ok(rtpCapabilities);
  });

  it("handles one socket's events in order, however fast they come", async () => {
    const client = await connect(server);
    const answers = [
      client.ask("joinRoom", { roomName: "fast" }),
      client.ask("createWebRtcTransport", { consumer: false }),
      client.ask("transport-connect", { dtlsParameters: dtls() }),
      client.ask("transport-produce", { kind: "audio", rtpParameters: audio() }),
      client.ask("transport-produce", { kind: "video", rtpParameters: video() }),
      client.ask("getProducers"),
    ];
    const order = [];
    await Promise.all(answers.map((answer, index) => answer.then(() => order.push(index))));
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
    for (const answer of await Promise.all(answers)) assert.equal(answer?.error, undefined);
  });

  it("connects a transport once", async () => {
    const client = await connect(server);
    await client.get("joinRoom", { roomName: "twice" });
    await client.get("createWebRtcTransport", { consumer: false });
    assert.equal(await client.ask("transport-connect", { dtlsParameters: dtls() }), false);
    assert.equal((await client.ask("transport-connect", { dtlsParameters: dtls() })).code, "already-connected");
    assert.equal((await client.ask("transport-connect", { dtlsParameters: dtls("server") })).code, "already-connected");
  });

  it("joins a room once, answers the same again, and refuses another room", async () => {
    const client = await connect(server);
    const first = await client.get("joinRoom", { roomName: "one" });
    assert.deepEqual(await client.get("joinRoom", { roomName: "one" }), first);
    assert.equal((await client.ask("joinRoom", { roomName: "two" })).code, "already-joined");
    assert.equal((await client.ask("createRoom")).code, "already-joined");
    assert.deepEqual((await server.rooms()).map((room) => [room.id, room.peers.length]), [["one", 1]]);
  });

  it("takes the same stream once and the same consume as often as asked", async () => {
    const [alice, bob] = [await connect(server), await connect(server)];
    const { rtpCapabilities } = await enter(bob, "dup");
    await enter(alice, "dup");
    const rtpParameters = video();
    const { id } = await alice.get("transport-produce", { kind: "video", rtpParameters });
    const again = await alice.ask("transport-produce", { kind: "video", rtpParameters });
    assert.equal(again.code, "invalid-rtp-parameters");
    const [first, second] = [await consume(bob, rtpCapabilities, id), await consume(bob, rtpCapabilities, id)];
    assert.notEqual(first.id, second.id);
    for (let n = 0; n < 5; n++) {
      assert.deepEqual(await bob.ask("consumer-resume", { serverConsumerId: first.id }), { resumed: true });
    }
    alice.close();
    await bob.hears("producer-closed");
    await bob.flush();
    assert.equal(bob.heard("producer-closed").length, 1);
  });

  it("closes and leaves once, and lets come back (native)", async () => {
    const client = await connect(server, { query: { dialect: "native" } });
    await client.get("joinRoom", { roomName: "back" });
    const { params } = await client.get("createWebRtcTransport", { consumer: false });
    const { id } = await client.get("transport-produce", { transportId: params.id, kind: "audio", rtpParameters: audio() });
    assert.deepEqual(await client.ask("producer-close", { producerId: id }), { closed: true });
    assert.equal((await client.ask("producer-close", { producerId: id })).code, "not-found");
    assert.deepEqual(await client.ask("leaveRoom"), { left: true });
    assert.deepEqual(await client.ask("leaveRoom"), { left: true });
    assert.equal((await client.ask("getProducers")).code, "not-joined");
    await client.get("joinRoom", { roomName: "elsewhere" });
    assert.deepEqual((await server.rooms()).map((room) => room.id), ["elsewhere"]);
  });

  it("gives one connection one place in a room, whatever its namespaces", async () => {
    const { Manager } = await import("socket.io-client");
    const manager = new Manager(server.url, { transports: ["websocket"], reconnection: false });
    const ask = (socket, event, payload) => new Promise((resolve) => socket.emit(event, payload, resolve));
    const [root, named] = [manager.socket("/"), manager.socket("/mediasoup")];
    assert.equal((await ask(root, "joinRoom", { roomName: "same" })).code, undefined);
    assert.equal((await ask(named, "joinRoom", { roomName: "same" })).code, "already-joined");
    named.disconnect();
    assert.deepEqual(await ask(root, "getProducers"), []);
    root.disconnect();
    await server.empty();
  });
});

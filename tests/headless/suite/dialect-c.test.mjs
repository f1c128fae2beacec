// Dialect C, the tutorials with rooms, as client versions 4 and 2 speak it on both namespaces.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect, NAMESPACES, VERSIONS } from "../support/client.mjs";
import { consume, enter, produce } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";

describe("dialect C", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  for (const version of VERSIONS) {
    for (const namespace of NAMESPACES) {
      it(`carries a call of two, client ${version} on ${namespace}`, async () => {
        const [alice, bob] = await Promise.all([1, 2].map(() => connect(server, { version, namespace })));
        const room = `c-${version}-${namespace}`;
        const atAlice = await enter(alice, room);
        const atBob = await enter(bob, room);

        const first = await produce(alice, "audio");
        assert.equal(first.producersExist, false);
        assert.deepEqual((await bob.hears("new-producer")).map((p) => p.producerId), [first.id]);
        assert.deepEqual(await bob.get("getProducers"), [first.id]);

        const second = await produce(bob, "video");
        assert.equal(second.producersExist, true);
        const [announced] = await alice.hears("new-producer");
        assert.deepEqual(
          [announced.producerId, announced.socketId, announced.kind],
          [second.id, announced.peerId, "video"],
        );

        const atBobs = await consume(bob, atBob.rtpCapabilities, first.id);
        assert.deepEqual([atBobs.producerId, atBobs.kind, atBobs.id], [first.id, "audio", atBobs.serverConsumerId]);
        const atAlices = await consume(alice, atAlice.rtpCapabilities, second.id);
        assert.equal(atAlices.rtpParameters.encodings.length, 1);
        assert.equal(atAlices.rtpParameters.mid, "0");

        await Promise.all([alice.flush(), bob.flush()]);
        const [view] = (await server.rooms()).filter((one) => one.id === room);
        assert.equal(view.peers.length, 2);
        assert.ok(view.peers.every((peer) => peer.consumers.length === 1 && !peer.consumers[0].paused), JSON.stringify(view));
        assert.ok(view.peers.every((peer) => peer.transports.length === 2 && peer.producers.length === 1));
        assert.equal(typeof view.worker, "number");

        alice.close();
        await bob.hears("producer-closed");
        bob.close();
        await server.empty();
        assert.deepEqual(bob.heard("producer-closed").map((p) => p.remoteProducerId), [first.id]);
        assert.deepEqual(bob.heard("new-producer").length, 1);
      });
    }
  }

  it("offers nothing but what old clients survive", async () => {
    const client = await connect(server);
    const { rtpCapabilities } = await client.get("joinRoom", { roomName: "caps" });
    const receivable = rtpCapabilities.headerExtensions.filter((e) => e.direction !== "sendonly" && e.direction !== "inactive");
    const allowed = /abs-send-time|rtp-stream-id|repaired-rtp-stream-id/;
    assert.deepEqual(receivable.filter((extension) => !allowed.test(extension.uri)), []);
    client.close();
  });

  it("tells of producers only once the peer can consume, each once, and none that ended", async () => {
    const [early, late] = [await connect(server), await connect(server)];
    await early.get("joinRoom", { roomName: "gate" });
    await enter(late, "gate");
    const kept = await produce(late, "audio");
    const ended = await connect(server);
    await enter(ended, "gate");
    await produce(ended, "video");
    ended.close();
    await late.hears("producer-closed");
    assert.deepEqual(early.heard("new-producer"), []);

    await early.get("createWebRtcTransport", { consumer: true });
    await early.get("getProducers").then((ids) => assert.deepEqual(ids, [kept.id]));
    const more = await produce(late, "video");
    await early.hears("new-producer");
    await early.get("createWebRtcTransport", { consumer: false });
    await early.get("getProducers");
    assert.deepEqual(early.heard("new-producer").map((p) => p.producerId), [more.id]);
    assert.deepEqual(early.heard("producer-closed"), []);
    for (const one of [early, late]) one.close();
    await server.empty();
  });

  it("tells what was produced meanwhile when the send transport is made", async () => {
    const [early, late] = [await connect(server), await connect(server)];
    await early.get("joinRoom", { roomName: "gate2" });
    await enter(late, "gate2");
    const meanwhile = await produce(late, "audio");
    await early.get("createWebRtcTransport", { consumer: false });
    assert.deepEqual((await early.hears("new-producer")).map((p) => p.producerId), [meanwhile.id]);
    for (const one of [early, late]) one.close();
    await server.empty();
  });

  it("serves a room of ten, one receive transport per producer", async () => {
    const peers = await Promise.all(Array.from({ length: 10 }, () => connect(server)));
    const caps = [];
    for (const peer of peers) {
      const { rtpCapabilities } = await enter(peer, "ten");
      caps.push(rtpCapabilities);
      await produce(peer, "audio");
      await produce(peer, "video");
    }
    await Promise.all(peers.map(async (peer, index) => {
      const ids = await peer.get("getProducers");
      assert.equal(ids.length, 18);
      for (const id of ids) await consume(peer, caps[index], id);
    }));
    const state = await server.state();
    assert.deepEqual([state.transports, state.producers, state.consumers], [190, 20, 180]);
    assert.deepEqual([state.engine.transports, state.engine.producers], [190, 20]);
    peers[0].close();
    await Promise.all(peers.slice(1).map((peer) => peer.hears("producer-closed", 2)));
    for (const peer of peers.slice(1)) peer.close();
    await server.empty();
    for (const peer of peers.slice(1, 2)) assert.equal(peer.heard("producer-closed").length, 2);
  });

  it("connects over polling and upgrades", async () => {
    const client = await connect(server, { transports: ["polling", "websocket"] });
    await enter(client, "polling");
    await produce(client);
    const polled = await connect(server, { transports: ["polling"] });
    await enter(polled, "polling");
    assert.equal((await polled.get("getProducers")).length, 1);
    for (const one of [client, polled]) one.close();
    await server.empty();
  });
});

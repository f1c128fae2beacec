// The native dialect: every event of protocol.md once, with what others are told.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { audio, dtls, video } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";

const native = (server) => connect(server, { query: { dialect: "native" } });

describe("native dialect", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("carries a call from join to leave", async () => {
    const [alice, bob] = [await native(server), await native(server)];
    assert.equal(alice.heard("connection-success")[0].dialect, "native");
    const joined = await alice.get("joinRoom", { roomName: "n", displayName: "Alice" });
    assert.deepEqual([joined.peerId, joined.roomName, joined.peers], [alice.id, "n", []]);
    const again = await bob.get("joinRoom", { roomName: "n", displayName: "Bob" });
    assert.deepEqual(again.peers, [{ peerId: alice.id, displayName: "Alice", producers: [] }]);
    assert.deepEqual(await alice.hears("new-peer"), [{ peerId: bob.id, displayName: "Bob" }]);

    const { params: send } = await alice.get("createWebRtcTransport", { consumer: false });
    assert.deepEqual(await alice.get("transport-connect", { transportId: send.id, dtlsParameters: dtls() }), { connected: true });
    const produced = await alice.get("transport-produce", {
      transportId: send.id, kind: "video", rtpParameters: video(), appData: { source: "camera" },
    });
    assert.deepEqual(await bob.hears("new-producer"), [
      { producerId: produced.id, peerId: alice.id, kind: "video", appData: { source: "camera" }, paused: false },
    ]);

    const { params: receive } = await bob.get("createWebRtcTransport", { consumer: true });
    const serverConsumerTransportId = receive.id;
    const consumed = await bob.get("consume", {
      rtpCapabilities: again.rtpCapabilities, remoteProducerId: produced.id, serverConsumerTransportId,
    });
    const { id, serverConsumerId, peerId, appData, type, producerPaused } = consumed.params;
    assert.deepEqual([id, peerId, appData, type, producerPaused], [serverConsumerId, alice.id, { source: "camera" }, "simple", false]);
    assert.deepEqual(await bob.get("transport-recv-connect", { serverConsumerTransportId, dtlsParameters: dtls() }), { connected: true });
    assert.deepEqual(await bob.get("consumer-resume", { serverConsumerId }), { resumed: true });
    assert.deepEqual(await bob.get("consumer-pause", { serverConsumerId }), { paused: true });
    assert.deepEqual(await bob.get("consumer-set-preferred-layers", { serverConsumerId, spatialLayer: 0 }), {});
    assert.deepEqual(await bob.get("consumer-request-key-frame", { serverConsumerId }), {});
    assert.ok((await bob.get("restart-ice", { transportId: receive.id })).iceParameters.usernameFragment);
    assert.equal((await bob.get("get-stats", { transportId: receive.id })).stats.dtlsState !== undefined, true);

    assert.deepEqual(await alice.get("producer-pause", { producerId: produced.id }), { paused: true });
    assert.deepEqual(await alice.get("producer-resume", { producerId: produced.id }), { resumed: true });
    assert.deepEqual(await bob.hears("producer-paused"), [{ producerId: produced.id, peerId: alice.id }]);
    await bob.hears("producer-resumed");
    assert.equal((await bob.get("getProducers")).producers[0].producerId, produced.id);

    assert.deepEqual(await alice.get("producer-close", { producerId: produced.id }), { closed: true });
    const [closed] = await bob.hears("producer-closed");
    assert.deepEqual(closed, {
      remoteProducerId: produced.id, producerId: produced.id, peerId: alice.id, consumerId: id, reason: "producer-closed",
    });
    assert.equal((await bob.ask("consumer-close", { serverConsumerId })).code, "not-found");
    assert.deepEqual(await alice.get("leaveRoom"), { left: true });
    assert.deepEqual(await bob.hears("peer-left"), [{ peerId: alice.id }]);
    for (const one of [alice, bob]) one.close();
    await server.empty();
    assert.equal(bob.heard("producer-closed").length, 1);
  });

  it("lists producers to who joins later and does not announce them again", async () => {
    const [alice, bob] = [await native(server), await native(server)];
    await alice.get("joinRoom", { roomName: "n" });
    const { params } = await alice.get("createWebRtcTransport", { consumer: false });
    const sound = await alice.get("transport-produce", { transportId: params.id, kind: "audio", rtpParameters: audio(), paused: true });
    const joined = await bob.get("joinRoom", { roomName: "n" });
    assert.deepEqual(joined.peers[0].producers.map((p) => [p.producerId, p.paused]), [[sound.id, true]]);
    alice.close();
    const [closed] = await bob.hears("producer-closed");
    assert.deepEqual([closed.producerId, closed.reason, closed.consumerId], [sound.id, "peer-left", undefined]);
    assert.deepEqual(bob.heard("new-producer"), []);
    bob.close();
    await server.empty();
  });

  it("offers every header extension", async () => {
    const client = await native(server);
    const { rtpCapabilities } = await client.get("joinRoom", { roomName: "caps" });
    const mid = rtpCapabilities.headerExtensions.find((extension) => extension.uri.endsWith("sdes:mid"));
    assert.equal(mid.direction, "sendrecv");
    client.close();
  });
});

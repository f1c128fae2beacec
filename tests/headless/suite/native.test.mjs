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

  it("lists a large room answer by answer, those who send first", async () => {
    const roomName = "large";
    const silent = await Promise.all(Array.from({ length: 55 }, () => native(server)));
    for (const peer of silent) await peer.get("joinRoom", { roomName });
    const senders = [await native(server), await native(server)];
    const made = [];
    for (const peer of senders) {
      await peer.get("joinRoom", { roomName });
      const { params } = await peer.get("createWebRtcTransport", { consumer: false });
      made.push((await peer.get("transport-produce", { transportId: params.id, kind: "audio", rtpParameters: audio() })).id);
    }

    const late = await native(server);
    const joined = await late.get("joinRoom", { roomName });
    assert.equal(joined.peers.length, 12);
    assert.deepEqual(joined.peers.slice(0, 2).map((peer) => [peer.peerId, peer.producers[0].producerId]),
      senders.map((peer, i) => [peer.id, made[i]]));

    // What happens meanwhile is told as it happens: nobody is missed, nothing is told twice.
    const [leaver, talker] = silent.slice(-2);
    leaver.close();
    const { params } = await talker.get("createWebRtcTransport", { consumer: false });
    const { id } = await talker.get("transport-produce", { transportId: params.id, kind: "audio", rtpParameters: audio() });
    assert.deepEqual((await late.hears("new-producer")).map((one) => one.producerId), [id]);
    await late.hears("peer-left");
    const newcomer = await native(server);
    await newcomer.get("joinRoom", { roomName });
    await late.hears("new-peer");

    const listed = [...joined.peers];
    let after = joined.morePeers;
    for (let answers = 0; after !== null && answers < 6; answers++) {
      const page = await late.get("getPeers", { after });
      assert.ok(page.peers.length <= 12);
      listed.push(...page.peers);
      after = page.morePeers;
    }
    assert.deepEqual(
      listed.map((peer) => peer.peerId).sort(),
      [...silent.slice(0, -2), talker, ...senders].map((peer) => peer.id).sort(),
    );
    assert.deepEqual(listed.find((peer) => peer.peerId === talker.id).producers, []);
    assert.equal((await late.ask("getPeers", {})).code, "bad-request");

    talker.close();
    assert.deepEqual((await late.hears("producer-closed")).map((one) => one.producerId), [id]);
    for (const peer of [...silent, ...senders, late, newcomer]) peer.close();
    await server.empty();
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
    // Both ways, which is what its absence means to mediasoup-client.
    assert.equal(mid.direction, undefined);
    client.close();
  });
});

describe("a server with a TURN server", () => {
  let server;
  const turn = ["--ice-server", "turn:turn.example.org,user,pass,word", "--ice-server", "stun:stun.example.org"];
  before(async () => (server = await startServer({ flags: turn })));
  afterEach(closeAll);
  after(() => server.stop());

  it("names both to browsers that speak the native dialect, and to nobody else", async () => {
    const ann = await native(server);
    await ann.get("joinRoom", { roomName: "t" });
    const { params } = await ann.get("createWebRtcTransport", { consumer: false });
    assert.deepEqual(params.iceServers, [
      { urls: "turn:turn.example.org", username: "user", credential: "pass,word" }, { urls: "stun:stun.example.org" },
    ]);
    const other = await connect(server);
    await other.get("joinRoom", { roomName: "t" });
    const answer = await other.get("createWebRtcTransport", { consumer: false });
    assert.deepEqual([answer.params.iceServers, answer.iceServers], [undefined, undefined]);
  });
});

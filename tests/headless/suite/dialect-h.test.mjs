// Dialect H: no answer is ever null, `getProducers` is answered by an event, transports are told apart by their order.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { dtls, RTP } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { WORDS } from "../support/words.mjs";

describe("dialect H", () => {
  const words = WORDS.h;
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("answers as its socket.request needs it", async () => {
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    assert.equal(await alice.ask("createRoom", { room_id: "h" }), "h");
    const joined = await alice.ask("join", { name: "ann", room_id: "h" });
    assert.equal(await bob.ask("createRoom", { room_id: "h" }), "already exists");
    assert.equal(joined.id, "h");
    assert.equal(typeof joined.peers, "string");
    assert.ok(JSON.parse(joined.peers));
    await bob.ask("join", { name: "bob", room_id: "h" });
    assert.ok((await alice.ask("getRouterRtpCapabilities", {})).codecs);
    await words.send(alice);
    const again = await alice.ask("createWebRtcTransport", { forceTcp: false });
    assert.ok(again.id && again.iceParameters, "bare options");
    assert.equal(await alice.ask("connectTransport", { dtlsParameters: dtls(), transport_id: alice.receiving.id }), "success");
    const { producer_id } = await alice.ask("produce", { producerTransportId: alice.sending.id, kind: "audio", rtpParameters: RTP.audio() });
    assert.equal(typeof producer_id, "string");
    const { peers } = await alice.ask("getMyRoomInfo", {});
    assert.deepEqual(JSON.parse(peers), [[bob.socket.id, { id: bob.socket.id, name: "bob" }]]);
    assert.equal(await alice.ask("exitRoom", {}), "successfully exited room");
  });

  it("lists producers by an event, to who asks and to who is there", async () => {
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) one.caps = await words.enter(one, "h2");
    for (const one of [alice, bob]) await words.send(one);
    bob.say("getProducers");
    assert.deepEqual(await bob.hears("newProducers"), [[]]);
    const first = await words.produce(alice, "audio");
    const flat = (one) => one.heard("newProducers").flat();
    await bob.hears("newProducers", 2);
    assert.deepEqual(flat(bob).map((one) => [one.producer_id, one.producer_socket_id]), [[first, alice.socket.id]]);
    const late = await connect(server, words.connect);
    late.caps = await words.enter(late, "h2");
    await words.send(late);
    const before = late.heard("newProducers").length;
    late.say("getProducers");
    await late.hears("newProducers", before + 1);
    assert.deepEqual(late.heard("newProducers").at(-1).map(({ producer_id }) => producer_id), [first]);
    const consumer = await words.consume(late, late.caps, { producerId: first });
    assert.ok(consumer.id && consumer.rtpParameters, "bare consumer");
    alice.say("producerClosed", { producer_id: first });
    assert.deepEqual(await late.hears("consumerClosed"), [{ consumer_id: consumer.id }]);
    await bob.flush();
    assert.deepEqual(bob.heard("consumerClosed"), [], "who consumes nothing is told nothing");
  });

  it("pauses and resumes what it sends and receives, and restarts ICE", async () => {
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) one.caps = await words.enter(one, "h4");
    for (const one of [alice, bob]) await words.send(one);
    const producer_id = await words.produce(alice, "video");
    const peer = async (one) => (await server.rooms()).find(({ id }) => id === "h4").peers.find(({ id }) => id === one.socket.id);
    const sends = async () => (await peer(alice)).producers.map(({ paused }) => paused);
    assert.deepEqual(await alice.ask("pauseProducer", { producer_id }), { paused: true });
    assert.deepEqual(await sends(), [true]);
    assert.deepEqual(await alice.ask("resumeProducer", { producer_id }), { resumed: true });
    assert.deepEqual(await sends(), [false]);

    const { id: consumer_id } = await words.consume(bob, bob.caps, { producerId: producer_id });
    for (const event of ["resume", "resumeConsumer"]) {
      assert.deepEqual(await bob.ask(event, { consumer_id }), { resumed: true }, event);
      assert.equal((await bob.ask(event, { consumer_id: crypto.randomUUID() })).code, "not-found", event);
    }
    assert.deepEqual((await peer(bob)).consumers.map(({ paused }) => paused), [false]);
    const { iceParameters } = await alice.ask("restartIce", { transport_id: alice.sending.id });
    assert.notEqual(iceParameters.usernameFragment, alice.sending.iceParameters.usernameFragment);
    assert.equal((await alice.ask("restartIce", { transport_id: bob.sending.id })).code, "not-found", "another's");
  });

  it("tells by what they carry that transports were made the other way round", async () => {
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) one.caps = await words.enter(one, "h3");
    await words.send(alice);
    const producerId = await words.produce(alice, "video");
    const receiving = await bob.get("createWebRtcTransport", { forceTcp: false });
    const sending = await bob.get("createWebRtcTransport", { forceTcp: false, rtpCapabilities: {} });
    assert.equal((await bob.get("consume", { rtpCapabilities: bob.caps, consumerTransportId: receiving.id, producerId })).producerId, producerId);
    assert.ok((await bob.get("produce", { producerTransportId: sending.id, kind: "audio", rtpParameters: RTP.audio() })).producer_id);
  });
});

// Dialect A in both of its versions: one that answers everything at the join, one that names no transport at all.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { dtls, RTP } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { WORDS } from "../support/words.mjs";

describe("dialect A, final", () => {
  const words = WORDS["a-final"];
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("answers a join with both transports, who is there and what they send", async () => {
    const alice = await connect(server, words.connect);
    await words.enter(alice, "a");
    await words.send(alice);
    const producerId = await words.produce(alice, "audio");
    const bob = await connect(server, words.connect);
    await words.enter(bob, "a");
    const { sendTransportOptions, recvTransportOptions, rtpCapabilities, peerIds, existingProducers } = bob.joined;
    for (const options of [sendTransportOptions, recvTransportOptions]) {
      assert.ok(options.id && options.iceParameters && options.iceCandidates && options.dtlsParameters, JSON.stringify(options));
    }
    assert.notEqual(sendTransportOptions.id, recvTransportOptions.id);
    assert.ok(rtpCapabilities.codecs.length > 0);
    assert.ok(peerIds.includes(alice.socket.id), JSON.stringify(peerIds));
    assert.deepEqual(
      existingProducers.map((one) => [one.producerId, one.peerId, one.kind]),
      [[producerId, alice.socket.id, "audio"]],
    );
    assert.equal((await alice.hears("new-peer"))[0].peerId, bob.socket.id);
    assert.deepEqual((await bob.hears("update-peer-list")).at(-1), { peerIds });
  });

  it("tells of producers from the join on, and of leaving, which is acknowledged", async () => {
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) await words.enter(one, "a");
    await words.send(alice);
    const producerId = await words.produce(alice, "video");
    const [told] = await bob.hears("new-producer");
    assert.deepEqual([told.producerId, told.peerId, told.kind], [producerId, alice.socket.id, "video"]);
    assert.deepEqual(await alice.ask("leave-room"), { left: true });
    assert.equal((await bob.hears("peer-left"))[0].peerId, alice.socket.id);
    await alice.flush();
    assert.deepEqual(alice.heard("new-producer"), []);
    await words.enter(alice, "a");
    assert.deepEqual(alice.joined.existingProducers, []);
  });

  it("tells of who is gone without having left", async () => {
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) await words.enter(one, "a");
    const { id } = alice.socket;
    alice.close();
    assert.equal((await bob.hears("peer-left"))[0].peerId, id);
  });

  it("refuses a join that names no room in the acknowledgement and by an event", async () => {
    const client = await connect(server, words.connect);
    const answer = await client.ask("join-room", { roomId: "", peerId: client.socket.id });
    assert.equal(typeof answer.error, "string");
    assert.equal(answer.code, "bad-request");
    assert.equal((await client.hears("join-room-error"))[0].error, answer.error);
  });

  it("tells of a refused source by an event, too", async () => {
    const client = await connect(server, words.connect);
    const rtpCapabilities = await words.enter(client, "a");
    const ids = { roomId: "a", peerId: client.socket.id, transportId: crypto.randomUUID() };
    const refused = {
      produce: { ...ids, kind: "audio", rtpParameters: RTP.audio() },
      consume: { ...ids, producerId: crypto.randomUUID(), rtpCapabilities },
    };
    for (const [event, payload] of Object.entries(refused)) {
      const { error, code } = await client.ask(event, payload);
      assert.equal(code, "not-found", event);
      assert.deepEqual(await client.hears(`${event}-error`), [{ error }]);
    }
  });
});

describe("dialect A, in the middle", () => {
  const words = WORDS["a-mid"];
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("is told from an acknowledgement's absence, and answers a bare string with bare capabilities", async () => {
    const client = await connect(server, words.connect);
    client.say("join-room", { roomId: "m" });
    const capabilities = await client.get("create-router", "m");
    assert.ok(Array.isArray(capabilities.codecs));
    const transport = await client.get("create-webRTC-transport", { isConsumer: false, roomId: "m" });
    assert.ok(transport.id && transport.iceParameters && transport.iceCandidates && transport.dtlsParameters);
  });

  it("is not put out by an event of its server's that no client of it sends", async () => {
    const client = await connect(server, words.connect);
    await words.enter(client, "m");
    client.say("new-video-producer", { mediaTag: "camera" });
    await words.send(client);
    assert.equal(typeof (await words.produce(client, "video")), "string");
  });

  it("lists who has connected a send transport when one produces", async () => {
    const [alice, bob, idle] = await Promise.all([1, 2, 3].map(() => connect(server, words.connect)));
    for (const one of [alice, bob, idle]) await words.enter(one, "m");
    await words.send(alice);
    const source = (kind) => ({ kind, rtpParameters: RTP[kind](), isConsumer: false, roomId: "m" });
    const first = await alice.get("transport-produce", { ...source("audio"), mediaTag: "audio" });
    assert.deepEqual(first.existUserObj, []);
    assert.equal(typeof first.producerId, "string");
    await words.send(bob);
    const second = await bob.get("transport-produce", { ...source("audio"), mediaTag: "audio" });
    assert.deepEqual(second.existUserObj, [alice.socket.id]);
    const [told] = await alice.hears("new-producer");
    assert.deepEqual([told.produceSocket, told.mediaTag], [bob.socket.id, "audio"]);
  });

  it("gives all or one of a socket's producers, over a receive transport per socket", async () => {
    const sockets = await Promise.all([1, 2, 3].map(() => connect(server, words.connect)));
    const [alice, bob, carol] = sockets;
    let rtpCapabilities;
    for (const one of sockets) rtpCapabilities = await words.enter(one, "m");
    const made = {};
    for (const [name, one] of Object.entries({ alice, bob })) {
      await words.send(one);
      made[name] = [await words.produce(one, "audio"), await words.produce(one, "video")];
    }
    const transports = new Set();
    for (const [name, one] of Object.entries({ alice, bob })) {
      const produceSocketId = one.socket.id;
      transports.add((await carol.get("create-webRTC-transport", { isConsumer: true, roomId: "m", produceSocketId })).id);
      const { paramsArray } = await carol.get("consume-all", { rtpCapabilities, produceSocketId, mediaTag: null });
      carol.say("recv-connect", { dtlsParameters: dtls(), isConsumer: true, produceSocketId });
      assert.deepEqual(paramsArray.map(({ params }) => params.producerId).toSorted(), made[name].toSorted());
      for (const { params } of paramsArray) assert.equal(params.produceSocketId, produceSocketId);
    }
    assert.equal(transports.size, 2);
    const produceSocketId = alice.socket.id;
    await bob.get("create-webRTC-transport", { isConsumer: true, roomId: "m", produceSocketId });
    const { paramsArray } = await bob.get("consume-single", { rtpCapabilities, produceSocketId, mediaTag: "camera" });
    assert.deepEqual(paramsArray.map(({ params }) => params.kind), ["video"]);
    const [room] = await server.rooms();
    const { consumers } = room.peers.find(({ id, peerId }) => (id ?? peerId) === carol.socket.id);
    assert.equal(consumers.length, 4);
  });

  it("tells all sockets of all rooms at every join, leave and loss", async () => {
    const [alice, bob, elsewhere] = await Promise.all([1, 2, 3].map(() => connect(server, words.connect)));
    const last = (one) => one.heard("status-change").at(-1)?.rooms;
    const knows = (one, rooms) =>
      until(() => `${JSON.stringify(rooms)}, but it is ${JSON.stringify(last(one))}`, () => {
        const now = last(one);
        return now && Object.entries(rooms).every(([id, ids]) => JSON.stringify((now[id] ?? []).toSorted()) === JSON.stringify(ids.toSorted()));
      });
    await words.enter(elsewhere, "s2");
    await words.enter(alice, "s1");
    await words.enter(bob, "s1");
    const both = [alice.socket.id, bob.socket.id];
    for (const one of [alice, bob, elsewhere]) await knows(one, { s1: both, s2: [elsewhere.socket.id] });
    assert.deepEqual(await (await fetch(`${server.url}/room-status`)).json().then(({ s1 }) => s1.toSorted()), both.toSorted());
    bob.say("leave-room");
    for (const one of [alice, bob, elsewhere]) await knows(one, { s1: [alice.socket.id] });
    alice.close();
    for (const one of [bob, elsewhere]) await knows(one, { s1: [] });
  });
});

// The frontends made from dialect C: each test is a row of theirs that differs.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect, VERSIONS } from "../support/client.mjs";
import { consume, dtls, enter, produce, RTP } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { tick } from "../support/wait.mjs";
import { WORDS } from "../support/words.mjs";

describe("dialect C's family", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("003: transports with params and bare, both names of what exists, goodbyes without arguments", async () => {
    const [alice, bob] = await Promise.all([1, 2].map(() => connect(server, { version: 2 })));
    assert.equal(alice.heard("connection-success")[0].existProducer, false);
    const { rtpCapabilities } = await alice.get("joinRoom", { roomName: "003" });
    await bob.get("joinRoom", { roomName: "003" });
    for (const one of [alice, bob]) {
      const answer = await one.get("createWebRTCTransport", { consumer: false });
      assert.equal(answer.params.id, answer.id);
      one.say("transport-connect", { dtlsParameters: dtls() });
    }
    const first = await produce(alice, "video");
    assert.equal(first.producerExist, false);
    assert.equal((await produce(bob, "audio")).producerExist, true);

    const { id: serverside_ConsumerTransportId } = await bob.get("createWebRTCTransport", { consumer: true });
    const wish = { rtpCapabilities, remoteProducerId: first.id, serverside_ConsumerTransportId };
    const { params } = await bob.get("consume", { ...wish, serverside_ConsumerKind: "video" });
    assert.equal(params.serverside_ConsumerId, params.id);
    bob.say("transport-recv-connect", { dtlsParameters: dtls(), serverside_ConsumerTransportId });
    bob.say("consumer-resume", { serverside_ConsumerId: params.serverside_ConsumerId });
    for (const event of ["produceClose", "exitRoom"]) assert.equal((await bob.ask(event, wish)) ?? null, null, "nothing in it");
  });

  for (const version of VERSIONS) {
    for (const page of ["/sfu/from%20the%20page/", "/rooms/from%20the%20page"]) {
      it(`003: the room of ${page} where the join names none, client ${version}`, async () => {
        const extraHeaders = { referer: `${server.url}${page}` };
        const [on, off] = [await connect(server, { version, extraHeaders }), await connect(server, { version })];
        assert.ok((await on.get("joinRoom", {})).rtpCapabilities.codecs);
        assert.equal((await off.ask("joinRoom", {})).code, "bad-request");
        assert.deepEqual((await server.rooms()).map(({ id }) => id), ["from the page"]);
        for (const one of [on, off]) one.close();
        await server.empty();
      });
    }
  }

  it("siwamsingh: an answer to connecting, and what exists already by kind", async () => {
    const client = await connect(server);
    await client.get("joinRoom", { roomName: "siwamsingh" });
    assert.deepEqual(await client.ask("check-video-exists"), { alreadyExists: false });
    client.say("set-already-exists", "video");
    await client.get("createWebRtcTransport", { consumer: false });
    assert.equal(await client.ask("transport-connect", { dtlsParameters: dtls() }), false);
    assert.ok(!(await produce(client, "video")).alredyExists);
    assert.equal(typeof (await client.ask("check-video-exists")).alreadyExists, "boolean");
    assert.deepEqual(await client.ask("check-audio-exists"), { alreadyExists: false });
  });

  it("junheeLee96: 80 unknown events a second cost the call nothing", async () => {
    const client = await connect(server);
    const { rtpCapabilities } = await client.get("joinRoom", { roomName: "sounds" });
    let talks = true;
    const flood = (async () => {
      for (let n = 0; talks; n += 1) {
        client.say("sounds", n % 2 ? "speak" : "listen");
        await tick(12);
      }
    })();
    for (let n = 0; n < 20; n += 1) {
      assert.deepEqual(await client.get("getProducers"), []);
      await tick(100);
    }
    talks = false;
    await flood;
    await client.get("createWebRtcTransport", { consumer: false });
    client.say("transport-connect", { dtlsParameters: dtls() });
    await produce(client);
    assert.ok(rtpCapabilities);
  });

  it("connectedtoavinash: producers as objects, its ids for transports, two receive transports that both work", async () => {
    const words = WORDS["c (avinash)"];
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) {
      one.caps = await words.enter(one, "avinash");
      await words.send(one);
    }
    await words.ready(bob);
    const made = [await words.produce(alice, "audio"), await words.produce(alice, "video")];
    const told = await bob.hears("new-producer", 2);
    assert.deepEqual(told.map(({ producerId, socketId, kind }) => [producerId, socketId, kind]), [
      [made[0], alice.socket.id, "audio"],
      [made[1], alice.socket.id, "video"],
    ]);
    const listed = await bob.get("getProducers", { roomId: "avinash" });
    assert.deepEqual(listed.map(({ producerId, socketId }) => [producerId, socketId]), made.map((id) => [id, alice.socket.id]));
    const consumers = [];
    for (const producerId of made) consumers.push(await words.consume(bob, bob.caps, { producerId }));
    for (const consumer of consumers) words.resume(bob, consumer);
    await bob.flush();
    const [room] = (await server.rooms()).filter(({ id }) => id === "avinash");
    const peer = room.peers.find(({ consumers: all }) => all.length > 0);
    assert.deepEqual([peer.consumers.length, peer.transports.length], [2, 3]);
    assert.ok(peer.consumers.every(({ paused }) => !paused));
  });

  it("jules-meet: objects though it asks without a payload, once it has said a name", async () => {
    const [alice, bob] = [await connect(server, { namespace: "/" }), await connect(server, { namespace: "/" })];
    for (const [one, displayName] of [[alice, "Ann"], [bob, "Bob"]]) {
      await one.get("joinRoom", { roomName: "jules", displayName });
      await one.get("createWebRtcTransport", { consumer: false });
      one.say("transport-connect", { dtlsParameters: dtls() });
    }
    assert.deepEqual(await alice.hears("new-peer").then(([told]) => [told.socketId, told.displayName]), [bob.socket.id, "Bob"]);
    const { id } = await alice.get("transport-produce", { kind: "audio", rtpParameters: RTP.audio(), appData: { from: "Ann" } });
    const peers = [{ peerId: alice.socket.id, socketId: alice.socket.id, displayName: "Ann" }];
    assert.deepEqual(await bob.get("getPeers"), peers);
    const listed = await bob.get("getProducers");
    assert.deepEqual(listed.map(({ producerId, socketId, appData }) => [producerId, socketId, appData]), [[id, alice.socket.id, { from: "Ann" }]]);
    alice.say("producer-close", { producerId: id });
    assert.equal((await bob.hears("producer-closed"))[0].remoteProducerId, id);
    alice.close();
    assert.equal((await bob.hears("peer-left"))[0].socketId, alice.id);
  });

  it("mediasoup-nodejs: a consumer is paused and resumed", async () => {
    const [alice, bob] = [await connect(server, { namespace: "/" }), await connect(server, { namespace: "/" })];
    const join = { roomName: "pauses", username: "ann" };
    const { rtpCapabilities } = await alice.get("joinRoom", join);
    await bob.get("joinRoom", join);
    await alice.get("createWebRtcTransport", { consumer: false });
    alice.say("transport-connect", { dtlsParameters: dtls() });
    const { serverConsumerId } = await consume(bob, rtpCapabilities, (await produce(alice)).id);
    const paused = async () => {
      const { peers } = (await server.rooms()).find(({ id }) => id === "pauses");
      return peers.flatMap(({ consumers }) => consumers.map((one) => one.paused));
    };
    await bob.flush();
    assert.deepEqual(await paused(), [false]);
    assert.deepEqual(await bob.get("consumer-pause", { serverConsumerId }), { paused: true });
    assert.deepEqual(await paused(), [true]);
    assert.deepEqual(await bob.get("consumer-resume", { serverConsumerId }), { resumed: true });
    assert.deepEqual(await paused(), [false]);
  });

  it("transport-connect with isSender connects the transport that is meant", async () => {
    const client = await connect(server);
    await client.get("joinRoom", { roomName: "isSender" });
    const make = async (consumer) => (await client.get("createWebRtcTransport", { consumer })).params.id;
    const [sending, receiving] = [await make(false), await make(true)];
    const connecting = (more) => client.ask("transport-connect", { dtlsParameters: dtls(), ...more });
    assert.equal(await connecting({ isSender: false }), false);
    const again = { dtlsParameters: dtls(), serverConsumerTransportId: receiving };
    assert.equal((await client.ask("transport-recv-connect", again)).code, "already-connected");
    assert.equal(await connecting({ isSender: true }), false);
    assert.equal((await connecting({ transportId: sending })).code, "already-connected");
  });

  it("nearworld: told whom to receive, at the join and later, and of pauses", async () => {
    const words = WORDS.world;
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) {
      const joined = await one.get("join-game", { userName: "Ann" });
      assert.deepEqual(joined.selfProducerIds, []);
      one.caps = joined.rtpCapabilities;
      assert.deepEqual(one.heard("consume-producers"), [{ producerIds: [] }]);
      await words.send(one);
    }
    const first = await words.produce(alice, "video");
    assert.deepEqual((await bob.hears("consume-producers", 2))[1], { producerIds: [first] });
    const late = await connect(server, words.connect);
    await late.get("join-game", { userName: "Cy" });
    assert.deepEqual(late.heard("consume-producers"), [{ producerIds: [first] }], "before the answer");
    const consumer = await words.consume(bob, bob.caps, { producerId: first });
    assert.deepEqual([consumer.producerId, consumer.kind], [first, "video"]);
    assert.deepEqual(await bob.get("consumer-resume", { serverConsumerId: consumer.serverConsumerId }), { resumed: true });

    // Its own clients pause nothing; who speaks another dialect may.
    const native = await connect(server, { query: { dialect: "native" } });
    await native.get("joinRoom", { roomName: "default" });
    const { params } = await native.get("createWebRtcTransport", { consumer: false });
    const { id: producerId } = await native.get("transport-produce", { transportId: params.id, kind: "audio", rtpParameters: RTP.audio(), appData: {} });
    await bob.hears("consume-producers", 3);
    for (const [verb, told] of [["producer-pause", "consumer-paused"], ["producer-resume", "consumer-resumed"]]) {
      await native.get(verb, { producerId });
      assert.deepEqual(await bob.hears(told), [{ remoteProducerId: producerId }]);
    }
    alice.close();
    assert.equal((await bob.hears("producer-closed"))[0].remoteProducerId, first);
  });

  it("crackersam: receive transports are connected in the order they were made, the oldest with a consumer first", async () => {
    const [alice, bob] = [await connect(server), await connect(server)];
    const { rtpCapabilities } = await enter(bob, "crackersam");
    await enter(alice, "crackersam");
    const made = [await produce(alice, "video"), await produce(alice, "audio")];
    await bob.get("createWebRtcTransport", { consumer: true });
    const transports = [];
    for (const { id: remoteProducerId } of made) {
      const { params } = await bob.get("createWebRtcTransport", { consumer: true });
      await bob.get("consume", { rtpCapabilities, remoteProducerId, serverConsumerTransportId: params.id });
      transports.push(params.id);
    }
    for (let n = 0; n < 2; n += 1) assert.equal(await bob.ask("transport-recv-connect", { dtlsParameters: dtls() }), false);
    // Both are connected now, so naming either is refused; the one without a consumer is not.
    for (const serverConsumerTransportId of transports) {
      const again = await bob.ask("transport-recv-connect", { dtlsParameters: dtls(), serverConsumerTransportId });
      assert.equal(again.code, "already-connected");
    }
    bob.say("consumer-resume", { producerId: made[0].id });
    await bob.flush();
    const [room] = (await server.rooms()).filter(({ id }) => id === "crackersam");
    const { consumers } = room.peers.find(({ consumers: all }) => all.length > 0);
    assert.deepEqual(consumers.map(({ paused }) => paused).toSorted(), [false, true]);
  });

  it("zakariaelattar: conferences are created and joined, and producers listed under both names", async () => {
    const options = { namespace: "/", auth: { token: "a.b.c" } };
    const [alice, bob] = [await connect(server, options), await connect(server, options)];
    assert.ok((await alice.get("create-conference", { roomName: "conference", roomId: 1 })).rtpCapabilities.codecs);
    assert.ok((await bob.get("join-conference", { roomName: "conference" })).rtpCapabilities.codecs);
    await alice.get("createWebRtcTransport", { consumer: false });
    alice.say("transport-connect", { dtlsParameters: dtls() });
    const { id } = await produce(alice, "audio");
    for (const event of ["getProducers", "get-producers"]) assert.deepEqual(await bob.get(event), [id]);
  });

  it("zakariaelattar, one to one: a verb per direction, no payload", async () => {
    const client = await connect(server, { auth: { token: "a.b.c" } });
    const { rtpCapabilities } = await client.get("getRtpCapabilities");
    assert.ok((await client.get("createWebRtcTransportSend")).params.id);
    client.say("transport-connect", { dtlsParameters: dtls() });
    const { id } = await produce(client, "video");
    assert.ok((await client.get("createWebRtcTransportRcv")).params.id);
    assert.equal((await client.get("consume", { rtpCapabilities })).params.producerId, id);
  });

  it("Geni-96: both transports at once, everybody's producers in a list, told to all in the room", async () => {
    const words = WORDS.geni;
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) {
      one.caps = await words.enter(one, "geni");
      await words.send(one);
      assert.notEqual(one.receiving.id, undefined);
    }
    const made = [await words.produce(alice, "video"), await words.produce(alice, "audio")];
    for (const one of [alice, bob]) {
      const told = await one.hears("new-transport");
      assert.ok(told.every((user) => user === alice.username), JSON.stringify(told));
    }
    const { paramsList } = await bob.get("consume", { rtpCapabilities: bob.caps });
    assert.deepEqual(paramsList.map(({ user, producerId }) => [user, producerId]).toSorted(), made.map((id) => [alice.username, id]).toSorted());
    for (const { kind, rtpParameters, id } of paramsList) assert.ok(kind && rtpParameters && id);
    assert.deepEqual((await bob.get("consume", { rtpCapabilities: bob.caps })).paramsList, [], "nothing twice");
  });

  it("rishav-goswami: who is there comes with the join, who comes as newProducer", async () => {
    const options = { namespace: "/", greeted: false, auth: { token: "a.b.c" } };
    const [alice, bob] = [await connect(server, options), await connect(server, options)];
    const wire = async (one) => {
      const { params } = await one.get("createWebRtcTransport", { consumer: false });
      one.say("transport-connect", { transportId: params.id, dtlsParameters: dtls() });
      one.receiving = (await one.get("createWebRtcTransport", { consumer: true })).params.id;
      return params.id;
    };
    const make = async (one, transportId, kind) =>
      (await one.get("transport-produce", { transportId, kind, rtpParameters: RTP[kind](), appData: { source: kind } })).id;
    await alice.get("joinRoom", { roomId: "rishav" });
    const first = await make(alice, await wire(alice), "video");
    const { rtpCapabilities, peers } = await bob.get("joinRoom", { roomId: "rishav" });
    assert.deepEqual(peers.map(({ producerId, socketId, kind, appData }) => ({ producerId, socketId, kind, appData })), [
      { producerId: first, socketId: alice.socket.id, kind: "video", appData: { source: "video" } },
    ]);
    const second = await make(bob, await wire(bob), "audio");
    const [told] = await alice.hears("newProducer");
    assert.deepEqual([told.producerId, told.socketId, told.kind, told.appData], [second, bob.socket.id, "audio", { source: "audio" }]);
    const { params } = await bob.get("consume", { transportId: bob.receiving, producerId: first, rtpCapabilities });
    bob.say("transport-recv-connect", { transportId: bob.receiving, dtlsParameters: dtls() });
    assert.equal((await bob.all("consumer-resume", { consumerId: params.id })).length, 1);
  });

  it("MediaSFU: producers of all levels as ids, and a consumer that is resumed", async () => {
    const options = { namespace: "/media", query: { apiUserName: "ann", apiKey: "k" } };
    const [alice, bob] = [await connect(server, options), await connect(server, options)];
    const join = { roomName: "s12345678", islevel: "1", member: "ann", sec: "s", apiUserName: "ann" };
    const { rtpCapabilities } = await alice.get("joinRoom", join);
    await bob.get("joinRoom", join);
    for (const one of [alice, bob]) {
      await one.get("createWebRtcTransport", { consumer: false, islevel: "1" });
      one.say("transport-connect", { dtlsParameters: dtls() });
    }
    const source = { kind: "audio", rtpParameters: RTP.audio(), appData: {}, islevel: "1", name: "ann" };
    const { id } = await alice.get("transport-produce", source);
    const [told] = await bob.hears("new-pipe-producer");
    assert.deepEqual([told.producerId, told.islevel], [id, "1"]);
    assert.deepEqual(bob.heard("new-producer"), [], "told once, by its own name");
    assert.deepEqual(await bob.get("getProducersPipedAlt", { islevel: "1", member: "ann" }), [id]);
    const { params: transport } = await bob.get("createWebRtcTransport", { consumer: true, islevel: "1" });
    const wish = { rtpCapabilities, remoteProducerId: id, serverConsumerTransportId: transport.id };
    const { params } = await bob.get("consume", wish);
    assert.deepEqual(await bob.get("consumer-resume", { serverConsumerId: params.serverConsumerId }), { resumed: true });
  });

  it("Nil2000: its own verbs, one receive transport however many it asked for", async () => {
    const words = WORDS.call;
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) {
      one.caps = await words.enter(one, "call");
      await words.send(one);
    }
    const made = [await words.produce(alice, "audio"), await words.produce(alice, "video")];
    assert.deepEqual((await bob.hears("new-producer", 2)).map(({ producerId }) => producerId), made);
    assert.deepEqual(await bob.get("get-producers", { roomId: "call" }), made);
    const consumers = [];
    for (const producerId of made) consumers.push(await words.consume(bob, bob.caps, { producerId }));
    assert.deepEqual(consumers.map(({ rtpParameters }) => rtpParameters.mid), ["0", "1"], "on one transport");
    alice.close();
    assert.deepEqual((await bob.hears("producer-closed", 2)).map(({ producerId }) => producerId).toSorted(), made.toSorted());
  });
});

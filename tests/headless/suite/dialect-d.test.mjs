// Dialects D and D′: node's acknowledgements, remote producers known by their socket and kind; and the same verbs with one argument
// on a path of their own.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect, VERSIONS } from "../support/client.mjs";
import { dtls, RTP } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { WORDS } from "../support/words.mjs";

/** Version 2 puts the namespace before its id. */
const plain = ({ socket }) => socket.id.replace(/^.*#/, "");

const PLACES = [
  ["/video-conference", {}],
  ["/video-broadcast", {}],
  ["/", { query: { dialect: "d" } }],
];

describe("dialect D", () => {
  const words = WORDS.d;
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  for (const version of VERSIONS) {
    for (const [namespace, options] of PLACES) {
      it(`carries a call of two, client ${version} on ${namespace}`, async () => {
        const there = { namespace, version, greeted: false, ...options };
        const [alice, bob] = [await connect(server, there), await connect(server, there)];
        for (const one of [alice, bob]) {
          const [welcome] = await one.hears("message");
          assert.deepEqual([welcome.type, welcome.id], ["welcome", plain(one)]);
          one.caps = await words.enter(one, `d ${version} ${namespace}`);
          assert.ok(Array.isArray(one.caps.codecs), "bare capabilities");
          const transport = await words.send(one);
          assert.ok(transport.iceParameters, "bare options");
        }
        const producerId = await words.produce(alice, "video");
        const sound = await words.produce(alice, "audio");
        const told = await bob.hears("newProducer", 2);
        assert.deepEqual(told.map((one) => [one.socketId, one.producerId, one.kind, one.mode]), [
          [plain(alice), producerId, "video", "stream"],
          [plain(alice), sound, "audio", "stream"],
        ]);
        const current = await bob.call("getCurrentProducers", {});
        assert.deepEqual(current, { remoteVideoIds: [plain(alice)], remoteAudioIds: [plain(alice)] });
        assert.deepEqual(await bob.call("getCurrentProducers", { localId: plain(bob) }), current);
        for (const kind of ["video", "audio"]) {
          const answer = await words.consume(bob, bob.caps, { socketId: plain(alice), kind });
          assert.deepEqual([answer.kind, answer.producerPaused, answer.type], [kind, false, "simple"]);
          await words.resume(bob, answer);
        }
        const id = plain(alice);
        alice.close();
        const closed = await bob.hears("producerClosed", 2);
        assert.deepEqual(closed.map((one) => [one.remoteId, one.kind]).toSorted(), [[id, "audio"], [id, "video"]]);
        assert.deepEqual(bob.heard("newProducer").length, 2);
      });
    }
  }

  it("is told on `/` by a first question for capabilities, or by naming a room", async () => {
    const there = { namespace: "/", greeted: false, version: 2 };
    const plain = await connect(server, there);
    assert.ok((await plain.call("getRouterRtpCapabilities", {})).codecs);
    const named = await connect(server, there);
    named.say("prepare_room", { roomId: "prepared" });
    assert.ok((await named.call("getRouterRtpCapabilities", {})).codecs);
    assert.ok((await server.rooms()).some(({ id }) => id === "prepared"));
  });

  it("waits for the transport of the first page to be connected, however often it asks for capabilities", async () => {
    const client = await connect(server, words.connect);
    for (let n = 0; n < 3; n += 1) assert.ok((await words.enter(client, "again")).codecs);
    await client.call("createProducerTransport", { mode: "stream" });
    assert.deepEqual(await client.call("connectProducerTransport", { dtlsParameters: dtls() }), {});
  });

  it("answers for producers that are not there with an error or not at all, and goes on", async () => {
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) {
      one.caps = await words.enter(one, "nobody");
      await words.send(one);
    }
    await bob.call("createConsumerTransport", {});
    const wish = { rtpCapabilities: bob.caps, remoteId: alice.socket.id, kind: "video", mode: "share_screen" };
    const answers = [];
    bob.socket.emit("consumeAdd", wish, (...answer) => answers.push(answer));
    await words.produce(alice, "video");
    bob.socket.emit("consumeAdd", wish, (...answer) => answers.push(answer));
    await bob.flush();
    for (const [error] of answers) assert.ok(error, "an error comes first");
    const answer = await words.consume(bob, bob.caps, { socketId: alice.socket.id, kind: "video" });
    assert.equal(answer.kind, "video");
  });

  it("tells a screen from a camera by its mode, and ends it by a word of its own", async () => {
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) {
      one.caps = await words.enter(one, "screen");
      await words.send(one);
    }
    const camera = await words.produce(alice, "video");
    const { id: transportId } = await alice.call("createProducerTransport", { mode: "share_screen" });
    await alice.call("connectProducerTransport", { dtlsParameters: dtls(), mode: "share_screen" });
    const { id: screen } = await alice.call("produce", { transportId, kind: "video", rtpParameters: RTP.video(), mode: "share_screen" });
    assert.deepEqual((await bob.hears("newProducer", 2)).map(({ mode }) => mode), ["stream", "share_screen"]);
    await bob.call("createConsumerTransport", {});
    const ask = (mode) => bob.call("consumeAdd", { rtpCapabilities: bob.caps, remoteId: alice.socket.id, kind: "video", mode });
    assert.equal((await ask("share_screen")).producerId, screen);
    assert.equal((await ask("stream")).producerId, camera);
    alice.say("producerStopShareScreen", {});
    const [closed] = await bob.hears("producerClosed");
    assert.deepEqual([closed.remoteId, closed.kind, closed.mode], [alice.socket.id, "video", "share_screen"]);
    await bob.flush();
    assert.equal(bob.heard("producerClosed").length, 1);
  });

  it("broadcasts: kinds are consumed and resumed by name", async () => {
    const there = { namespace: "/", greeted: false, version: 2 };
    const [alice, bob] = [await connect(server, there), await connect(server, there)];
    for (const one of [alice, bob]) one.caps = await one.call("getRouterRtpCapabilities", {});
    const { id: transportId } = await alice.call("createProducerTransport", {});
    await alice.call("connectProducerTransport", { dtlsParameters: dtls() });
    for (const kind of ["video", "audio"]) await alice.call("produce", { transportId, kind, rtpParameters: RTP[kind]() });
    for (const one of [alice, bob]) {
      await one.call("createConsumerTransport", {});
      for (const kind of ["video", "audio"]) {
        assert.equal((await one.call("consume", { rtpCapabilities: one.caps, kind })).kind, kind);
        if (kind === "video") await one.call("connectConsumerTransport", { dtlsParameters: dtls() });
        await one.call("resume", { kind });
      }
    }
    const rooms = await server.rooms();
    const consumers = rooms.flatMap(({ peers }) => peers.flatMap((peer) => peer.consumers));
    assert.deepEqual(consumers.map(({ paused }) => paused), [false, false, false, false]);
  });
});

describe("dialect D′", () => {
  const words = WORDS["d-prime"];
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("answers with one argument, and tells newcomers that there is a producer", async () => {
    const alice = await connect(server, words.connect);
    const rtpCapabilities = await words.enter(alice);
    assert.ok(Array.isArray(rtpCapabilities.codecs));
    const sending = await words.send(alice);
    assert.ok(sending.iceParameters);
    const producerId = await words.produce(alice, "video");
    const bob = await connect(server, words.connect);
    assert.equal((await bob.hears("newProducer"))[0] ?? null, null, "no payload");
    await words.enter(bob);
    const answer = await words.consume(bob, rtpCapabilities);
    assert.deepEqual([answer.producerId, answer.kind], [producerId, "video"]);
    assert.equal((await bob.all("resume", {})).filter(Boolean).length, 0, "acknowledged with nothing");
  });

  it("tells who is there of a producer", async () => {
    const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
    for (const one of [alice, bob]) await words.enter(one);
    await words.send(alice);
    await words.produce(alice, "video");
    await bob.hears("newProducer");
    await alice.flush();
    assert.deepEqual(alice.heard("newProducer"), []);
  });
});

// What holds for all dialects: events without arguments, with strings and with two arguments, every form of a resume, who hears of
// producers when, floods, pinning, and that they all meet in one room.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect, NAMESPACES, VERSIONS } from "../support/client.mjs";
import { consume, dtls, enter, produce, RTP } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { nameOf, WORDS } from "../support/words.mjs";

describe("every dialect", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  const pausedIn = async (room) => {
    const found = (await server.rooms()).find(({ id }) => id === room);
    return found.peers.flatMap(({ consumers }) => consumers.map(({ paused }) => paused));
  };

  for (const version of VERSIONS) {
    it(`events without an argument, client ${version}`, async () => {
      const there = { namespace: "/", version, greeted: false };
      const open = () => connect(server, there);
      assert.ok((await (await open()).get("createRoom")).rtpCapabilities);
      assert.ok((await (await open()).get("getRtpCapabilities")).rtpCapabilities);
      const c = await open();
      await enter(c, "nothing");
      assert.deepEqual(await c.get("getProducers"), []);
      assert.equal((await c.all("consumer-resume")).length, 1);
      assert.equal((await c.get("check-video-exists")).alreadyExists, false);
      const a = await open();
      await WORDS["a-final"].enter(a, "nothing");
      assert.deepEqual(await a.get("leave-room"), { left: true });
      const geni = await open();
      await WORDS.geni.enter(geni, "nothing");
      assert.ok((await geni.get("createWebRTCTransport")).producer.id);
      const b = await open();
      await b.get("getRtpCapabilities");
      assert.ok((await b.get("createWebRtcTransportSend")).params.id);
      const h = await open();
      await WORDS.h.enter(h, "nothing");
      h.say("getProducers");
      await h.flush();
    });

    it(`a string as payload, client ${version}`, async () => {
      const there = { namespace: "/", version, greeted: false };
      const mid = await connect(server, there);
      mid.say("join-room", { roomId: "strings" });
      assert.ok((await mid.get("create-router", "strings")).codecs);
      const [alice, bob] = [await connect(server, there), await connect(server, there)];
      const { rtpCapabilities } = await enter(bob, "strings");
      await enter(alice, "strings");
      const { id } = await produce(alice, "video");
      bob.say("set-already-exists", "video");
      bob.say("sounds", "speak");
      assert.deepEqual(await bob.get("getProducers", "strings"), [id]);
      assert.equal((await consume(bob, rtpCapabilities, id)).producerId, id);
    });
  }

  const FORMS = {
    "no argument": () => [],
    "{serverConsumerId}": ({ id }) => [{ serverConsumerId: id }],
    "{serverside_ConsumerId}": ({ id }) => [{ serverside_ConsumerId: id }],
    "{consumerId}": ({ id }) => [{ consumerId: id }],
    "{consumerId, roomId}": ({ id }) => [{ consumerId: id, roomId: "resume" }],
    "{serverConsumerId, roomId}": ({ id }) => [{ serverConsumerId: id, roomId: "resume" }],
    "{producerId}": ({ producerId }) => [{ producerId }],
    "a bare string": ({ id }) => [id],
    "two arguments": ({ id }) => ["ann", id],
  };

  for (const [form, payload] of Object.entries(FORMS)) {
    for (const acked of [true, false]) {
      it(`consumer-resume with ${form}, ${acked ? "" : "not "}acknowledged`, async () => {
        const [alice, bob] = [await connect(server), await connect(server)];
        await enter(alice, "resume");
        const { rtpCapabilities } = await enter(bob, "resume");
        const made = [await produce(alice, "audio"), await produce(alice, "video")];
        const consumers = [];
        for (const { id: remoteProducerId } of made) {
          const { params } = await bob.get("createWebRtcTransport", { consumer: true });
          const wish = { rtpCapabilities, remoteProducerId, serverConsumerTransportId: params.id };
          consumers.push((await bob.get("consume", wish)).params);
        }
        assert.deepEqual(await pausedIn("resume"), [true, true]);
        if (acked) assert.equal((await bob.get("consumer-resume", ...payload(consumers[0])))?.error, undefined);
        else bob.say("consumer-resume", ...payload(consumers[0]));
        await bob.flush();
        const all = form === "no argument";
        assert.deepEqual((await pausedIn("resume")).toSorted(), all ? [false, false] : [false, true]);
        for (const one of [alice, bob]) one.close();
        await server.empty();
      });
    }
  }

  for (const name of ["c", "c (003)", "c (names)", "c (avinash)", "c (conference)", "call"]) {
    it(`${name}: hears of producers once it can receive, each once`, async () => {
      const words = WORDS[name];
      const [alice, bob] = [await connect(server, words.connect), await connect(server, words.connect)];
      for (const one of [alice, bob]) await words.enter(one, "gate");
      await words.send(alice);
      const early = await words.produce(alice, "audio");
      await bob.flush();
      assert.deepEqual(bob.heard("new-producer"), []);
      await words.send(bob);
      await words.ready?.(bob);
      await bob.hears("new-producer");
      const late = await words.produce(alice, "video");
      await bob.hears("new-producer", 2);
      await bob.flush();
      assert.deepEqual(bob.heard("new-producer").map(({ producerId }) => producerId), [early, late]);
    });
  }

  it("connecting and producing in one tick, before anything is answered", async () => {
    for (const [name, words] of Object.entries(WORDS)) {
      if (["d", "d-prime", "h"].includes(nameOf(name))) continue;
      const client = await connect(server, words.connect);
      await words.enter(client, `tick ${name}`);
      await words.send(client);
      const all = await Promise.all([words.produce(client, "audio"), words.produce(client, "video")]);
      assert.equal(new Set(all).size, 2, name);
    }
  });

  it("what is usually acknowledged is done without, too", async () => {
    const watcher = await connect(server);
    await enter(watcher, "silent");
    const silent = await connect(server);
    silent.say("joinRoom", { roomName: "silent" });
    silent.say("createWebRtcTransport", { consumer: false });
    silent.say("transport-connect", { dtlsParameters: dtls() });
    silent.say("transport-produce", { kind: "audio", rtpParameters: RTP.audio(), appData: {} });
    const d = await connect(server, WORDS.d.connect);
    d.say("getRouterRtpCapabilities", { roomName: "silent" });
    d.say("createProducerTransport", { mode: "stream" });
    d.say("connectProducerTransport", { dtlsParameters: dtls() });
    d.say("produce", { kind: "video", rtpParameters: RTP.video(), mode: "stream" });
    const told = await watcher.hears("new-producer", 2);
    assert.deepEqual(told.map(({ kind }) => kind).toSorted(), ["audio", "video"]);
    for (const { acked } of [silent, d]) assert.deepEqual(acked, []);
  });

  it("a flood of events nobody knows costs nobody else anything", async () => {
    const [noisy, alice, bob] = await Promise.all([1, 2, 3].map(() => connect(server)));
    await enter(noisy, "flood");
    const { rtpCapabilities } = await enter(bob, "flood");
    await enter(alice, "flood");
    for (let n = 0; n < 5_000; n += 1) noisy.say(`nobody-${n % 7}`, { n });
    const { id } = await produce(alice, "audio");
    await bob.hears("new-producer");
    assert.equal((await consume(bob, rtpCapabilities, id)).producerId, id);
    assert.equal(noisy.socket.connected, true);
    await until("it is heard again", async () => Array.isArray(await noisy.ask("getProducers")));
    assert.deepEqual(noisy.told.filter(({ event }) => !["connection-success", "new-producer"].includes(event)), []);
  });

  it("sockets of all dialects meet in one room, each told in its own words", async () => {
    const members = { c: WORDS.c, "a-final": WORDS["a-final"], d: WORDS.d, h: WORDS.h, call: WORDS.call };
    const sockets = {};
    for (const [name, words] of Object.entries(members)) {
      const socket = await connect(server, words.connect);
      await socket.flush();
      socket.told.length = 0;
      socket.caps = await words.enter(socket, "everybody");
      await words.send(socket);
      sockets[name] = socket;
    }
    sockets.h.say("getProducers");
    const event = { c: "new-producer", "a-final": "new-producer", d: "newProducer", h: "newProducers", call: "new-producer" };
    const producerOf = { h: (payload) => payload.map(({ producer_id }) => producer_id) };
    const made = {};
    for (const [name, words] of Object.entries(members)) made[name] = await words.produce(sockets[name], "audio");
    for (const [name, words] of Object.entries(members)) {
      const others = Object.keys(members).filter((other) => other !== name);
      const read = producerOf[name] ?? (({ producerId }) => [producerId]);
      const heard = () => sockets[name].heard(event[name]).flatMap(read);
      await until(() => `${name} of ${others}, but ${JSON.stringify(sockets[name].told)}`, () => others.every((other) => heard().includes(made[other])));
      for (const other of others) {
        const remote = { producerId: made[other], socketId: sockets[other].socket.id, kind: "audio" };
        const consumer = await words.consume(sockets[name], sockets[name].caps, remote);
        assert.equal(consumer.producerId, made[other], `${name} consumes ${other}`);
      }
    }
    const strangers = Object.entries(sockets).flatMap(([name, { told }]) => told.filter(({ event }) => !members[name].hears.includes(event)));
    assert.deepEqual(strangers, []);
  });
});

describe("a socket that has not given its dialect away", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  const VERSION = /^\d+\.\d+\.\d+$/;
  const begin = (namespace) => connect(server, { namespace });

  for (const namespace of NAMESPACES) {
    it(`is spoken to canonically, on ${namespace}`, async () => {
      const client = await begin(namespace);
      const [{ socketId, dialect, version }] = client.heard("connection-success");
      assert.deepEqual([socketId, dialect], [client.id, "unknown"]);
      assert.match(version, VERSION);
      const native = await connect(server, { query: { dialect: "native" } });
      const id = crypto.randomUUID();
      const QUESTIONS = [
        ["no-such-event", {}],
        ["createWebRtcTransport", { consumer: true }],
        ["transport-connect", { transportId: id, dtlsParameters: dtls() }],
        ["consumer-resume", { serverConsumerId: id }],
        ["getProducers"],
      ];
      for (const question of QUESTIONS) assert.deepEqual(await client.all(...question), await native.all(...question), question[0]);
      assert.deepEqual(await client.ask("leaveRoom"), { left: true });
      // It is none the wiser: the first event of a frontend still tells, and what that lacks is still there.
      const { rtpCapabilities, sendTransport } = await enter(client, "undetected");
      assert.deepEqual(await client.get("getProducers"), []);
      assert.ok((await client.get("restart-ice", { transportId: sendTransport })).iceParameters.usernameFragment);
      const other = await begin(namespace);
      await enter(other, "undetected");
      const consumer = await consume(client, rtpCapabilities, (await produce(other)).id);
      assert.deepEqual(await client.get("consumer-close", { serverConsumerId: consumer.id }), { closed: true });
      assert.deepEqual(client.heard("new-peer"), []);
    });

    const CANONICAL = {
      "a word no other dialect has": ["restart-ice", { transportId: crypto.randomUUID() }, "not-joined"],
      "a word that has another payload elsewhere": ["getPeers", { after: 0 }, "not-joined"],
      "a resume token": ["joinRoom", { roomName: "canonical", resumeToken: null }, undefined],
    };
    for (const [what, [event, payload, code]] of Object.entries(CANONICAL)) {
      it(`is told from others by ${what}, on ${namespace}, and gets everything canonically then`, async () => {
        const client = await begin(namespace);
        assert.equal((await client.ask(event, payload)).code, code);
        const { peerId, peers, own, resumeToken } = await client.get("joinRoom", { roomName: "canonical" });
        assert.deepEqual([peerId, peers], [client.id, []]);
        assert.deepEqual(own, { transports: [], producers: [], consumers: [] });
        assert.equal(typeof resumeToken, "string");
        assert.deepEqual(await client.get("getProducers"), { producers: [] });
        const { params } = await client.get("createWebRtcTransport", { consumer: false });
        assert.deepEqual(await client.get("transport-connect", { transportId: params.id, dtlsParameters: dtls() }), { connected: true });
        const other = await begin("/mediasoup");
        await enter(other, "canonical");
        assert.deepEqual(await client.hears("new-peer"), [{ peerId: other.id, displayName: null }]);
        const { id } = await produce(other, "audio");
        assert.deepEqual(await client.hears("new-producer"), [{ producerId: id, peerId: other.id, kind: "audio", appData: { from: other.id }, paused: false }]);
        other.close();
        const [closed] = await client.hears("producer-closed");
        assert.deepEqual([closed.producerId, closed.peerId, closed.reason], [id, other.id, "peer-left"]);
        assert.deepEqual(await client.hears("peer-left"), [{ peerId: other.id }]);
      });
    }

    it(`may change its mind by another family's first event while it is in no room, on ${namespace}`, async () => {
      const client = await begin(namespace);
      assert.equal((await client.ask("get-stats", { transportId: crypto.randomUUID() })).code, "not-joined");
      const { consumerData, existingProducers } = await client.get("join-room", { roomId: "changed", peerId: client.id });
      assert.deepEqual([consumerData, existingProducers], [undefined, []]);
    });
  }
});

describe("pinning", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  for (const [name, words] of Object.entries(WORDS)) {
    it(`?dialect=${nameOf(name)} speaks ${name} wherever it connects`, async () => {
      const { path, version } = words.connect;
      // Version 2 sends a query to other namespaces in a form of its own; see docs/adding-a-dialect.md.
      for (const namespace of version === 2 ? ["/"] : ["/", "/mediasoup"]) {
        const client = await connect(server, { namespace, version, path, greeted: false, query: { dialect: nameOf(name) } });
        const capabilities = await words.enter(client, `pinned ${name}`);
        assert.ok(capabilities.codecs);
        await words.send(client);
        assert.equal(typeof (await words.produce(client, "audio")), "string");
        client.close();
      }
    });
  }

  it("is not undone by what another dialect begins with", async () => {
    const pinned = (dialect, more = {}) => connect(server, { namespace: "/", greeted: false, query: { dialect }, ...more });
    const STRANGERS = {
      h: ["createRoom", { room_id: "elsewhere" }],
      c: ["joinRoom", { roomName: "elsewhere" }],
      "a-final": ["join-room", { roomId: "elsewhere", peerId: "x" }],
      e: ["message", { type: "rtpCapabilities" }],
      d: ["getRouterRtpCapabilities", {}],
    };
    // Dialect D's acknowledgements are node's: an error first, even for what it does not know.
    const d = await pinned("d");
    for (const name of ["a-final", "c", "e", "h"]) assert.ok((await d.all(...STRANGERS[name]))[0], name);
    assert.ok((await WORDS.d.enter(d, "pinned")).codecs);
    // Dialect C's have one argument.
    const c = await pinned("c");
    for (const name of ["a-final", "d", "e"]) assert.equal((await c.all(...STRANGERS[name])).length, 1, name);
    await WORDS.c.enter(c, "pinned");
    await WORDS.c.send(c);
    assert.equal(typeof (await c.get("transport-produce", { kind: "audio", rtpParameters: RTP.audio(), appData: {} })).id, "string");
    // Dialect H's first question for capabilities does not make it D.
    const h = await pinned("h");
    await h.ask("getRouterRtpCapabilities", {});
    assert.ok((await WORDS.h.enter(h, "pinned")).codecs);
    const rooms = (await server.rooms()).map(({ id }) => id);
    assert.deepEqual(rooms.filter((id) => id === "elsewhere" || id === "default"), []);
    assert.equal((await server.rooms()).find(({ id }) => id === "pinned").peers.length, 3);
  });

  it("is undone by nothing once an event has told", async () => {
    const client = await connect(server, { namespace: "/", greeted: false });
    await enter(client, "told");
    await client.ask("createRoom");
    await client.ask("getRouterRtpCapabilities", {});
    assert.deepEqual(await client.get("getProducers"), []);
    await client.get("createWebRtcTransport", { consumer: true });
    assert.deepEqual((await server.rooms()).map(({ id }) => id), ["told"]);
  });

  it("leaves who names no dialect that exists to what it says", async () => {
    const client = await connect(server, { query: { dialect: "esperanto" } });
    await enter(client, "esperanto");
    assert.deepEqual(await client.get("getProducers"), []);
  });
});

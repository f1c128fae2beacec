// Nobody touches what is not theirs, and nobody learns whether it exists.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { audio, dtls, enter, produce, video } from "../support/media.mjs";
import { paced } from "../support/pace.mjs";
import { startServer } from "../support/server.mjs";

const native = (server) => connect(server, { query: { dialect: "native" } });

/** A native peer that sends video and, if there is another's, receives it. */
async function peer(server, roomName, remote) {
  const client = await native(server);
  const { rtpCapabilities } = await client.get("joinRoom", { roomName });
  const transport = async (consumer) => (await client.get("createWebRtcTransport", { consumer })).params.id;
  const ids = { send: await transport(false), receive: await transport(true) };
  ids.producer = (await client.get("transport-produce", { transportId: ids.send, kind: "video", rtpParameters: video() })).id;
  if (remote) {
    const wanted = { rtpCapabilities, remoteProducerId: remote, serverConsumerTransportId: ids.receive };
    ids.consumer = (await client.get("consume", wanted)).params.id;
  }
  return { client, ids, rtpCapabilities };
}

/** Every event that takes an id, with that id as its argument and the rest in order. */
const events = ({ ids, rtpCapabilities }) => ({
  "transport-connect": (id) => ({ transportId: id, dtlsParameters: dtls() }),
  "transport-recv-connect": (id) => ({ serverConsumerTransportId: id, dtlsParameters: dtls() }),
  "restart-ice": (id) => ({ transportId: id }),
  "transport-produce": (id) => ({ transportId: id, kind: "audio", rtpParameters: audio() }),
  "producer-close": (id) => ({ producerId: id }),
  "producer-pause": (id) => ({ producerId: id }),
  "producer-resume": (id) => ({ producerId: id }),
  "consume, of": (id) => ({ rtpCapabilities, remoteProducerId: id, serverConsumerTransportId: ids.receive }),
  "consume, on": (id, other) => ({ rtpCapabilities, remoteProducerId: other, serverConsumerTransportId: id }),
  "consumer-resume": (id) => ({ serverConsumerId: id }),
  "consumer-pause": (id) => ({ serverConsumerId: id }),
  "consumer-close": (id) => ({ serverConsumerId: id }),
  "consumer-set-preferred-layers": (id) => ({ serverConsumerId: id, spatialLayer: 0 }),
  "consumer-request-key-frame": (id) => ({ serverConsumerId: id }),
  "get-stats": (id) => ({ transportId: id }),
});

describe("authorisation", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("gives ids that nobody can guess", async () => {
    const random = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const first = await peer(server, "guessed");
    const second = await peer(server, "guessed", first.ids.producer);
    const ids = [first, second].flatMap((one) => Object.values(one.ids));
    assert.equal(new Set(ids).size, 7);
    for (const id of ids) assert.match(id, random);
  });

  it("answers every event about a foreign, closed or impossible id like one about an unknown id", async (t) => {
    const alice = await peer(server, "victims");
    const bob = await peer(server, "victims", alice.ids.producer);
    const carol = await peer(server, "elsewhere");
    const mallory = await peer(server, "victims");
    await carol.client.get("producer-close", { producerId: carol.ids.producer });
    const before = JSON.stringify(await server.rooms());

    let cases = 0;
    for (const [caller, own] of [[carol, null], [mallory, alice.ids.producer]]) {
      const strangers = [...Object.values(alice.ids), ...Object.values(bob.ids)];
      const impossible = [carol.ids.producer, "", "x".repeat(10_000), 42, true, null, [], {}, "00000000-0000-0000-0000-000000000000", ` ${alice.ids.send}`];
      const matrix = Object.entries(events(caller)).flatMap(([name, payload]) => [...strangers, ...impossible].map((id) => [name, payload, id]));
      const unknown = {};
      await paced(matrix, async ([name, payload, id]) => {
        const event = name.split(",")[0];
        // Another's producer in one's own room is there to be consumed.
        if (name === "consume, of" && caller === mallory && [alice.ids.producer, bob.ids.producer].includes(id)) return;
        unknown[name] ??= JSON.stringify(await caller.client.ask(event, payload(crypto.randomUUID(), own ?? crypto.randomUUID())));
        const answer = JSON.stringify(await caller.client.ask(event, payload(id, own ?? crypto.randomUUID())));
        assert.equal(answer, unknown[name], `${name} ${JSON.stringify(id)}`);
        assert.equal(JSON.parse(answer).code, "not-found", name);
        cases += 1;
      });
    }
    t.diagnostic(`${cases} cases`);
    assert.equal(JSON.stringify(await server.rooms()), before, "nothing of the victims changed");
    for (const victim of [alice, bob]) {
      assert.deepEqual(victim.client.heard("producer-closed"), []);
      assert.deepEqual(victim.client.heard("producer-paused"), []);
    }
  });

  it("holds old dialects to the same rule", async () => {
    const [alice, carol] = [await connect(server), await connect(server)];
    await enter(alice, "r1");
    const { id } = await produce(alice);
    const { rtpCapabilities, sendTransport } = await enter(carol, "r2");
    const { params } = await carol.get("createWebRtcTransport", { consumer: true });
    const consume = (remoteProducerId, serverConsumerTransportId) =>
      carol.ask("consume", { rtpCapabilities, remoteProducerId, serverConsumerTransportId });
    const unknown = await consume(crypto.randomUUID(), params.id);
    assert.deepEqual(await consume(id, params.id), unknown);
    assert.deepEqual(unknown.params, { error: "producer not found", code: "not-found" });
    const foreign = (await alice.get("createWebRtcTransport", { consumer: true })).params.id;
    assert.deepEqual(await consume(id, foreign), unknown, "the producer is looked up first");
    assert.equal((await consume((await produce(carol)).id, params.id)).code, "cannot-consume", "one's own");
    assert.ok(sendTransport);
  });

  it("lets nobody consume before joining", async () => {
    const [alice, carol] = [await connect(server), await connect(server)];
    const { rtpCapabilities } = await enter(alice, "r1");
    const { id } = await produce(alice);
    const answer = await carol.ask("consume", { rtpCapabilities, remoteProducerId: id, serverConsumerTransportId: id });
    assert.equal(answer.code, "not-joined");
  });

  it("keeps rooms with strange names apart, or refuses the name", async () => {
    const names = [
      "../", "%00", "\u0000", "x".repeat(256), "__proto__", "constructor", "👩‍👩‍👧", "\u202eabc", "*", "room:*", "a\r\nb", " ", "  ", "\ud800",
      "hasOwnProperty", "default", "Default", "é", "e\u0301",
    ];
    for (const roomName of names) {
      const client = await native(server);
      const answer = await client.ask("joinRoom", { roomName });
      assert.ok(answer.code === "bad-request" || answer.peers.length === 0, JSON.stringify(roomName));
      if (!answer.code) assert.equal(answer.roomName, roomName);
    }
    const rooms = await server.rooms();
    assert.ok(rooms.length >= names.length - 1 && rooms.every((room) => room.peers.length === 1), JSON.stringify(rooms));
    const client = await native(server);
    for (const roomName of ["x".repeat(257), "", 7, null, {}]) {
      assert.equal((await client.ask("joinRoom", { roomName })).code, "bad-request", JSON.stringify(roomName));
    }
    assert.equal((await client.ask("joinRoom", { roomName: "n", displayName: "x".repeat(257) })).code, "bad-request");
  });

  it("takes nobody's word for who they are", async () => {
    const [alice, carol] = [await native(server), await native(server)];
    await alice.get("joinRoom", { roomName: "who" });
    const joined = await carol.get("joinRoom", { roomName: "who", peerId: alice.id, id: alice.id });
    assert.equal(joined.peerId, carol.id);
    assert.deepEqual(joined.peers.map((one) => one.peerId), [alice.id]);
  });

  it("shows its counts to this machine only, and its API to no other origin", async () => {
    const response = await fetch(`${server.url}/api/v1/rooms`, { headers: { origin: "https://elsewhere.test" } });
    assert.equal(response.headers.get("access-control-allow-origin"), null);
    const polling = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: "https://elsewhere.test" } });
    assert.equal(polling.headers.get("access-control-allow-origin"), "https://elsewhere.test");
    assert.equal(polling.headers.get("access-control-allow-credentials"), "true");
    const preflight = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling&sid=x`, {
      method: "OPTIONS",
      headers: { origin: "http://localhost:5173", "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    assert.equal(preflight.status, 200);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "http://localhost:5173");
  });
});

// Dialect B, the tutorials without rooms, as client versions 4 and 2 speak it on both namespaces.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect, NAMESPACES, VERSIONS } from "../support/client.mjs";
import { dtls, produce } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";

async function publish(client, hello) {
  const { rtpCapabilities } = await client.get(hello);
  await client.get("createWebRtcTransport", { sender: true });
  client.say("transport-connect", { dtlsParameters: dtls() });
  return { rtpCapabilities, ...(await produce(client, "video")) };
}

async function watch(client, rtpCapabilities) {
  await client.get("createWebRtcTransport", { sender: false });
  const { params } = await client.get("consume", { rtpCapabilities });
  client.say("transport-recv-connect", { dtlsParameters: dtls() });
  client.say("consumer-resume");
  return params;
}

describe("dialect B", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  for (const version of VERSIONS) {
    for (const namespace of NAMESPACES) {
      for (const hello of ["getRtpCapabilities", "createRoom"]) {
        it(`publishes and watches, client ${version} on ${namespace} with ${hello}`, async () => {
          const alice = await connect(server, { version, namespace });
          assert.equal(alice.heard("connection-success")[0].existsProducer, false);
          const published = await publish(alice, hello);
          const own = await watch(alice, published.rtpCapabilities);
          assert.equal(own.producerId, published.id, "a tab may watch itself");

          const bob = await connect(server, { version, namespace });
          const [welcome] = bob.heard("connection-success");
          assert.deepEqual([welcome.existsProducer, welcome.isProducerExist], [true, true]);
          const other = await publish(bob, hello);
          assert.equal((await watch(bob, other.rtpCapabilities)).producerId, published.id, "others first");
          assert.equal((await watch(alice, published.rtpCapabilities)).producerId, other.id, "others first");

          await Promise.all([alice.flush(), bob.flush()]);
          const [room] = await server.rooms();
          const consumers = room.peers.flatMap((peer) => peer.consumers);
          assert.equal(consumers.length, 3);
          assert.ok(consumers.every((consumer) => !consumer.paused), "resume without arguments resumes all");
          for (const one of [alice, bob]) one.close();
          await server.empty();
          // On `/` nobody knows yet whether this is a frontend that waits for the other welcome.
          const welcomes = namespace === "/" ? ["connection-success", "message"] : ["connection-success"];
          assert.deepEqual([...new Set(alice.told.map((one) => one.event))], welcomes);
        });
      }
    }
  }

  it("prefers the newest of the others", async () => {
    const clients = [];
    for (let n = 0; n < 3; n++) clients.push(await connect(server));
    const published = [];
    for (const client of clients) published.push(await publish(client, "createRoom"));
    assert.equal((await watch(clients[0], published[0].rtpCapabilities)).producerId, published[2].id);
    assert.equal((await watch(clients[2], published[2].rtpCapabilities)).producerId, published[1].id);
    for (const client of clients) client.close();
    await server.empty();
  });

  it("answers params.error while nobody publishes", async () => {
    const client = await connect(server);
    const { rtpCapabilities } = await client.get("createRoom");
    await client.get("createWebRtcTransport", { sender: false });
    const answer = await client.ask("consume", { rtpCapabilities });
    assert.equal(answer.params.error, "producer not found");
    assert.equal(answer.params.code, "not-found");
    client.close();
    await server.empty();
  });

  it("has a receive transport per producer where its client names one, and hears of producers it asked for", async () => {
    const [alice, bob] = [await connect(server), await connect(server)];
    await publish(alice, "createRoom");
    const { rtpCapabilities } = await bob.get("createRoom");
    const [first] = await bob.get("getProducers");
    const { id: second } = await produce(alice, "audio");
    assert.deepEqual(await bob.hears("producer-add"), [second]);
    for (const producerId of [first, second]) {
      await bob.get("createWebRtcTransport", { sender: false, producerId });
    }
    for (const producerId of [first, second]) {
      const { params } = await bob.get("consume", { rtpCapabilities, producerId });
      assert.equal(params.producerId, producerId);
      assert.equal(await bob.ask("transport-recv-connect", { dtlsParameters: dtls(), producerId }), false);
    }
    const [room] = await server.rooms();
    const { consumers } = room.peers.find(({ consumers: all }) => all.length > 0);
    assert.equal(new Set(consumers.map(({ transportId }) => transportId)).size, 2);

    assert.deepEqual(await alice.ask("tracksEnded", "the tracks ended"), { closed: true });
    assert.deepEqual((await bob.hears("producer-remove", 2)).toSorted(), [first, second].toSorted());
    assert.deepEqual(await bob.get("getProducers"), []);
    for (const one of [alice, bob]) one.close();
    await server.empty();
  });

  it("B2: a bare truth tells whether a transport is to receive", async () => {
    const client = await connect(server, { query: { dialect: "b2" } });
    await client.get("getRouterRtpCapabilities");
    const directions = { true: "receive", false: "send" };
    for (const isConsumer of [true, false]) {
      const { params } = await client.get("createTransport", isConsumer);
      const made = (await server.rooms())[0].peers[0].transports.find(({ id }) => id === params.id);
      assert.equal(made.direction, directions[isConsumer]);
    }
    client.close();
    await server.empty();
  });
});

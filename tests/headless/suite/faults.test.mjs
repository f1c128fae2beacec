// Our own faults, made on purpose in a binary that can (feature fault-injection): a handler that panics
// and a worker that dies. MISO_FAULTS_BIN names such a binary; `make test-headless` builds one.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { dtls, enter, produce, video } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const BINARY = process.env.MISO_FAULTS_BIN;
const native = (server) => connect(server, { query: { dialect: "native" } });
const told = async (server, path) => {
  const response = await fetch(server.url + path);
  return { code: response.status, ...(await response.json()) };
};

describe("faults", () => {
  let server;
  before(async () => {
    assert.ok(BINARY, "MISO_FAULTS_BIN must name a binary built with --features fault-injection");
    server = await startServer({ workers: 2, binary: BINARY });
  });
  afterEach(closeAll);
  after(() => server?.stop());

  it("a panicking handler is answered, and its socket goes on", async () => {
    for (const client of [await connect(server), await native(server)]) {
      const joined = await client.get("joinRoom", { roomName: "panic" });
      assert.equal((await client.ask("fault-panic")).code, "internal");
      assert.deepEqual((await client.get("joinRoom", { roomName: "panic" })).rtpCapabilities, joined.rtpCapabilities);
    }
    assert.equal((await server.state()).peers, 2);
  });

  it("a dead worker closes its rooms and no others, and new rooms work at once", async () => {
    const peers = {};
    for (const room of ["one", "two"]) {
      peers[room] = [await native(server), await connect(server)];
      await peers[room][0].get("joinRoom", { roomName: room });
      await enter(peers[room][1], room);
    }
    const { id } = await produce(peers.one[1]);
    await peers.one[0].hears("new-producer");
    const listener = await connect(server);
    await enter(listener, "one");
    assert.deepEqual(await listener.get("getProducers"), [id]);
    const workers = (await server.rooms()).map((room) => room.worker);
    assert.equal(new Set(workers).size, 2, "rooms are spread over workers");

    await peers.one[0].ask("fault-worker");
    assert.deepEqual(await peers.one[0].hears("room-closed"), [{ reason: "worker-died" }]);
    assert.deepEqual((await listener.hears("producer-closed")).map((p) => p.remoteProducerId), [id]);
    assert.equal((await peers.one[1].ask("getProducers")).code, "not-joined");
    assert.deepEqual(peers.two[0].heard("room-closed"), []);
    assert.equal((await produce(peers.two[1])).producersExist, false);
    await peers.two[0].hears("new-producer");

    await peers.one[0].get("joinRoom", { roomName: "one" });
    await enter(peers.one[1], "one");
    await produce(peers.one[1]);
    await peers.one[0].hears("new-producer", 2);
    await until("the worker is back", async () => (await (await fetch(`${server.url}/healthz`)).json()).status === "ok");
  });

  it("a stuck worker costs its callers a timeout within 10 s, others nothing, and recovers", async () => {
    const [stuck, free] = [await connect(server), await native(server)];
    await stuck.get("joinRoom", { roomName: "stuck" });
    await free.get("joinRoom", { roomName: "free" });
    assert.equal(new Set((await server.rooms()).map((room) => room.worker)).size, 2, "rooms are spread over workers");
    await stuck.ask("fault-stall");
    // Asked at once and answered in order: the first waits for the worker, the others for the first.
    // `ask` itself fails after 10 s.
    const late = Promise.all([1, 2, 3].map(() => stuck.ask("createWebRtcTransport", { consumer: true })));
    assert.ok((await free.get("createWebRtcTransport", { consumer: true })).params.id);
    await until("new calls should go elsewhere", async () => (await told(server, "/readyz")).code === 503);
    assert.deepEqual(await told(server, "/readyz"), { code: 503, status: "not-ready", reasons: ["1 of 2 media workers run"] });
    assert.deepEqual(await told(server, "/healthz"), { code: 200, status: "degraded", workers: 2, running: 1 });
    assert.deepEqual((await late).map((answer) => answer.code), ["timeout", "timeout", "timeout"]);
    await until("it is back", async () => !(await stuck.ask("createWebRtcTransport", { consumer: true })).error, 20_000);
    // What was given up on is gone: one transport each.
    await until("one transport each", async () => (await server.state()).engine.transports === 2);
    assert.deepEqual(await told(server, "/readyz"), { code: 200, status: "ready", reasons: [] });
  });

  /** What is asked of a slow worker by a connection that is taken over meanwhile. */
  const UNDER_WAY = {
    "transport-produce": ({ sending }) => ({ transportId: sending, kind: "video", rtpParameters: video(), appData: {} }),
    createWebRtcTransport: () => ({ consumer: true }),
    consume: ({ receiving, rtpCapabilities, producerId }) =>
      ({ rtpCapabilities, remoteProducerId: producerId, serverConsumerTransportId: receiving }),
    "transport-connect": ({ sending }) => ({ transportId: sending, dtlsParameters: dtls() }),
  };

  for (const [event, payload] of Object.entries(UNDER_WAY)) {
    it(`${event} of a connection that was taken over meanwhile comes to nothing`, async () => {
      const roomName = `over ${event}`;
      const [old, bystander, again] = [await native(server), await connect(server), await native(server)];
      await enter(bystander, roomName);
      const { id: producerId } = await produce(bystander);
      const { resumeToken, peerId, rtpCapabilities } = await old.get("joinRoom", { roomName });
      const transport = async (consumer) => (await old.get("createWebRtcTransport", { consumer })).params.id;
      const [sending, receiving] = [await transport(false), await transport(true)];
      await old.get("fault-stall", { milliseconds: 1_500 });
      const late = old.ask(event, payload({ sending, receiving, rtpCapabilities, producerId }));
      // Asked after it, by another connection to the same server; not of the worker.
      await fetch(`${server.url}/healthz`);
      const { resumed, own } = await again.get("joinRoom", { roomName, resumeToken });
      assert.equal(resumed, true);
      assert.equal((await late).code, "not-joined");
      const found = (await server.rooms()).find(({ id }) => id === roomName).peers.find(({ id }) => id === peerId);
      const ids = (all) => all.map(({ id }) => id).toSorted();
      for (const kind of ["transports", "producers", "consumers"]) {
        assert.deepEqual(ids(found[kind]), own[kind].toSorted(), kind);
      }
      assert.deepEqual(own.transports.toSorted(), [sending, receiving].toSorted());
      await bystander.flush();
      assert.deepEqual(bystander.heard("new-producer"), []);
      for (const one of [old, bystander, again]) one.close();
      await until("nothing of it is left", async () => (await server.rooms()).every(({ id }) => id !== roomName));
    });
  }

  it("nothing is left", async () => {
    await server.empty();
  });
});

describe("a worker that dies too often", () => {
  let server;
  before(async () => (server = await startServer({ workers: 1, binary: BINARY })));
  after(async () => {
    closeAll();
    await server?.stop();
  });

  it("is given up: the server says that it is not ready, and why", async () => {
    const client = await native(server);
    // Five are survived within a minute.
    for (let deaths = 1; deaths <= 6; deaths += 1) {
      assert.deepEqual(await told(server, "/readyz"), { code: 200, status: "ready", reasons: [] });
      await client.get("joinRoom", { roomName: `the ${deaths}.` });
      await client.ask("fault-worker");
      await client.hears("room-closed", deaths);
      if (deaths < 6) await until("it is replaced", async () => (await told(server, "/healthz")).status === "ok");
    }
    const given = { code: 503, status: "not-ready", reasons: ["0 of 1 media workers run"] };
    assert.deepEqual(await told(server, "/readyz"), given);
    assert.deepEqual(await told(server, "/healthz"), { code: 503, status: "down", workers: 1, running: 0 });
    assert.ok((await client.ask("joinRoom", { roomName: "after all" })).error);
    assert.deepEqual(await told(server, "/readyz"), given);
  });
});

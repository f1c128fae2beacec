// Coming and going: whatever moment a client leaves at, nothing of it stays.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { consume, dtls, enter, produce, video } from "../support/media.mjs";
import { newSeed, random } from "../support/random.mjs";
import { startServer } from "../support/server.mjs";
import { tick } from "../support/wait.mjs";

/** So many waves in a row must find memory level; the allocator's highest mark is reached within some of them, or 40. */
const LEVEL = 6;
const WAVES = 40;
const CYCLES = Number(process.env.CHURN ?? 1_000);
const PARALLEL = 50;

describe("join and leave churn", () => {
  let server;
  // On a busy machine whoever has left is counted for a while beside the 50 who are there.
  before(async () => (server = await startServer({ flags: ["--sockets-per-address", "1000"] })));
  afterEach(closeAll);
  after(() => server.stop());

  it(`leaves nothing behind after waves of ${CYCLES} visits`, async (t) => {
    const states = [];
    // What leaks grows with every wave for ever: 300 bytes a visit are 5 % in as many waves, and never level. What the
    // allocator keeps grows to a highest mark.
    const resident = () => states.map((state) => state.process.residentBytes);
    const isLevel = (last) => last.length === LEVEL && Math.max(...last) <= Math.min(...last) * 1.05;
    for (let wave = 0; wave < WAVES && !isLevel(resident().slice(-LEVEL)); wave++) {
      let next = 0;
      await Promise.all(Array.from({ length: PARALLEL }, async () => {
        while (next < CYCLES) await visit(`wave-${next++ % 40}`);
      }));
      states.push(await server.empty());
    }
    const descriptors = states.map((state) => state.process.fileDescriptors);
    const tasks = states.map((state) => state.process.tasks);
    t.diagnostic(`resident ${resident()}, descriptors ${descriptors}, tasks ${tasks}`);
    assert.ok(isLevel(resident().slice(-LEVEL)), `resident memory grows: ${resident()}`);
    assert.ok(descriptors.at(-1) <= descriptors[1] + 2, `descriptors grow: ${descriptors}`);
  });

  async function visit(room) {
    const client = await connect(server);
    await enter(client, room);
    await produce(client);
    client.close();
  }

  it("leaves nothing behind when clients go in the middle of anything", async (t) => {
    const seed = newSeed();
    t.diagnostic(`seed ${seed}`);
    const rng = random(seed);
    await Promise.all(Array.from({ length: 40 }, async (_, lane) => {
      for (let n = 0; n < 25; n++) await cutShort(rng, `cut-${lane % 5}`);
    }));
    await server.empty();
    assert.doesNotMatch(server.log(), /panick/);
  });

  /** Sends a whole call without waiting for any answer, and goes after 0 to 5 ms. */
  async function cutShort(rng, roomName) {
    const client = await connect(server);
    client.say("joinRoom", { roomName });
    client.say("createWebRtcTransport", { consumer: false });
    client.say("transport-connect", { dtlsParameters: dtls() });
    client.say("transport-produce", { kind: "video", rtpParameters: video(), appData: {} });
    client.say("createWebRtcTransport", { consumer: true });
    client.say("getProducers");
    client.say("consumer-resume");
    if (rng.below(2)) await tick(rng.below(6));
    if (rng.below(2)) client.socket.io.engine.close();
    client.close();
  }

  it("never gives a consumer of a producer that is gone", async (t) => {
    const seed = newSeed();
    t.diagnostic(`seed ${seed}`);
    const rng = random(seed);
    const outcomes = { consumed: 0, refused: 0 };
    await Promise.all(Array.from({ length: 10 }, async (_, lane) => {
      for (let n = 0; n < 20; n++) await race(rng, `race-${lane}-${n}`, outcomes);
    }));
    t.diagnostic(JSON.stringify(outcomes));
    assert.equal(outcomes.consumed + outcomes.refused, 200);
    await server.empty();
  });

  async function race(rng, room, outcomes) {
    const [alice, bob] = await Promise.all([connect(server), connect(server)]);
    await enter(alice, room);
    const { id } = await produce(alice);
    const { rtpCapabilities } = await enter(bob, room);
    await bob.get("getProducers");
    const wanted = consume(bob, rtpCapabilities, id).then(() => "consumed", () => "refused");
    await tick(rng.below(4));
    alice.close();
    outcomes[await wanted] += 1;
    await bob.hears("producer-closed");
    await bob.flush();
    assert.equal(bob.heard("producer-closed").length, 1, `seed of the run is printed above`);
    const [view] = (await server.rooms()).filter((one) => one.id === room);
    assert.deepEqual(view.peers.flatMap((peer) => peer.consumers), []);
    bob.close();
  }
});

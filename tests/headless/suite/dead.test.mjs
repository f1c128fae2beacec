// Clients that vanish without a word: found out, and everything of theirs is freed. How soon is a matter of how often hearts are
// to beat, which src/config/signaling.rs tests against what is promised.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import WebSocket from "ws";
import { closeAll, connect } from "../support/client.mjs";
import { enter, dtls, video } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

/** Twice what it takes at worst, which is a heartbeat and the patience for its answer: a busy machine is no failure. */
const NOTICED = 30_000;

/** Joins and publishes over a bare WebSocket that never answers a heartbeat. */
async function corpse(server, version, room) {
  const raw = new WebSocket(`${server.url.replace("http", "ws")}/socket.io/?EIO=${version}&transport=websocket`);
  const got = [];
  raw.on("message", (data) => got.push(data.toString()));
  raw.on("error", () => {});
  await new Promise((resolve) => raw.once("open", resolve));
  raw.send("40/mediasoup,");
  await until("welcome", () => got.some((packet) => packet.startsWith("42/mediasoup") && packet.includes("connection-success")));
  const say = (event, payload) => raw.send(`42/mediasoup,1${JSON.stringify([event, payload])}`);
  say("joinRoom", { roomName: room });
  say("createWebRtcTransport", { consumer: false });
  say("transport-connect", { dtlsParameters: dtls() });
  say("transport-produce", { kind: "video", rtpParameters: video(), appData: {} });
  return raw;
}

describe("dead clients", { concurrency: true }, () => {
  let server;
  before(async () => (server = await startServer()));
  after(async () => {
    closeAll();
    await server.empty();
    await server.stop();
  });

  for (const version of [4, 3]) {
    it(`are found out and announced once, engine.io ${version}`, async () => {
      const watcher = await connect(server, { version: version === 4 ? 4 : 2 });
      await enter(watcher, `dead-${version}`);
      await corpse(server, version, `dead-${version}`);
      const [{ producerId }] = await watcher.hears("new-producer");
      await until("producer-closed", () => watcher.heard("producer-closed").length > 0, NOTICED);
      await watcher.flush();
      assert.deepEqual(watcher.heard("producer-closed").map((p) => p.remoteProducerId), [producerId]);
      const [room] = (await server.rooms()).filter((one) => one.id === `dead-${version}`);
      assert.equal(room.peers.length, 1);
    });
  }

  it("are dropped when they never say which namespace they want", async () => {
    const raw = new WebSocket(`${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    raw.on("message", (data) => data.toString() === "2" && raw.send("3"));
    await until("closed", () => raw.readyState === WebSocket.CLOSED, NOTICED);
  });

  it("lose transports that are never connected after 30 s, and hear of it", async () => {
    const client = await connect(server, { query: { dialect: "native" } });
    await client.get("joinRoom", { roomName: "idle" });
    const { params } = await client.get("createWebRtcTransport", { consumer: true });
    await until("transport-closed", () => client.heard("transport-closed").length > 0, 35_000);
    assert.deepEqual(client.heard("transport-closed"), [{ transportId: params.id, reason: "connect-timeout" }]);
    assert.equal((await client.ask("get-stats", { transportId: params.id })).code, "not-found");
    const [room] = (await server.rooms()).filter((one) => one.id === "idle");
    assert.deepEqual(room.peers[0].transports, []);
    client.close();
  });
});

// Its memory is measured: nothing else may happen in its server, nor beside it.
describe("a dead client that still talks", () => {
  let server;
  before(async () => (server = await startServer()));
  after(async () => {
    await server.empty();
    await server.stop();
  });

  it("is dropped when it asks without end and reads nothing, and costs little memory until then", async (t) => {
    const raw = new WebSocket(`${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    let closed = false;
    raw.on("close", () => (closed = true));
    raw.on("error", () => (closed = true));
    await new Promise((resolve) => raw.once("open", resolve));
    raw.send("40/mediasoup,");
    raw._socket.pause();
    const before = (await server.state()).process.residentBytes;
    let most = before;
    // Heartbeats are answered unread; every answer asked for is 15 KB long.
    const asking = setInterval(() => {
      raw.send("3");
      for (let n = 0; n < 9; n++) raw.send('42/mediasoup,1["joinRoom",{"roomName":"greedy"}]');
    }, 100);
    const inside = async () => (await server.rooms()).some((room) => room.id === "greedy");
    await until("it is in", inside);
    const start = performance.now();
    await until("it is out", async () => {
      most = Math.max(most, (await server.state()).process.residentBytes);
      return closed || !(await inside());
    }, 20_000);
    t.diagnostic(`out after ${Math.round(performance.now() - start)} ms; resident memory grew by ${most - before} bytes`);
    clearInterval(asking);
    raw.terminate();
    assert.ok(most - before < 8 * 1024 * 1024);
  });
});

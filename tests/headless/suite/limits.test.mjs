// Every limit is reached exactly, has its own word, and gives back what it took.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import WebSocket from "ws";
import { Client, closeAll, connect } from "../support/client.mjs";
import { audio, dtls, enter, produce, video } from "../support/media.mjs";
import { paced } from "../support/pace.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const MESSAGE_BYTES = 256 * 1024;
const SOCKETS_PER_ADDRESS = 64;
const SESSIONS_PER_ADDRESS = 256;

/** Asks until refused; gives how often it worked, and the refusal. */
async function untilRefused(most, ask) {
  const answers = await paced(Array.from({ length: most + 1 }), (_, n) => ask(n));
  const refused = answers.filter((answer) => answer.error);
  return { worked: answers.length - refused.length, refusal: answers.at(-1), refused: refused.length };
}

describe("limits", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("64 transports a peer", async () => {
    const client = await connect(server);
    await client.get("joinRoom", { roomName: "limits" });
    const { worked, refusal } = await untilRefused(64, () => client.ask("createWebRtcTransport", { consumer: true }));
    assert.deepEqual([worked, refusal.code], [64, "limit-transports"]);
    client.close();
    await server.empty();
  });

  it("32 producers a peer", async () => {
    const client = await connect(server);
    await enter(client, "limits");
    const { worked, refusal } = await untilRefused(32, () =>
      client.ask("transport-produce", { kind: "audio", rtpParameters: { ...audio(), mid: undefined } }));
    assert.deepEqual([worked, refusal.code], [32, "limit-producers"]);
    client.close();
    await server.empty();
  });

  it("512 consumers a peer", async () => {
    const [alice, bob] = [await connect(server), await connect(server)];
    await enter(alice, "limits");
    const { id } = await produce(alice, "audio");
    const { rtpCapabilities } = await enter(bob, "limits");
    const { params } = await bob.get("createWebRtcTransport", { consumer: true });
    const wanted = { rtpCapabilities, remoteProducerId: id, serverConsumerTransportId: params.id };
    const { worked, refusal } = await untilRefused(512, () => bob.ask("consume", wanted));
    assert.deepEqual([worked, refusal.code], [512, "limit-consumers"]);
    alice.close();
    await bob.hears("producer-closed");
    bob.close();
    await server.empty();
    assert.equal(bob.heard("producer-closed").length, 1);
  });

  it("4 KiB of appData", async () => {
    const client = await connect(server);
    await enter(client, "limits");
    const answer = await client.ask("transport-produce", { kind: "video", rtpParameters: video(), appData: { text: "x".repeat(4 * 1024) } });
    assert.equal(answer.code, "bad-request");
  });

  it(`${SOCKETS_PER_ADDRESS} sockets an address`, async () => {
    const clients = await Promise.all(Array.from({ length: SOCKETS_PER_ADDRESS }, () => connect(server, { transports: ["polling"] })));
    const more = new Client(server, { transports: ["polling"] });
    await until("refused", () => more.refused);
    assert.equal(more.refused.message, "limit-sockets");
    more.close();
    clients[0].close();
    await until("room for another", async () => (await server.state()).sockets < SOCKETS_PER_ADDRESS);
    await connect(server, { transports: ["polling"] });
    closeAll();
    for (const client of clients) client.close();
    await server.empty();
  });

  it(`${SESSIONS_PER_ADDRESS} connections an address that name no namespace, for 10 s`, async () => {
    const open = () => fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
    await server.empty();
    await until("no connection is left", async () => (await server.state()).sessions === 0, 15_000);
    for (let n = 0; n < SESSIONS_PER_ADDRESS; n++) assert.equal((await open()).status, 200);
    const refused = await open();
    assert.deepEqual([refused.status, await refused.json()], [429, { code: 4, message: "limit-sockets" }]);
    await until("they are gone", async () => (await server.state()).sessions === 0, 15_000);
    await connect(server);
  });

  it("a burst of events: each is answered, the socket lives, others do not notice", async () => {
    const [flooder, other] = [await connect(server), await connect(server)];
    const answers = Promise.all(Array.from({ length: 3_000 }, () => flooder.ask("getProducers")));
    await enter(other, "calm");
    await produce(other);
    const codes = (await answers).map((answer) => answer.code);
    assert.ok(codes.filter((code) => code === "not-joined").length >= 200);
    assert.ok(codes.filter((code) => code === "rate-limited").length > 2_000);
    await until("slow again", async () => (await flooder.ask("joinRoom", { roomName: "calm" })).rtpCapabilities);
  });

  it("an endless flood costs the socket", async () => {
    const flooder = await connect(server);
    const sender = setInterval(() => {
      for (let n = 0; n < 5_000; n++) flooder.socket.emit("getProducers", () => {});
    }, 10);
    await until("dropped", () => !flooder.socket.connected, 20_000);
    clearInterval(sender);
    flooder.close();
    await server.empty();
  });

  it("unknown events nobody waits for cost nothing, even many", async () => {
    const client = await connect(server);
    for (let n = 0; n < 5_000; n++) client.say("sounds", n % 2 ? "speak" : "listen");
    await enter(client, "sounds");
    assert.equal((await produce(client)).producersExist, false);
    assert.equal((await client.ask("sounds", "speak")).code, "unknown-event");
  });

  describe("message sizes", () => {
    const message = (bytes) => {
      const head = '42/mediasoup,9["size","';
      return `${head}${"x".repeat(bytes - head.length - 2)}"]`;
    };

    for (const [bytes, accepted] of [[MESSAGE_BYTES - 1, true], [MESSAGE_BYTES, true], [MESSAGE_BYTES + 1, false], [10e6, false], [60e6, false]]) {
      it(`${accepted ? "takes" : "refuses"} ${bytes} bytes over WebSocket`, async () => {
        const raw = new WebSocket(`${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
        const got = [];
        let closed = false;
        raw.on("message", (data) => got.push(data.toString()));
        raw.on("close", () => (closed = true));
        raw.on("error", () => {});
        await new Promise((resolve) => raw.once("open", resolve));
        raw.send("40/mediasoup,");
        await until("welcome", () => got.some((packet) => packet.includes("connection-success")));
        const before = (await server.state()).process.residentBytes;
        raw.send(message(bytes));
        const answered = () => got.some((packet) => packet.startsWith("43/mediasoup,9"));
        await until("an answer or an end", () => answered() || closed);
        assert.deepEqual([answered(), closed], [accepted, !accepted]);
        const after = (await server.state()).process.residentBytes;
        assert.ok(after - before < 4 * 1024 * 1024, `resident memory grew by ${after - before}`);
        raw.terminate();
        await server.empty();
      });

      it(`${accepted ? "takes" : "refuses"} ${bytes} bytes over polling`, async () => {
        const base = `${server.url}/socket.io/?EIO=4&transport=polling`;
        const { sid } = JSON.parse((await (await fetch(base)).text()).slice(1));
        const post = (body) => fetch(`${base}&sid=${sid}`, { method: "POST", body, headers: { "content-type": "text/plain;charset=UTF-8" } });
        await post("40/mediasoup,");
        const poll = async () => (await fetch(`${base}&sid=${sid}`)).text();
        let text = "";
        await until("welcome", async () => (text += await poll()).includes("connection-success"));
        const status = await post(message(bytes)).then((response) => response.status, () => 0);
        assert.equal(status === 200, accepted, `status ${status}`);
        if (accepted) await until("an answer", async () => (await poll()).includes("43/mediasoup,9"));
        await post("1").catch(() => {});
        await server.empty();
      });
    }
  });
});

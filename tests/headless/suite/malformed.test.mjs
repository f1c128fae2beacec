// What no honest client sends: 5,000 malformed events, raw frames, deep nesting. Everything with an
// acknowledgement is answered, and nobody else notices.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import WebSocket from "ws";
import { closeAll, connect } from "../support/client.mjs";
import { dtls, enter, produce, video } from "../support/media.mjs";
import { paced } from "../support/pace.mjs";
import { newSeed, random } from "../support/random.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const EVENTS = 5_000;
const SOCKETS = 20;

// Good payloads of events that take one, to be spoiled.
const GOOD = {
  joinRoom: { roomName: "elsewhere" },
  createWebRtcTransport: { consumer: true },
  "transport-connect": { dtlsParameters: dtls() },
  "transport-recv-connect": { dtlsParameters: dtls(), serverConsumerTransportId: crypto.randomUUID() },
  "transport-produce": { kind: "video", rtpParameters: video(), appData: {} },
  consume: { rtpCapabilities: { codecs: [], headerExtensions: [] }, remoteProducerId: crypto.randomUUID(), serverConsumerTransportId: crypto.randomUUID() },
  "consumer-resume": { serverConsumerId: crypto.randomUUID() },
};

const nested = (depth) => {
  let value = 1;
  for (let n = 0; n < depth; n++) value = n % 2 ? [value] : { a: value };
  return value;
};

const JUNK = [
  () => undefined, () => null, () => true, () => 0, () => -1, () => 1e308, () => 2 ** 53, () => "NaN", () => "", () => [],
  () => [[]], () => {}, () => ({}), () => "x".repeat(200_000), () => "\u0000\ud800", () => nested(40), () => nested(1_000),
  () => JSON.parse('{"__proto__":{"polluted":true}}'), () => ({ constructor: { prototype: null } }), () => [1, "2", { three: 3 }],
  () => Buffer.from("binary"), () => ({ buffer: Buffer.from("binary") }),
];

/** One event that cannot succeed. */
function malformed(rng) {
  const kind = rng.below(10);
  if (kind === 0) return [`unknown-${rng.below(1e6)}`, rng.pick(JUNK)()];
  const event = rng.pick(Object.keys(GOOD));
  if (kind <= 4) return [event, rng.pick(JUNK)()];
  const payload = structuredClone(GOOD[event]);
  spoil(payload, rng);
  return [event, payload];
}

/** Replaces one value somewhere in the payload. */
function spoil(object, rng) {
  const key = rng.pick(Object.keys(object));
  const inner = object[key];
  if (inner && typeof inner === "object" && Object.keys(inner).length > 0 && rng.below(3) > 0) return spoil(inner, rng);
  object[key] = rng.pick(JUNK)();
}

describe("malformed input", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it(`answers ${EVENTS} malformed events and goes on`, async (t) => {
    const seed = newSeed();
    t.diagnostic(`seed ${seed}`);
    const bystander = await connect(server);
    await enter(bystander, "bystander");
    const rng = random(seed);
    const clients = await Promise.all(Array.from({ length: SOCKETS }, () => connect(server)));
    // In a room, so that payloads are judged; without any transport, so that none can succeed.
    for (const client of clients) await client.get("joinRoom", { roomName: "malformed" });
    let answers = 0;
    const codes = {};
    await Promise.all(clients.map(async (client) => {
      const events = Array.from({ length: EVENTS / SOCKETS }, () => malformed(rng));
      await paced(events, async (event) => {
        const answer = await client.ask(...event);
        answers += 1;
        codes[answer.code ?? "none"] = (codes[answer.code ?? "none"] ?? 0) + 1;
        assert.ok(answer.error ? answer.params.error === answer.error && answer.code : harmless(event, answer),
          `seed ${seed}: ${JSON.stringify(event).slice(0, 300)} → ${JSON.stringify(answer)}`);
      });
    }));
    t.diagnostic(`answers by code ${JSON.stringify(codes)}`);
    assert.equal(answers, EVENTS);
    assert.ok(clients.every((client) => client.socket.connected), `seed ${seed}: a socket was dropped`);
    assert.equal((await produce(bystander)).producersExist, false);
    assert.equal(server.exit, null);
    assert.doesNotMatch(server.log(), /panick/);
  });

  /** What a spoiled payload may still mean: members nobody reads, a resume of nothing, a transport. */
  function harmless([event, payload], answer) {
    if (event === "transport-recv-connect") return answer === false && payload.serverConsumerTransportId == null;
    return (event === "consumer-resume" && answer.resumed) || (event === "createWebRtcTransport" && answer.id);
  }

  const frames = [
    "", "4", "40", "41/nowhere,", "42", "42[", "42[]", "42{}", "42[1]", "42[null,1]", '42["x"', '42/mediasoup,["x"', "42/mediasoup,[]",
    "43", "430[]", '43/mediasoup,99999["x"]', "44", "45", "45-", '451-["x",{"_placeholder":true,"num":0}]',
    '4599999-["x",{"_placeholder":true,"num":0}]', '461-7[{"_placeholder":true,"num":9}]', "46", "49", "5", "6", "7x",
    '42/mediasoup,99999999999999999999["joinRoom",{}]', '42/mediasoup,-1["joinRoom",{}]', `42/${"n".repeat(5000)},["x"]`,
    `42/mediasoup,1["${"e".repeat(100_000)}"]`, '42/mediasoup,1["a\\"b"]', "\u0000", "4\u{1F600}",
  ];

  it("survives raw frames of every wrong shape", async () => {
    for (const frame of frames) {
      const raw = await rawSocket(server);
      raw.send(frame);
      await until(`a frame ${JSON.stringify(frame.slice(0, 60))} is answered or ends the socket`, async () => {
        if (raw.readyState !== WebSocket.OPEN) return true;
        raw.send('42/mediasoup,5["still-there"]');
        return until("an answer", () => raw.readyState !== WebSocket.OPEN || raw.got.some((p) => p.startsWith("43/mediasoup,5")), 3_000);
      });
      raw.terminate();
    }
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    assert.doesNotMatch(server.log(), /panick/);
    await server.empty();
  });

  it("answers nesting far beyond what JSON libraries take", async () => {
    for (const depth of [33, 128, 10_000, 100_000]) {
      const raw = await rawSocket(server);
      raw.send(`42/mediasoup,7["joinRoom",${"[".repeat(depth)}${"]".repeat(depth)}]`);
      await until(`nesting ${depth} answered`, () => raw.got.some((packet) => packet.startsWith("43/mediasoup,7") && packet.includes("bad-request")));
      raw.terminate();
    }
  });

  it("refuses RTP parameters that would start a line in the SDP of others", async () => {
    const alice = await connect(server);
    await enter(alice, "lines");
    const line = "x\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host";
    const spoils = [
      (rtp) => (rtp.rtcp = { ...rtp.rtcp, cname: line }),
      (rtp) => (rtp.mid = line),
      (rtp) => (rtp.msid = line),
      (rtp) => (rtp.codecs[0].parameters = { ...rtp.codecs[0].parameters, [line]: 1 }),
      (rtp) => (rtp.codecs[0].parameters = { ...rtp.codecs[0].parameters, "x-name": line }),
    ];
    for (const spoil of spoils) {
      const rtpParameters = video();
      spoil(rtpParameters);
      const { code } = await alice.ask("transport-produce", { kind: "video", rtpParameters, appData: {} });
      assert.equal(code, "invalid-rtp-parameters");
    }
  });

  it("does not answer who does not ask", async () => {
    const raw = await rawSocket(server);
    for (const text of ['["unknown"]', '["joinRoom"]', '["joinRoom",{"roomName":7}]', '["consume",null]']) raw.send(`42/mediasoup,${text}`);
    raw.send('42/mediasoup,3["last"]');
    await until("the last is answered", () => raw.got.some((packet) => packet.startsWith("43/mediasoup,3")));
    const packets = raw.got.filter((packet) => packet.startsWith("4") && !packet.startsWith("40"));
    assert.equal(packets.length, 2, JSON.stringify(packets));
    raw.terminate();
  });
});

/** An engine.io connection without any library's manners, in `/mediasoup`. */
async function rawSocket(server) {
  const raw = new WebSocket(`${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  raw.got = [];
  raw.on("message", (data) => {
    const packet = data.toString();
    raw.got.push(packet);
    if (packet === "2") raw.send("3");
  });
  raw.on("error", () => {});
  await new Promise((resolve, reject) => raw.once("open", resolve).once("error", reject));
  raw.send("40/mediasoup,");
  await until("welcome", () => raw.got.some((packet) => packet.includes("connection-success")));
  return raw;
}

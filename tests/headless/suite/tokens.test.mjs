// Who shows what may do what: dialects native, C and A, both client versions, every way to show a token.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { closeAll, connect } from "../support/client.mjs";
import { audio, consume, dtls, enter, produce, video } from "../support/media.mjs";
import { BINARY, startServer } from "../support/server.mjs";
import { WORDS } from "../support/words.mjs";

const SECRET = "a-secret-of-thirty-two-characters";
const OWN = "static-0123456789abcdef";
const run = promisify(execFile);

/** What `miso token` prints. */
async function token(grants, ...more) {
  const { stdout } = await run(BINARY, ["token", "--grant", grants, ...more], { env: { MISO_JWT_SECRET: SECRET } });
  return stdout.trim();
}

/** One that was good until a while ago, which nothing prints. */
function expired() {
  const part = (object) => Buffer.from(JSON.stringify(object)).toString("base64url");
  const exp = Math.floor(Date.now() / 1_000) - 600;
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ aud: "miso", exp, subscribe: true })}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

const NATIVE = { query: { dialect: "native" } };
const refusal = (server, options) => connect(server, options).then(() => assert.fail("let in"), (error) => error.message ?? error);

describe("a server that asks for tokens", () => {
  let server;
  before(async () => {
    const flags = ["--require-token", "--jwt-secret", SECRET, "--token", `${OWN}:join,subscribe:class-*`, "--log", "trace"];
    server = await startServer({ flags });
  });
  afterEach(closeAll);
  after(() => server.stop());

  it("lets nobody in without one, in the words of either client", async () => {
    for (const options of [NATIVE, {}, { version: 2 }, WORDS["a-final"].connect]) {
      assert.equal(await refusal(server, options), "unauthorized", JSON.stringify(options));
    }
    assert.equal(await refusal(server, { ...NATIVE, auth: { token: "wrong" } }), "unauthorized");
  });

  it("takes it from the handshake, the query and a cookie, in this order", async () => {
    const good = await token("join");
    const cookie = (value) => ({ extraHeaders: { cookie: `a=1; miso_token=${value}` } });
    for (const options of [
      { ...NATIVE, auth: { token: good } },
      { query: { dialect: "native", token: good } },
      { ...NATIVE, ...cookie(good) },
      { query: { dialect: "native", token: good }, ...cookie("wrong") },
      { query: { dialect: "native", token: "wrong" }, ...cookie("wrong"), auth: { token: good } },
      { ...NATIVE, auth: { token: good }, transports: ["polling"] },
    ]) {
      const client = await connect(server, options);
      await client.get("joinRoom", { roomName: "a" });
      client.close();
    }
    const foreign = { ...NATIVE, extraHeaders: { cookie: `miso_token=${good}`, origin: "https://evil.example" } };
    assert.equal(await refusal(server, foreign), "unauthorized");
  });

  it("opens the rooms and kinds it names, native", async () => {
    const one = await token("join,publish-audio", "--room", "class-*", "--ttl", "5m");
    const ann = await connect(server, { ...NATIVE, auth: { token: one } });
    assert.equal((await ann.ask("joinRoom", { roomName: "other" })).code, "forbidden");
    const { rtpCapabilities } = await ann.get("joinRoom", { roomName: "class-1" });
    const { params } = await ann.get("createWebRtcTransport", { consumer: false });
    const send = (kind, rtpParameters, appData = {}) =>
      ann.ask("transport-produce", { transportId: params.id, kind, rtpParameters, appData });
    assert.equal((await send("video", video())).code, "forbidden");
    const { id } = await send("audio", audio());
    assert.equal(typeof id, "string");
    const receive = await ann.get("createWebRtcTransport", { consumer: true });
    const asked = { rtpCapabilities, remoteProducerId: id, serverConsumerTransportId: receive.params.id };
    assert.equal((await ann.ask("consume", asked)).code, "forbidden");
    const bob = await connect(server, { ...NATIVE, auth: { token: OWN } });
    const joined = await bob.get("joinRoom", { roomName: "class-1" });
    const his = (await bob.get("createWebRtcTransport", { consumer: true })).params.id;
    await bob.get("consume", { rtpCapabilities: joined.rtpCapabilities, remoteProducerId: id, serverConsumerTransportId: his });
  });

  for (const version of [4, 2]) {
    it(`carries a call of dialect C, client ${version}, and refuses in its words`, async () => {
      // Version 2 puts the query into the name of any other namespace.
      const namespace = version === 2 ? "/" : "/mediasoup";
      const query = { token: await token("join,publish,subscribe", "--room", "c") };
      const alice = await connect(server, { version, namespace, query });
      const refused = await alice.ask("joinRoom", { roomName: "d" });
      assert.equal(refused.code ?? refused.params?.code, "forbidden", JSON.stringify(refused));
      const { rtpCapabilities } = await enter(alice, "c");
      const { id } = await produce(alice, "audio");
      const bob = await connect(server, { version, namespace, query });
      await enter(bob, "c");
      await consume(bob, rtpCapabilities, id);
    });
  }

  it("carries a call of dialect A", async () => {
    const words = WORDS["a-final"];
    const query = { ...words.connect.query, token: await token("join,publish,subscribe") };
    const alice = await connect(server, { ...words.connect, query });
    await words.enter(alice, "a");
    await words.send(alice);
    assert.equal(typeof (await words.produce(alice, "audio")), "string");
  });

  it("asks whoever watches over HTTP for one each time, whoever it looks like", async () => {
    const sender = await connect(server, { ...NATIVE, auth: { token: await token("join,publish") } });
    await sender.get("joinRoom", { roomName: "watched" });
    const good = await token("subscribe", "--room", "watched");
    const ask = (name, { shown, query = "", cookie, body } = {}) => fetch(`${server.url}/mediasoup/${name}?room=watched${query}`, {
      method: body ? "POST" : "GET",
      headers: { ...(body && { "content-type": "application/json" }), ...(shown && { authorization: `Bearer ${shown}` }), ...(cookie && { cookie }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const capabilities = await (await ask("router-rtp-capabilities")).json();
    for (const [name, body] of [["streamer-transport-parameters"], ["client-connect", dtls()], ["consumer-parameters", capabilities]]) {
      for (const [shown, status, why] of [
        [undefined, 401, /needed/],
        ["wrong", 401, /not one of/],
        [expired(), 401, /expired/],
        [await token("subscribe", "--room", "other"), 403, /does not grant/],
        [good, 200],
      ]) {
        const answer = await ask(name, { shown, body });
        assert.equal(answer.status, status, `${name} with ${shown}`);
        if (why) assert.match((await answer.json()).error, why);
      }
    }
    // Pages that send no such header.
    for (const way of [{ query: `&token=${good}` }, { cookie: `miso_token=${good}` }]) {
      assert.equal((await ask("consumer-parameters", { ...way, body: capabilities })).status, 200, JSON.stringify(way));
    }
  });

  it("asks for one in each call that names a transport, and of a token for its stream", async () => {
    const sender = await connect(server, { ...NATIVE, auth: { token: await token("join,publish") } });
    await sender.get("joinRoom", { roomName: "named" });
    const [good, other] = [await token("subscribe", "--room", "named"), await token("subscribe", "--room", "other")];
    const ask = (path, shown, body) => fetch(`${server.url}/mediasoup/${path}`, {
      method: body ? "POST" : "GET",
      headers: { ...(body && { "content-type": "application/json" }), ...(shown && { authorization: `Bearer ${shown}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const { id } = await (await ask("streamer-transport-parameters/named", good)).json();
    const capabilities = await (await ask("router-rtp-capabilities/named")).json();
    for (const [name, body] of [["client-connect", dtls()], ["consumer-parameters", capabilities], ["resume-consumer", {}]]) {
      assert.equal((await ask(`${name}/named/${id}`, undefined, body)).status, 401, name);
      assert.equal((await ask(`${name}/named/${id}`, other, body)).status, 403, name);
      assert.equal((await ask(`${name}/other/${id}`, other, body)).status, 404, `${name} under another stream's name`);
      assert.equal((await ask(`${name}/named/${id}`, good, body)).status, 200, name);
    }
  });

  it("writes no token into its log", async () => {
    const good = await token("join,publish");
    for (const options of [{ auth: { token: good } }, { query: { dialect: "native", token: good } }]) {
      const client = await connect(server, { ...NATIVE, ...options });
      await client.get("joinRoom", { roomName: "a" });
    }
    for (const secret of [SECRET, OWN, good, good.split(".")[2]]) {
      assert.ok(!server.log().includes(secret), "a secret is in the log");
    }
  });
});

describe("an address that enters too often", () => {
  it("is told so, and its calls go on", async () => {
    const server = await startServer({ flags: ["--joins-per-address", "1"] });
    try {
      const client = await connect(server, NATIVE);
      let answer;
      for (let n = 0; n < 1_000 && answer?.code !== "limit-joins"; n++) {
        answer = await client.ask("joinRoom", { roomName: "a" });
        if (!answer.error) await client.get("leaveRoom");
      }
      assert.equal(answer.code, "limit-joins");
    } finally {
      closeAll();
      await server.stop();
    }
  });
});

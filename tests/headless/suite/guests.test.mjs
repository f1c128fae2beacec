// Pages that watch over HTTP alone are peers without a socket: announced, bounded, and gone by themselves.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { dtls, enter, produce } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const guests = async (server) => (await server.rooms()).flatMap((room) => room.peers).filter((peer) => peer.id.startsWith("guest-"));

describe("a page that watches over HTTP", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  const post = (path, body) =>
    fetch(server.url + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

  it("names the stream and its transport, and is a peer like any other", async () => {
    const [publisher, bystander] = [await connect(server), await connect(server, { query: { dialect: "native" } })];
    await bystander.get("joinRoom", { roomName: "stage" });
    await enter(publisher, "stage");
    const sent = [await produce(publisher, "video"), await produce(publisher, "audio")];
    const caps = await (await fetch(`${server.url}/mediasoup/router-rtp-capabilities/stage`)).json();
    const transport = await (await fetch(`${server.url}/mediasoup/streamer-transport-parameters/stage`)).json();
    assert.ok(transport.iceParameters && transport.iceCandidates && transport.dtlsParameters);
    const consumers = await (await post(`/mediasoup/consumer-parameters/stage/${transport.id}`, caps)).json();
    assert.deepEqual(new Set(consumers.map((one) => one.producerId)), new Set(sent.map((one) => one.id)));
    assert.equal((await post(`/mediasoup/client-connect/stage/${transport.id}`, dtls())).status, 200);
    assert.equal((await post(`/mediasoup/client-connect/stage/${transport.id}`, dtls())).status, 409);
    const [guest] = await guests(server);
    assert.ok(guest.consumers.every((one) => one.paused), "until they are resumed");
    assert.equal((await post(`/mediasoup/resume-consumer/stage/${transport.id}`, {})).status, 200);
    assert.ok((await guests(server))[0].consumers.every((one) => !one.paused));
    const announced = await bystander.hears("new-peer", 2);
    assert.deepEqual(announced.at(-1), { peerId: guest.id, displayName: "Viewer" });
  });

  it("comes into no room by an id of a broadcast; a socket does by one to watch that is good; the log has none", async () => {
    const made = await (await post("/api/v1/broadcasts", {})).json();
    const socket = await connect(server, { query: { dialect: "native" } });
    for (const id of [made.id, made.viewId, `b-${"0".repeat(32)}`, `v-${"0".repeat(32)}`]) {
      if (id !== made.viewId) assert.equal((await socket.ask("joinRoom", { roomName: id })).code, "bad-request", id);
      for (const path of [`/${id}`, `?room=${id}`]) {
        assert.equal((await fetch(`${server.url}/mediasoup/streamer-transport-parameters${path}`)).status, 404, path);
      }
      assert.ok(!server.log().includes(id), `${id} is in the log`);
    }
    assert.ok((await server.rooms()).every((room) => !/^[bv]-/.test(room.id)), "none was made");
    const among = await connect(server, { query: { dialect: "native" } });
    await among.get("joinRoom", { roomName: made.viewId });
    await fetch(`${server.url}/api/v1/broadcasts/${made.id}`, { method: "DELETE" });
    const late = await connect(server, { query: { dialect: "native" } });
    assert.equal((await late.ask("joinRoom", { roomName: made.viewId })).code, "bad-request");
    assert.ok(!server.log().includes(made.viewId), "the id to watch is in the log");
    await socket.get("joinRoom", { roomName: "b-roll" });
  });

  it("gets a room only where there is one, and only its own transports", async () => {
    const none = await fetch(`${server.url}/mediasoup/streamer-transport-parameters/nowhere`);
    assert.equal(none.status, 404);
    assert.equal((await none.json()).code, "not-found");
    for (const id of [crypto.randomUUID(), "x"]) {
      assert.equal((await post(`/mediasoup/client-connect/stage/${id}`, dtls())).status, 404);
      assert.equal((await post(`/mediasoup/consumer-parameters/stage/${id}`, { codecs: [] })).status, 404);
    }
    const bad = await post("/mediasoup/client-connect", { role: "client" });
    assert.ok(bad.status >= 400 && bad.status < 500);
  });
});

describe("whoever watches over HTTP", () => {
  afterEach(closeAll);

  it("takes the place of a socket at its address", async () => {
    const server = await startServer({ flags: ["--sockets-per-address", "3"] });
    const publisher = await connect(server);
    await enter(publisher, "few");
    const asks = () => fetch(`${server.url}/mediasoup/streamer-transport-parameters/few`);
    assert.deepEqual([(await asks()).status, (await asks()).status, (await asks()).status], [200, 200, 429]);
    assert.equal((await guests(server)).length, 2);
    await server.stop();
  });

  it("leaves nothing behind when it does not wait for the answer", async () => {
    const server = await startServer({ flags: ["--sockets-per-address", "0"] });
    const publisher = await connect(server);
    await enter(publisher, "hasty");
    const hasty = Array.from({ length: 60 }, (_, n) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), n % 6);
      return fetch(`${server.url}/mediasoup/streamer-transport-parameters/hasty`, { signal: stop.signal }).catch(() => {});
    });
    await Promise.all(hasty);
    // A guest without a transport would have no way out; every one there is has one.
    await until("guests have transports", async () => (await guests(server)).every((guest) => guest.transports.length === 1));
    await server.stop();
  });

  it("is refused to pages of other origins, and so is a WebSocket", async () => {
    const server = await startServer({ flags: ["--allow-origin", "https://app.example"] });
    const asks = (origin) => fetch(`${server.url}/mediasoup/router-rtp-capabilities`, { headers: { origin } });
    assert.equal((await asks("https://other.example")).status, 403);
    assert.equal((await asks("https://app.example")).status, 200);
    assert.equal((await asks(server.url)).status, 200, "its own pages");
    const from = (origin) => connect(server, { transports: ["websocket"], extraHeaders: { origin } });
    await assert.rejects(from("https://other.example"));
    await from("https://app.example");
    await server.stop();
  });
});

// A real nginx in front, configured by the example of deploy/: everything passes, and everybody counts as themselves.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "node:test";
import { Client, closeAll, connect } from "../support/client.mjs";
import { enter, produce } from "../support/media.mjs";
import { startNginx } from "../support/nginx.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const OFFER = new URL("../../fixtures/sdp/chromium-publish.sdp", import.meta.url);
const insecure = { rejectUnauthorized: false };
/** A proxy that adds to the header, so that each client of a test can seem to come from elsewhere. */
const trustingItsClients = (text) => text.replace("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for");

describe("behind nginx", () => {
  let server, nginx;
  before(async () => {
    server = await startServer({ flags: ["--trusted-proxy", "127.0.0.1"] });
    nginx = await startNginx(server);
  });
  afterEach(closeAll);
  after(async () => {
    await nginx?.stop();
    await server?.stop();
  });

  for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
    it(`two peers meet by ${transports.join(", then ")}`, async () => {
      const options = { ...insecure, transports };
      const [alice, bob] = [await connect(nginx, options), await connect(nginx, options)];
      await enter(alice, "proxied");
      await enter(bob, "proxied");
      const { id } = await produce(alice, "video");
      const [told] = await bob.hears("new-producer");
      assert.equal(told.producerId, id);
      if (transports.length > 1) await until("upgraded", () => alice.socket.io.engine.transport.name === "websocket");
      assert.equal(alice.socket.io.engine.transport.name, transports.at(-1));
    });
  }

  it("the page is served, and addresses are told as the client knows them", async () => {
    const page = await nginx.ask("/");
    assert.equal(page.status, 200);
    assert.match(page.headers["content-type"], /^text\/html/);
    const made = await nginx.ask("/api/v1/broadcasts", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    assert.equal(made.status, 201, made.body);
    assert.ok(JSON.parse(made.body).whipUrl.startsWith(`${nginx.url}/`), made.body);
  });

  it("WHIP begins and ends", async () => {
    const headers = { "content-type": "application/sdp" };
    const answer = await nginx.ask("/whip/proxied-whip", { method: "POST", headers, body: await readFile(OFFER, "utf8") });
    assert.equal(answer.status, 201, answer.body);
    assert.match(answer.body, /^v=0/);
    assert.equal((await nginx.ask(answer.headers.location, { method: "DELETE" })).status, 200);
  });
});

describe("behind a proxy that adds to what clients write", () => {
  let server, nginx;
  afterEach(async () => {
    closeAll();
    await nginx?.stop();
    await server?.stop();
  });

  const from = (address) => ({ ...insecure, transports: ["polling"], extraHeaders: { "x-forwarded-for": address } });
  const start = async (flags) => {
    server = await startServer({ flags: ["--sockets-per-address", "2", ...flags] });
    nginx = await startNginx(server, trustingItsClients);
  };
  const refused = async (address) => {
    const more = new Client(nginx, from(address));
    await until(`${address} is refused`, () => more.refused);
    more.close();
    return more.refused.message;
  };

  it("each address has its own limit where the proxies are trusted", async () => {
    // 127.0.0.1 is nginx and, to nginx, the test: two trusted hops.
    await start(["--trusted-proxy", "127.0.0.1"]);
    for (const address of ["203.0.113.7", "203.0.113.8", "2001:db8::1"]) {
      await Promise.all([connect(nginx, from(address)), connect(nginx, from(address))]);
      assert.equal(await refused(address), "limit-sockets");
    }
    const state = await nginx.ask("/debug/state", { headers: { "x-forwarded-for": "203.0.113.7" } });
    assert.notEqual(state.status, 200, "who is elsewhere is told nothing");
  });

  it("a forged address buys nothing where the proxy is not trusted", async () => {
    await start([]);
    await Promise.all(["203.0.113.7", "203.0.113.8"].map((address) => connect(nginx, from(address))));
    assert.equal(await refused("203.0.113.9"), "limit-sockets");
    for (const headers of [{}, { "x-forwarded-for": "127.0.0.1" }]) {
      const state = await nginx.ask("/debug/state", { headers });
      assert.notEqual(state.status, 200, "a proxy on this machine does not make its clients be on it");
    }
  });

  it("nor does it where the client is no proxy", async () => {
    server = await startServer({ flags: ["--trusted-proxy", "192.0.2.0/24", "--sockets-per-address", "1"] });
    await connect(server, { transports: ["polling"], extraHeaders: { "x-forwarded-for": "203.0.113.7" } });
    const more = new Client(server, { transports: ["polling"], extraHeaders: { "x-forwarded-for": "203.0.113.8" } });
    await until("refused", () => more.refused);
    assert.equal(more.refused.message, "limit-sockets");
    nginx = undefined;
  });
});

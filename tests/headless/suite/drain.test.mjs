// Going down well: readiness, what clients are told, who may still come, and when the server ends; with a
// service manager that listens.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { closeAll, connect } from "../support/client.mjs";
import { conforms, examples, sameShape } from "../support/page.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const native = (server) => connect(server, { query: { dialect: "native" } });
const ready = async (server) => {
  const response = await fetch(`${server.url}/readyz`);
  return { code: response.status, ...(await response.json()) };
};

async function inRoom(server, roomName) {
  const client = await native(server);
  await client.get("joinRoom", { roomName });
  return client;
}

describe("going down", () => {
  let server;
  afterEach(async () => {
    closeAll();
    await server.stop();
  });

  it("a request to drain: not ready, no new rooms, calls go on and are told, and the last to leave ends it", async () => {
    server = await startServer({ flags: ["--drain-timeout", "600"] });
    assert.deepEqual(await ready(server), { code: 200, status: "ready", reasons: [] });
    const [ann, lobby] = [await inRoom(server, "call"), await native(server)];

    const response = await fetch(`${server.url}/api/v1/drain`, { method: "POST" });
    const { seconds, peers } = await response.json();
    assert.deepEqual([response.status, peers, seconds > 590 && seconds <= 600], [202, 1, true]);
    const { code, status, reasons } = await ready(server);
    assert.deepEqual([code, status, reasons], [503, "draining", ["the server is going down"]]);

    const [told] = await ann.hears("server-draining");
    conforms("notifications", "server-draining", told);
    sameShape(examples("server-draining")[0], told, "server-draining");
    assert.equal((await lobby.ask("joinRoom", { roomName: "new" })).code, "server-draining");
    // A room that is open takes who comes late, and tells them.
    const bob = await inRoom(server, "call");
    await bob.hears("server-draining");
    assert.deepEqual((await ann.hears("new-peer")).map((peer) => peer.peerId), [bob.id]);

    const again = await (await fetch(`${server.url}/api/v1/drain`, { method: "POST" })).json();
    assert.ok(again.peers === 2 && again.seconds <= seconds, JSON.stringify(again));
    await ann.get("leaveRoom");
    assert.equal(server.exit, null, "somebody is still there");
    await bob.get("leaveRoom");
    await until("the server has ended", () => server.exit !== null);
    assert.equal(server.exit, "exited with 0");
    const said = ["draining: no new rooms", "drained"].map((words) => server.log().search(new RegExp(`${words}\\b`)));
    assert.ok(said[0] > -1 && said[0] < said[1], server.log());
  });

  it("a signal after that request is the second time: it ends at once", async () => {
    server = await startServer({ flags: ["--drain-timeout", "600"] });
    const ann = await inRoom(server, "call");
    await fetch(`${server.url}/api/v1/drain`, { method: "POST" });
    await fetch(`${server.url}/api/v1/drain`, { method: "POST" });
    await ann.hears("server-draining");
    assert.equal(server.exit, null, "asking by REST how far it is ends nothing");
    server.signal("SIGTERM");
    await until("the server has ended", () => server.exit !== null);
    assert.equal(server.exit, "exited with 0");
  });

  it("says that it drains before it says that it has, also when nobody is there", async () => {
    server = await startServer({ flags: ["--drain-timeout", "600"] });
    server.signal("SIGTERM");
    await until("the server has ended", () => server.exit !== null);
    const said = ["draining: no new rooms", "drained"].map((words) => server.log().search(new RegExp(`${words}\\b`)));
    assert.ok(said[0] > -1 && said[0] < said[1], server.log());
  });

  it("publishers by WHIP get 503 and are told to come later", async () => {
    server = await startServer({ flags: ["--drain-timeout", "600"] });
    await inRoom(server, "call");
    await fetch(`${server.url}/api/v1/drain`, { method: "POST" });
    const body = readFileSync(new URL("../../fixtures/sdp/chromium-publish.sdp", import.meta.url));
    const headers = { "content-type": "application/sdp" };
    const refused = await fetch(`${server.url}/whip/new`, { method: "POST", headers, body });
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"]);
    assert.equal((await refused.json()).code, "server-draining");
  });

  it("a signal drains, a second one ends at once", async () => {
    server = await startServer({ flags: ["--drain-timeout", "600"] });
    const ann = await inRoom(server, "call");
    server.signal("SIGTERM");
    await ann.hears("server-draining");
    assert.equal((await ready(server)).code, 503);
    assert.equal(server.exit, null);
    server.signal("SIGTERM");
    await until("the server has ended", () => server.exit !== null);
    assert.equal(server.exit, "exited with 0");
  });

  it("time is up for whoever stays", async () => {
    server = await startServer({ flags: ["--drain-timeout", "1"] });
    const ann = await inRoom(server, "call");
    server.signal("SIGINT");
    assert.deepEqual(await ann.hears("server-draining"), [{ seconds: 1 }]);
    await until("the server has ended", () => server.exit !== null);
    assert.equal(server.exit, "exited with 0");
  });
});

describe("a service manager", () => {
  const folder = mkdtempSync(join(tmpdir(), "miso-notify-"));
  const socket = join(folder, "notify");
  // Node has no Unix datagrams.
  const manager = spawn("python3", ["-u", fileURLToPath(new URL("../support/notified.py", import.meta.url)), socket]);
  let heard = "";
  manager.stdout.on("data", (text) => (heard += text));
  after(() => {
    manager.kill();
    rmSync(folder, { recursive: true });
  });

  it("is told when the server is ready and when it goes", async () => {
    await until("it listens", () => heard.includes("listening"));
    const server = await startServer({ env: { NOTIFY_SOCKET: socket } });
    await until(() => `ready, heard ${heard}`, () => heard.includes("READY=1"));
    await server.stop();
    await until(() => `stopping, heard ${heard}`, () => heard.includes("STOPPING=1"));
  });

  it("is told of a drain that was asked for by REST", async () => {
    const before = heard.split("STOPPING=1").length;
    const server = await startServer({ flags: ["--drain-timeout", "600"], env: { NOTIFY_SOCKET: socket } });
    await inRoom(server, "call");
    await fetch(`${server.url}/api/v1/drain`, { method: "POST" });
    await until(() => `stopping, heard ${heard}`, () => heard.split("STOPPING=1").length > before);
    assert.equal(server.exit, null);
    await server.stop();
  });
});

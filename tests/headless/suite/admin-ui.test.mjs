// The namespace of @socket.io/admin-ui, as its page uses it: who gets in, what is shown, what it can do.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { io } from "socket.io-client";
import { closeAll, connect } from "../support/client.mjs";
import { enter } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const TOKEN = "an-admin-token-of-the-tests";
const OTHER = "a-token-that-only-joins-rooms";

/** An operator's page: what it was told, by event. */
async function operator(server, auth) {
  const socket = io(`${server.url}/admin`, { auth, forceNew: true, reconnection: false, transports: ["websocket"] });
  const told = {};
  socket.onAny((event, ...args) => (told[event] ??= []).push(args));
  let refused = null;
  socket.on("connect_error", (error) => (refused = error.message));
  await until("connected or refused", () => socket.connected || refused);
  const hears = async (event, fits = () => true) => {
    await until(() => `${event}, heard ${JSON.stringify(told)}`, () => told[event]?.some((args) => fits(...args)));
    return told[event].find((args) => fits(...args));
  };
  return { socket, told, hears, refused, close: () => socket.close() };
}

describe("the admin namespace", () => {
  let server;
  const pages = [];
  const open = async (auth) => {
    const page = await operator(server, auth);
    pages.push(page);
    return page;
  };
  before(async () => {
    server = await startServer({ adminToken: TOKEN, flags: ["--token", `${TOKEN}:admin`, "--token", `${OTHER}:join`] });
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) page.close();
    closeAll();
    await server.empty();
  });
  after(() => server.stop());

  it("lets in whoever has a token that grants admin, and nobody else", async () => {
    for (const auth of [undefined, {}, { username: "admin" }, { password: "" }, { password: 7 }, { password: OTHER },
      { sessionId: "" }, { sessionId: "x" }, { password: `${TOKEN}x` }]) {
      assert.equal((await open(auth)).refused, "invalid credentials", JSON.stringify(auth));
    }
    const page = await open({ username: "anybody", password: TOKEN });
    const [{ supportedFeatures }] = await page.hears("config");
    assert.deepEqual(supportedFeatures, ["EMIT", "DISCONNECT", "MDISCONNECT", "AGGREGATED_EVENTS", "ALL_EVENTS"]);
    const [sessionId] = await page.hears("session");
    const again = await open({ sessionId });
    assert.equal(again.refused, null);
    await again.hears("config");
  });

  it("tells what sockets there are and what they do, without what they say", async () => {
    const ann = await connect(server, { version: 2 });
    await enter(ann, "studio");
    const page = await open({ password: TOKEN });
    const [sockets] = await page.hears("all_sockets");
    const [one] = sockets.filter((socket) => socket.nsp === "/mediasoup");
    assert.deepEqual([one.transport, one.rooms[1], one.data.dialect], ["websocket", "studio", "c"]);
    assert.ok(one.rooms[0] === one.id && one.handshake.address.endsWith("127.0.0.1"), JSON.stringify(one));

    const ben = await connect(server, { namespace: "/", query: { dialect: "native", token: OTHER } });
    const [connected, at] = await page.hears("socket_connected", (socket) => socket.nsp === "/");
    assert.ok(!Number.isNaN(Date.parse(at)) && !JSON.stringify(connected).includes(OTHER));
    await ben.get("joinRoom", { roomName: "studio", displayName: "Ben" });
    await page.hears("room_joined", (nsp, room, id) => nsp === "/" && room === "studio" && id === connected.id);
    await page.hears("event_received", (nsp, id, [name, ...rest]) => id === connected.id && name === "joinRoom" && rest.length === 0);
    await page.hears("event_sent", (nsp, id, [name, ...rest]) => id === connected.id && name === "connection-success" && rest.length === 0);
    await ben.get("leaveRoom");
    await page.hears("room_left", (nsp, room, id) => room === "studio" && id === connected.id);
    ben.close();
    await page.hears("socket_disconnected", (nsp, id) => id === connected.id);
  });

  it("tells how the server is, every two seconds", async () => {
    const ann = await connect(server);
    const page = await open({ password: TOKEN });
    const namespace = (stats, name) => stats.namespaces.find((one) => one.name === name);
    const [stats] = await page.hears("server_stats", (stats) => namespace(stats, "/mediasoup").socketsCount === 1);
    assert.ok(stats.uptime > 0 && stats.pid > 0 && stats.clientsCount >= 2, JSON.stringify(stats));
    await enter(ann, "studio");
    const counted = (stats) => stats.aggregatedEvents.find((one) => one.type === "packetsIn")?.count > 0;
    await page.hears("server_stats", counted);
  });

  it("tells sockets something and disconnects them: one, those in a room, all of a namespace", async () => {
    const page = await open({ password: TOKEN });
    const [ann, ben, cleo] = [await connect(server), await connect(server), await connect(server)];
    await enter(ann, "one");
    await enter(ben, "two");
    page.socket.emit("emit", "/mediasoup", "two", "notice", { text: "hello" });
    assert.deepEqual(await ben.hears("notice"), [{ text: "hello" }]);
    assert.deepEqual([ann.heard("notice"), cleo.heard("notice")], [[], []]);
    page.socket.emit("_disconnect", "/mediasoup", false, cleo.id);
    await until("Cleo is gone", () => !cleo.socket.connected);
    page.socket.emit("_disconnect", "/mediasoup", true, "two");
    await until("Ben is gone", () => !ben.socket.connected);
    assert.ok(ann.socket.connected);
    page.socket.emit("_disconnect", "/mediasoup", false);
    await until("Ann is gone", () => !ann.socket.connected);
  });

  it("survives what no page says", async () => {
    const page = await open({ password: TOKEN });
    for (const words of [["emit"], ["emit", 7, {}, []], ["_disconnect"], ["_disconnect", null], ["join", "/", "x"],
      ["emit", "/nowhere", null, "x"], ["emit", "/", "x", "a", 1, 2, 3, 4, 5], ["", {}]]) {
      page.socket.emit(...words);
    }
    await page.hears("server_stats");
    assert.ok(page.socket.connected);
  });
});

// A lost connection does not end a call: the peer stays for a while, and whoever comes back with its
// token is that peer again.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { dtls, video } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const native = (server) => connect(server, { query: { dialect: "native" } });

/** Joins, sends one video, and gives the answer to the join. */
async function sends(client, roomName, more = {}) {
  const joined = await client.get("joinRoom", { roomName, ...more });
  const { params } = await client.get("createWebRtcTransport", { consumer: false });
  await client.get("transport-connect", { transportId: params.id, dtlsParameters: dtls() });
  const produced = await client.get("transport-produce", { transportId: params.id, kind: "video", rtpParameters: video(), appData: {} });
  return { ...joined, transportId: params.id, producerId: produced.id };
}

/** The network goes, without a word. */
const lose = (client) => client.socket.io.engine.transport.ws.terminate();

const peersOf = async (server, room) => (await server.rooms()).find((one) => one.id === room)?.peers ?? [];

describe("a lost connection", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("is no loss when its page said goodbye, before or after", async () => {
    const goodbye = (body) => fetch(`${server.url}/goodbye`, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
    const bob = await native(server);
    await bob.get("joinRoom", { roomName: "bye" });
    const [connected, lost] = [await native(server), await native(server)];
    const [one, two] = [await sends(connected, "bye"), await sends(lost, "bye")];
    for (const wrong of [{ roomName: "bye", resumeToken: "x" }, { roomName: "elsewhere", resumeToken: one.resumeToken }]) {
      assert.equal((await goodbye(wrong)).status, 204);
    }
    for (const wrong of ["", "[]", JSON.stringify({ roomName: "bye" })]) assert.equal((await goodbye(wrong)).status, 400);
    assert.equal((await goodbye("x".repeat(5_000))).status, 413);
    lose(lost);
    assert.equal((await peersOf(server, "bye")).length, 3);
    for (const { resumeToken } of [one, two]) assert.equal((await goodbye({ roomName: "bye", resumeToken })).status, 204);
    assert.deepEqual((await bob.hears("peer-left", 2)).map(({ peerId }) => peerId), [one.peerId, two.peerId]);
    await until("the connection is closed", () => !connected.socket.connected);
    assert.equal((await goodbye({ roomName: "bye", resumeToken: one.resumeToken })).status, 204);
  });

  it("comes back as the peer it was, and nobody else notices", async () => {
    const [alice, bob] = [await native(server), await native(server)];
    await bob.get("joinRoom", { roomName: "back", displayName: "Bob" });
    const before = await sends(alice, "back", { displayName: "Ann" });
    assert.equal(before.resumed, false);
    assert.deepEqual(before.own, { transports: [], producers: [], consumers: [] });
    await bob.hears("new-producer");
    lose(alice);

    const again = await native(server);
    const after = await again.get("joinRoom", { roomName: "back", resumeToken: before.resumeToken });
    assert.deepEqual([after.resumed, after.peerId], [true, before.peerId]);
    assert.notEqual(after.peerId, again.id);
    assert.notEqual(after.resumeToken, before.resumeToken);
    assert.deepEqual(after.own, { transports: [before.transportId], producers: [before.producerId], consumers: [] });
    assert.deepEqual(after.peers.map((peer) => peer.displayName), ["Bob"]);

    // It is a peer like any other: it is told, and what it does is its own.
    await again.get("producer-pause", { producerId: before.producerId });
    const [paused] = await bob.hears("producer-paused");
    assert.deepEqual(paused, { producerId: before.producerId, peerId: before.peerId });
    assert.deepEqual(bob.told.map((one) => one.event), ["connection-success", "new-peer", "new-producer", "producer-paused"]);
    await sends(bob, "back");
    await again.hears("new-producer");

    again.close();
    await bob.hears("peer-left");
    bob.close();
    await server.empty();
  });

  it("sees the room as it is now", async () => {
    const [alice, bob] = [await native(server), await native(server)];
    const before = await sends(alice, "now");
    const bobs = await sends(bob, "now");
    await alice.hears("new-producer");
    lose(alice);
    bob.close();
    const carol = await native(server);
    const carols = await sends(carol, "now");

    const again = await native(server);
    const after = await again.get("joinRoom", { roomName: "now", resumeToken: before.resumeToken });
    const listed = after.peers.flatMap((peer) => peer.producers.map((one) => one.producerId));
    assert.deepEqual(listed, [carols.producerId]);
    assert.ok(!listed.includes(bobs.producerId));
    assert.deepEqual(again.heard("new-producer"), [], "what was listed is not announced");
    for (const one of [again, carol]) one.close();
    await server.empty();
  });

  it("takes over from a connection the server still believes in, which may then do what it likes", async () => {
    const alice = await native(server);
    const before = await sends(alice, "over");
    const again = await native(server);
    const after = await again.get("joinRoom", { roomName: "over", resumeToken: before.resumeToken });
    assert.equal(after.resumed, true);
    alice.close();
    await again.flush();
    assert.deepEqual((await peersOf(server, "over")).map((peer) => peer.id), [before.peerId]);
    again.close();
    await server.empty();
  });

  it("needs a token of this room, and its last but one is void", async () => {
    const alice = await native(server);
    const before = await sends(alice, "secret");
    lose(alice);
    const tries = [
      { roomName: "secret", resumeToken: before.peerId },
      { roomName: "secret", resumeToken: "" },
      { roomName: "elsewhere", resumeToken: before.resumeToken },
      { roomName: "secret" },
    ];
    for (const payload of tries) {
      const stranger = await native(server);
      const joined = await stranger.get("joinRoom", payload);
      assert.deepEqual([joined.resumed, joined.peerId], [false, stranger.id], JSON.stringify(payload));
      stranger.close();
    }
    // The answer to the first return may have been lost: its token is good until the next one is used.
    const [again, twice, late] = [await native(server), await native(server), await native(server)];
    const returns = async (client, resumeToken) => client.get("joinRoom", { roomName: "secret", resumeToken });
    assert.equal((await returns(again, before.resumeToken)).resumed, true);
    const { resumed, resumeToken } = await returns(twice, before.resumeToken);
    assert.equal(resumed, true);
    const third = await native(server);
    assert.equal((await returns(third, resumeToken)).resumed, true);
    assert.equal((await returns(late, before.resumeToken)).resumed, false);
    for (const one of [again, twice, third, late]) one.close();
    await server.empty();
  });

  it("is over at once for who disconnects on purpose, has no transport, or speaks an older dialect", async () => {
    const bystander = await native(server);
    await bystander.get("joinRoom", { roomName: "goes" });
    const [leaves, silent, old] = [await native(server), await native(server), await connect(server)];
    await sends(leaves, "goes");
    leaves.close();
    await bystander.hears("peer-left", 1);
    await silent.get("joinRoom", { roomName: "goes" });
    lose(silent);
    await bystander.hears("peer-left", 2);
    await old.get("joinRoom", { roomName: "goes" });
    await old.get("createWebRtcTransport", { consumer: false });
    lose(old);
    await bystander.hears("peer-left", 3);
    bystander.close();
    await server.empty();
  });
});

describe("a connection that stays lost", () => {
  afterEach(closeAll);

  it("is announced when the grace period ends, and its token is worth nothing then", async () => {
    const server = await startServer({ flags: ["--resume-grace", "1"] });
    const [alice, bob] = [await native(server), await native(server)];
    await bob.get("joinRoom", { roomName: "late" });
    const before = await sends(alice, "late");
    lose(alice);
    await bob.hears("peer-left");
    assert.equal(bob.heard("producer-closed")[0].reason, "peer-left");
    const again = await native(server);
    const after = await again.get("joinRoom", { roomName: "late", resumeToken: before.resumeToken });
    assert.equal(after.resumed, false);
    for (const one of [again, bob]) one.close();
    await server.empty();
    await server.stop();
  });

  it("is announced at once where nobody is kept", async () => {
    const server = await startServer({ flags: ["--resume-grace", "0"] });
    const [alice, bob] = [await native(server), await native(server)];
    await bob.get("joinRoom", { roomName: "zero" });
    await sends(alice, "zero");
    lose(alice);
    await bob.hears("peer-left");
    bob.close();
    await server.empty();
    await server.stop();
  });
});

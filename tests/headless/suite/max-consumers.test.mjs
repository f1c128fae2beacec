// How many peers of a room may receive at once, and who goes when one more comes.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { dtls, video } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";

const native = (server) => connect(server, { query: { dialect: "native" } });

async function sender(server, room) {
  const client = await native(server);
  await client.get("joinRoom", { roomName: room });
  const { params } = await client.get("createWebRtcTransport", { consumer: false });
  await client.get("transport-connect", { transportId: params.id, dtlsParameters: dtls() });
  return client.get("transport-produce", { transportId: params.id, kind: "video", rtpParameters: video(), appData: {} });
}

async function receiver(server, room) {
  const client = await native(server);
  const { rtpCapabilities } = await client.get("joinRoom", { roomName: room });
  const { params } = await client.get("createWebRtcTransport", { consumer: true });
  const to = { rtpCapabilities, serverConsumerTransportId: params.id };
  return { client, receive: (remoteProducerId) => client.ask("consume", { ...to, remoteProducerId }) };
}

const consumersOf = async (server, room) => {
  const found = (await server.rooms()).find((one) => one.id === room);
  return found.peers.reduce((sum, peer) => sum + peer.consumers.length, 0);
};

describe("a room where two may receive and one more is refused", () => {
  let server;
  before(async () => (server = await startServer({ flags: ["--max-consumers", "2"] })));
  afterEach(closeAll);
  after(() => server.stop());

  it("says so, and lets it in once one has left", async () => {
    const { id } = await sender(server, "few");
    const all = [];
    for (let n = 0; n < 3; n += 1) all.push(await receiver(server, "few"));
    for (const one of all.slice(0, 2)) assert.ok((await one.receive(id)).params.id);
    const refused = await all[2].receive(id);
    assert.equal(refused.code, "limit-consumers");
    assert.equal(await consumersOf(server, "few"), 2);
    await all[0].client.get("leaveRoom", {});
    assert.ok((await all[2].receive(id)).params.id);
  });
});

describe("a room where two may receive and the oldest gives way", () => {
  let server;
  before(async () => (server = await startServer({ flags: ["--max-consumers", "2", "--when-full", "evict-oldest"] })));
  afterEach(closeAll);
  after(() => server.stop());

  it("ends what the oldest receives, tells it why, and frees it on both sides", async () => {
    const video = await sender(server, "few");
    const [first, second, third] = [await receiver(server, "few"), await receiver(server, "few"), await receiver(server, "few")];
    const { params } = await first.receive(video.id);
    await second.receive(video.id);
    await third.receive(video.id);

    const [told] = await first.client.hears("producer-closed");
    assert.deepEqual([told.producerId, told.consumerId, told.reason], [video.id, params.id, "evicted"]);
    assert.equal(await consumersOf(server, "few"), 2);
    const gone = await first.client.ask("consumer-resume", { serverConsumerId: params.id });
    assert.equal(gone.code, "not-found");
    assert.ok(!second.client.told.some((one) => one.event === "producer-closed"));

    // It is in the room as before, and may take the next oldest's place.
    await first.receive(video.id);
    const [next] = await second.client.hears("producer-closed");
    assert.equal(next.reason, "evicted");
  });
});

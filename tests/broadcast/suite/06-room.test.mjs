// A WHIP publisher is a peer like any other: clients of a tutorial's dialect in the same room are told of it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closeAll, connect } from "../../headless/support/client.mjs";
import { consume, enter, produce } from "../../headless/support/media.mjs";
import { aroundServer } from "../support/around.mjs";
import { create } from "../support/broadcast.mjs";
import { ENOUGH, publish, view } from "../support/client.mjs";
import { ffmpeg } from "../support/ffmpeg.mjs";

/** A client of dialect C that can consume, and so is told. */
async function enters(server, room) {
  const client = await connect(server);
  const { rtpCapabilities } = await enter(client, room);
  await client.get("createWebRtcTransport", { consumer: true });
  return { client, rtpCapabilities };
}

describe("a client of dialect C in the room", () => {
  let server;
  aroundServer((started) => (server = started), closeAll);

  const rooms = {
    "of a broadcast": async () => {
      const broadcast = await create(server);
      return { room: broadcast.room, whip: broadcast.whip, end: () => broadcast.remove() };
    },
    "with a plain name": async () => ({ room: "tea", whip: `${server.url}/whip/tea`, end: () => {} }),
  };
  for (const [name, open] of Object.entries(rooms)) {
    it(`${name} is told of a WHIP publisher, consumes it, and is told of its end`, async () => {
      const { room, whip, end } = await open();
      const { client, rtpCapabilities } = await enters(server, room);
      const publisher = await ffmpeg(whip).runs();
      const told = await client.hears("new-producer", 2);
      assert.deepEqual(told.map(({ kind }) => kind).sort(), ["audio", "video"]);

      const late = await enters(server, room);
      assert.deepEqual((await late.client.get("getProducers")).sort(), told.map(({ producerId }) => producerId).sort());
      for (const { producerId, kind } of told) {
        const consumer = await consume(client, rtpCapabilities, producerId);
        assert.deepEqual([consumer.producerId, consumer.kind], [producerId, kind]);
      }
      await publisher.stop();
      const gone = await client.hears("producer-closed", 2);
      assert.deepEqual(gone.map((one) => one.remoteProducerId).sort(), told.map(({ producerId }) => producerId).sort());
      for (const one of [client, late.client]) one.close();
      await end();
      await server.empty();
    });
  }

  it("is told when the publisher was killed and another took its place", async () => {
    const broadcast = await create(server);
    const { client } = await enters(server, broadcast.room);
    const first = await ffmpeg(broadcast.whip).runs();
    await client.hears("new-producer", 2);
    await first.kill();
    const second = publish(broadcast.whip);
    await second.tells("state", ({ state }) => state === "connected");
    await client.hears("new-producer", 4);
    await client.hears("producer-closed", 2);
    await second.stop();
    await client.hears("producer-closed", 4);
    client.close();
    await broadcast.remove();
    await server.empty();
  });

  it("is a peer a WHEP viewer waits for in vain when it sends nothing, and sees no harm in it", async () => {
    const { client } = await enters(server, "silent");
    await produce(client, "video");
    const viewer = view(`${server.url}/whep/silent`);
    await viewer.tells("answered");
    await viewer.stop();
    client.close();
    await server.empty();
  });

  it("shares the room with viewers of the WHIP publisher", async () => {
    const broadcast = await create(server);
    const publisher = await ffmpeg(broadcast.whip).runs();
    const viewer = view(broadcast.whep);
    await viewer.decodes(ENOUGH);
    const { client } = await enters(server, broadcast.room);
    assert.equal((await client.get("getProducers")).length, 2);
    await Promise.all([viewer.stop(), publisher.stop()]);
    client.close();
    await broadcast.remove();
    await server.empty();
  });
});

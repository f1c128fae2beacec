// A broadcaster who goes, however it goes, and comes back under the same id is seen again without a reload.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { aroundServer } from "../support/around.mjs";
import { create } from "../support/broadcast.mjs";
import { ENOUGH, view } from "../support/client.mjs";
import { ffmpeg } from "../support/ffmpeg.mjs";

/** Milliseconds after which who never comes back is found out. */
const CONSENT = 32_000;
/** The state is asked for every 20 ms; on a busy machine the answer that tells takes a moment itself. */
const ASKED_EVERY = 250;

/** Often enough for what depends on which end is noticed first. */
const ROUNDS = 6;

const WAYS = {
  "killed": (publisher) => publisher.kill(),
  "stopped by its user": (publisher) => publisher.stop(),
  "stopped from the page": (publisher, broadcast) => broadcast.stop().then(() => publisher.kill()),
};

describe("ffmpeg under the same id", () => {
  let server;
  aroundServer((started) => (server = started));

  for (const [way, leave] of Object.entries(WAYS)) {
    it(`goes on for its viewer after being ${way}, ${ROUNDS} times`, async (t) => {
      const broadcast = await create(server);
      let publisher = await ffmpeg(broadcast.whip).runs();
      const viewer = view(broadcast.whep);
      await viewer.decodes(ENOUGH);

      const times = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        await leave(publisher, broadcast);
        const before = viewer.last("count");
        publisher = ffmpeg(broadcast.whip);
        const from = Date.now();
        const again = await viewer.tells("count", ({ changed }) => changed > before.changed + 8);
        times.push(again.when - from);
        await viewer.decodes(ENOUGH);
      }
      t.diagnostic(`pictures again after ffmpeg was started: ${times.join(", ")} ms`);
      assert.equal(viewer.all("answered").length, 1);
      assert.deepEqual(viewer.all("state").map(({ state }) => state).slice(-1), ["connected"]);
      assert.equal((await broadcast.state()).viewers, 1);
      await Promise.all([viewer.stop(), publisher.stop()]);
      await broadcast.remove();
      await server.empty();
    });
  }

  it("takes the place of the session that hangs, which is not left behind", async () => {
    const broadcast = await create(server);
    const hanging = await ffmpeg(broadcast.whip).runs();
    await hanging.kill();
    const publisher = await ffmpeg(broadcast.whip).runs();
    await broadcast.becomes("live", ({ state }) => state === "live");
    const { producers } = await server.state();
    assert.equal(producers, 2);
    await publisher.stop();
    await broadcast.remove();
    await server.empty();
  });

  it("that never comes back is found out by its silence", async (t) => {
    const broadcast = await create(server);
    const publisher = await ffmpeg(broadcast.whip).runs();
    await broadcast.becomes("live", ({ state }) => state === "live");
    const from = Date.now();
    await publisher.kill();
    await broadcast.becomes("waiting", ({ state }) => state === "waiting", 40_000);
    const took = Date.now() - from;
    t.diagnostic(`found out after ${took} ms`);
    assert.ok(took <= CONSENT + ASKED_EVERY, `${took} ms`);
    await broadcast.remove();
    await server.empty();
  });
});

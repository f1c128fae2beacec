// Viewers who come before the broadcaster wait, and start by themselves.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tick } from "../../headless/support/wait.mjs";
import { aroundServer } from "../support/around.mjs";
import { create } from "../support/broadcast.mjs";
import { ENOUGH, publish, view } from "../support/client.mjs";
import { ffmpeg } from "../support/ffmpeg.mjs";

describe("a viewer who comes first", () => {
  let server;
  aroundServer((started) => (server = started));

  for (const [name, start] of Object.entries({ ffmpeg, "aiortc in VP8": publish })) {
    it(`starts when ${name} does, on the session it has`, async (t) => {
      const broadcast = await create(server);
      const viewer = view(broadcast.whep);
      await viewer.tells("answered");
      await tick(1_000);
      assert.deepEqual(viewer.all("first"), []);
      const waiting = await broadcast.state();
      assert.deepEqual([waiting.state, waiting.viewers], ["waiting", 1]);

      const publisher = start(broadcast.whip);
      const first = await viewer.tells("first", ({ kind }) => kind === "video");
      await broadcast.becomes("live", ({ state }) => state === "live");
      await viewer.decodes(ENOUGH);
      t.diagnostic(`first picture ${first.at - viewer.last("answered").at} ms after the viewer's answer`);
      assert.equal(viewer.all("answered").length, 1);

      await Promise.all([viewer.stop(), publisher.stop()]);
      await broadcast.remove();
      await server.empty();
    });
  }
});

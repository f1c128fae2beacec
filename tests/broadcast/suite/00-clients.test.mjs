// The clients of these tests play with each other, without the server they are for.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Client, ENOUGH, endAll, obs, publish, view } from "../support/client.mjs";
import { ffmpeg } from "../support/ffmpeg.mjs";

describe("the clients", () => {
  let url;
  before(async () => ({ url } = await new Client("loopback.py").tells("listening")));
  after(endAll);

  const players = {
    ffmpeg: (to) => ffmpeg(to),
    "aiortc with VP8": (to) => publish(to),
    "aiortc with H264": (to) => publish(to, "--video", "H264"),
    "OBS Studio's library": (to) => obs(to),
  };
  for (const [name, start] of Object.entries(players)) {
    it(`${name} is seen and heard by aiortc`, async () => {
      const publisher = start(`${url}/whip/test`);
      if (publisher instanceof Client) await publisher.tells("sent", ({ video }) => video > 10);
      else await publisher.runs();
      const viewer = view(`${url}/whep/test`);
      const seen = await viewer.decodes(ENOUGH);
      assert.deepEqual(seen.size, [320, 180]);
      await Promise.all([viewer.stop(), publisher.stop()]);
      assert.equal(viewer.last("deleted").status, 200);
    });
  }
});

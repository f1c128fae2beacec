// How long a viewer waits for its first picture when the next key frame is far: measured, and decoded at all.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tick } from "../../headless/support/wait.mjs";
import { aroundServer } from "../support/around.mjs";
import { create } from "../support/broadcast.mjs";
import { ENOUGH, obs, view } from "../support/client.mjs";
import { ffmpeg } from "../support/ffmpeg.mjs";

const GOP = 10;

async function started(publisher) {
  await publisher.tells("sent", ({ video }) => video > 10);
  return publisher;
}

describe(`with key frames ${GOP} s apart`, () => {
  let server;
  aroundServer((started) => (server = started));

  const publishers = {
    ffmpeg: (to) => ffmpeg(to, { gop: GOP }).runs(),
    "OBS Studio's library": (to) => started(obs(to, String(GOP))),
    "OBS Studio's library with three layers": async (to) => {
      const publisher = await started(obs(to, String(GOP), "3"));
      assert.match(publisher.last("answered").sdp, /^a=simulcast:recv 0;1;2\r$/m);
      return publisher;
    },
  };
  for (const [name, start] of Object.entries(publishers)) {
    it(`a viewer of ${name} who comes between two of them sees a picture`, async (t) => {
      const broadcast = await create(server);
      const publisher = await start(broadcast.whip);
      const times = [];
      for (const late of [1_000, 2_500, 1_500]) {
        await tick(late);
        const viewer = view(broadcast.whep);
        const first = await viewer.tells("first", ({ kind }) => kind === "video");
        times.push(first.at - viewer.last("answered").at);
        assert.deepEqual(first.size, [320, 180], "the largest there is");
        await viewer.decodes(ENOUGH);
        await viewer.stop();
      }
      t.diagnostic(`from the answer to the first picture: ${times.join(", ")} ms`);
      const { video } = await broadcast.state();
      assert.deepEqual([video.width, video.height], [320, 180]);
      t.diagnostic(`the broadcast says its key frames are ${video.keyFrameInterval} apart`);
      await publisher.stop();
      await broadcast.remove();
      await server.empty();
    });
  }
});

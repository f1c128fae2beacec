// What a viewer sees first when the next key frame is far: the newest one there was, kept for whoever comes late. A server that
// keeps none shows that the wait would be long.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tick } from "../../headless/support/wait.mjs";
import { aroundServer } from "../support/around.mjs";
import { create } from "../support/broadcast.mjs";
import { ENOUGH, obs, view } from "../support/client.mjs";
import { ffmpeg } from "../support/ffmpeg.mjs";

const GOP = 10;
/** When viewers come, in milliseconds after a key frame: a program may take long to start, and all are to come before the next. */
const ARRIVALS = [0, 1_500, 3_000];
/** Who waits for key frames waits longer than this, seven times of ten. */
const SOON = 3_000;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function started(publisher) {
  await publisher.tells("sent", ({ video }) => video > 10);
  return publisher;
}

/**
 * Viewers who come between two key frames of a broadcast, as a witness sees it who was there before: how long each waited from
 * its answer to its first picture, and whether that is of a key frame the witness had seen when the answer came.
 */
async function late(broadcast) {
  const witness = view(broadcast.whep);
  await witness.tells("key", () => true, 2 * GOP * 1_000);
  const seen = witness.all("key").length;
  await witness.tells("key", () => witness.all("key").length > seen);
  const arrivals = await Promise.all(ARRIVALS.map(async (after) => {
    await tick(after);
    const viewer = view(broadcast.whep);
    const first = await viewer.tells("first", ({ kind }) => kind === "video");
    const answered = viewer.last("answered");
    await viewer.decodes(ENOUGH);
    await viewer.stop();
    const key = await witness.tells("key", ({ picture }) => picture === first.picture);
    return { size: first.size, waited: first.at - answered.at, earlier: key.when < answered.when };
  }));
  await witness.stop();
  return arrivals;
}

const waits = (arrivals) => arrivals.map(({ waited }) => waited);

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
    it(`a viewer of ${name} who comes between two of them starts with the one before`, async (t) => {
      const broadcast = await create(server);
      const publisher = await start(broadcast.whip);
      const arrivals = await late(broadcast);
      t.diagnostic(`from the answer to the first picture: ${waits(arrivals).join(", ")} ms`);
      for (const { size } of arrivals) assert.deepEqual(size, [320, 180], "the largest there is");
      // One of them may have come to the next key frame after all.
      assert.ok(arrivals.filter(({ earlier }) => earlier).length > arrivals.length / 2, JSON.stringify(arrivals));
      assert.ok(median(waits(arrivals)) <= SOON, JSON.stringify(arrivals));
      const { video } = await broadcast.state();
      assert.deepEqual([video.width, video.height], [320, 180]);
      t.diagnostic(`the broadcast says its key frames are ${video.keyFrameInterval} apart`);
      await publisher.stop();
      await broadcast.remove();
      await server.empty();
    });
  }
});

describe(`with key frames ${GOP} s apart, none of which is kept`, () => {
  let server;
  aroundServer((started) => (server = started), undefined, "--group-of-pictures", "0");

  it("a viewer of ffmpeg waits for the next", async (t) => {
    const broadcast = await create(server);
    const publisher = await ffmpeg(broadcast.whip, { gop: GOP }).runs();
    const arrivals = await late(broadcast);
    t.diagnostic(`from the answer to the first picture: ${waits(arrivals).join(", ")} ms`);
    assert.deepEqual(arrivals.map(({ earlier }) => earlier), ARRIVALS.map(() => false));
    await publisher.stop();
    await broadcast.remove();
    await server.empty();
  });
});

// What ffmpeg and aiortc publish is seen and heard by WHEP viewers, and the broadcast says so.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { aroundServer } from "../support/around.mjs";
import { create } from "../support/broadcast.mjs";
import { ENOUGH, obs, publish, view } from "../support/client.mjs";
import { ffmpeg } from "../support/ffmpeg.mjs";

describe("a broadcast", () => {
  let server;
  aroundServer((started) => (server = started));

  it("by ffmpeg is decoded by aiortc, and tells its state from waiting to live and back", async (t) => {
    const broadcast = await create(server);
    assert.equal((await broadcast.state()).state, "waiting");

    const publisher = await ffmpeg(broadcast.whip).runs();
    const viewer = view(broadcast.whep);
    const seen = await viewer.decodes(ENOUGH);
    assert.deepEqual(seen.size, [320, 180]);
    const first = await viewer.tells("first", ({ kind }) => kind === "video");
    t.diagnostic(`first picture ${first.at - viewer.last("answered").at} ms after the answer`);

    const live = await broadcast.becomes("live with all it can tell", ({ state, video }) => state === "live" && video?.keyFrameInterval > 0);
    assert.equal(live.viewers, 1);
    assert.match(live.video.codec, /h264/i);
    assert.deepEqual([live.video.width, live.video.height], [320, 180]);
    assert.ok(live.video.bitrate > 50_000 && live.video.bitrate < 2_000_000, JSON.stringify(live));
    assert.match(live.audio.codec, /opus/i);
    assert.ok(live.audio.bitrate > 10_000, JSON.stringify(live));

    await publisher.stop();
    const over = await broadcast.becomes("waiting again", ({ state }) => state === "waiting");
    assert.equal(over.viewers, 1);
    await viewer.stop();
    assert.equal(viewer.last("deleted").status, 200);
    await broadcast.becomes("without viewers", ({ viewers }) => viewers === 0);
    assert.equal((await broadcast.remove()).status < 300, true);
    await server.empty();
  });

  for (const codec of ["VP8", "H264"]) {
    it(`by aiortc in ${codec} is decoded by two viewers`, async () => {
      const broadcast = await create(server);
      const publisher = publish(broadcast.whip, "--video", codec);
      const viewers = [view(broadcast.whep), view(broadcast.whep)];
      await Promise.all(viewers.map((viewer) => viewer.decodes(ENOUGH)));
      assert.match((await broadcast.state()).video.codec, new RegExp(codec, "i"));
      assert.equal((await broadcast.state()).viewers, 2);
      await Promise.all([publisher, ...viewers].map((one) => one.stop()));
      assert.equal(publisher.last("deleted").status, 200);
      await broadcast.remove();
      await server.empty();
    });
  }

  it("by OBS Studio's library is decoded", async () => {
    const broadcast = await create(server);
    const publisher = obs(broadcast.whip);
    const viewer = view(broadcast.whep);
    const seen = await viewer.decodes(ENOUGH);
    assert.deepEqual(seen.size, [320, 180]);
    await Promise.all([viewer.stop(), publisher.stop()]);
    assert.equal(publisher.last("deleted").status, 200);
    await broadcast.remove();
    await server.empty();
  });

  it("without pictures, or watched for its sound alone, is heard", async () => {
    const broadcast = await create(server);
    const publisher = await ffmpeg(broadcast.whip).runs();
    const viewer = view(broadcast.whep, "--audio-only");
    await viewer.decodes({ audible: ENOUGH.audible });
    await Promise.all([viewer.stop(), publisher.stop()]);
    await broadcast.remove();
    await server.empty();
  });

  it("that is stopped ends for its publisher, and one that is removed for its viewers", async () => {
    const broadcast = await create(server);
    const publisher = publish(broadcast.whip);
    const viewer = view(broadcast.whep);
    await viewer.decodes(ENOUGH);

    assert.equal((await broadcast.stop()).status < 300, true);
    await publisher.tells("state", ({ state }) => state === "closed" || state === "failed");
    assert.equal((await broadcast.becomes("waiting", ({ state }) => state === "waiting")).viewers, 1);
    await broadcast.remove();
    await viewer.tells("state", ({ state }) => state === "closed" || state === "failed");
    await Promise.all([publisher.stop(), viewer.stop()]);
    await server.empty();
  });

  it("needs no broadcast: a room's name alone is published into and watched", async () => {
    const [whip, whep] = ["whip", "whep"].map((door) => `${server.url}/${door}/tea`);
    const publisher = await ffmpeg(whip).runs();
    const viewer = view(whep);
    await viewer.decodes(ENOUGH);
    const [room] = (await server.rooms()).filter(({ id }) => id === "tea");
    assert.ok(room, "no room tea");
    await Promise.all([viewer.stop(), publisher.stop()]);
    await server.empty();
  });
});

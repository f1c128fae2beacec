// Twenty viewers where eight may be: who comes too late is refused, or who came first goes.
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { create, removeAll } from "../support/broadcast.mjs";
import { endAll, view } from "../support/client.mjs";
import { ffmpeg } from "../support/ffmpeg.mjs";
import { startServer } from "../support/server.mjs";

const [CAP, VIEWERS] = [8, 20];
const numbers = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);
const flags = (policy) => ["--max-consumers", String(CAP), "--when-full", policy];

/** Twenty viewers, one after the other, of a small picture: twenty decoders share a machine. */
async function crowd(policy) {
  const server = await startServer(...flags(policy));
  const broadcast = await create(server);
  const publisher = await ffmpeg(broadcast.whip, { size: "160x90", rate: 10 }).runs();
  const viewers = view(broadcast.whep, "--count", String(VIEWERS), "--every", "0.2");
  const decided = ({ viewer }) => viewer === VIEWERS - 1;
  await Promise.race([viewers.tells("answered", decided, 60_000), viewers.tells("refused", decided, 60_000)]);
  return { server, broadcast, publisher, viewers };
}

async function leave({ server, broadcast, publisher, viewers }) {
  await Promise.all([viewers.stop(), publisher.stop()]);
  await broadcast.remove();
  await server.empty();
  await server.stop();
}

const see = (viewers, who) => Promise.all(who.map((viewer) => viewers.decodes({ video: 5, viewer }, 30_000)));

describe(`${VIEWERS} viewers of ${CAP} places`, () => {
  afterEach(() => endAll().then(removeAll));

  it("with reject: the first stay, the others are told why not", async () => {
    const scene = await crowd("reject");
    const { viewers, broadcast } = scene;
    assert.deepEqual(viewers.all("answered").map(({ viewer }) => viewer), numbers(0, CAP));
    const refused = viewers.all("refused");
    assert.deepEqual(refused.map(({ viewer }) => viewer), numbers(CAP, VIEWERS));
    for (const { status, type, body } of refused) {
      assert.ok(status >= 400 && status < 600, String(status));
      assert.equal(type, "application/problem+json");
      assert.equal(JSON.parse(body).status, status);
    }
    await see(viewers, numbers(0, CAP));
    assert.equal((await broadcast.state()).viewers, CAP);
    await leave(scene);
  });

  it("with evict-oldest: the last stay, each before them goes as soon as another comes", async () => {
    const scene = await crowd("evict-oldest");
    const { viewers, broadcast } = scene;
    assert.deepEqual(viewers.all("answered").map(({ viewer }) => viewer), numbers(0, VIEWERS));
    for (const gone of numbers(0, VIEWERS - CAP)) {
      await viewers.tells("state", ({ viewer, state }) => viewer === gone && (state === "closed" || state === "failed"), 10_000);
    }
    await see(viewers, numbers(VIEWERS - CAP, VIEWERS));
    assert.equal((await broadcast.state()).viewers, CAP);
    await leave(scene);
  });
});

// No black video: each new camera stream is on the other's screen soon, however often cameras come and go.
import assert from "node:assert/strict";
import { scene } from "../support/scene.mjs";
import { summary, until } from "../support/wait.mjs";

const ROUNDS = 20;
const WORST_MS = 3_000;

/** Runs in the watching page: resolves with the time the first frame of a camera stream other than `known` was decoded. */
const firstFrame = async (known) => {
  for (;;) {
    const rows = await window.__miso.rows();
    const row = rows.find((one) => one.direction === "received" && one.source === "camera" && one.producerId !== known);
    if (row && row.frames > 0) return { at: Date.now(), producerId: row.producerId };
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

scene(`${ROUNDS} times camera on and off: a first picture within ${WORST_MS} ms each time`, async (stage, t) => {
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  await Promise.all([ann.join("tea"), bob.join("tea")]);
  await bob.seesAndHears("Ann");

  const times = [];
  const gone = async () => (await bob.state()).peers[0]?.media.every(({ source }) => source !== "camera");
  for (let round = 0; round < ROUNDS; round += 1) {
    await ann.press("camera");
    await until("the camera is gone", gone, { every: 20 });
    const shown = bob.page.evaluate(firstFrame, null);
    const from = Date.now();
    await ann.press("camera");
    const late = new Promise((_, reject) => setTimeout(reject, 15_000, new Error(`round ${round}: no picture`)).unref());
    times.push((await Promise.race([shown, late])).at - from);
  }
  t.diagnostic(`from the click to the first decoded frame: ${summary(times)}`);
  t.diagnostic(`all: ${times.join(" ")}`);
  assert.ok(times.every((time) => time <= WORST_MS), `first frames after ${times.join(", ")} ms`);
});

scene("a peer who comes late sees everyone soon", async (stage, t) => {
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  await ann.join("tea");
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    await (round === 0 ? bob.join("tea") : bob.rejoin());
    const from = Date.now();
    times.push((await bob.page.evaluate(firstFrame, null)).at - from);
  }
  t.diagnostic(`from being in the room to the first decoded frame: ${summary(times)}`);
  assert.ok(times.every((time) => time <= WORST_MS), `first frames after ${times.join(", ")} ms`);
});

// Refreshing the page at any moment of the negotiation: back with media soon, no ghosts, nothing left on the server.
import assert from "node:assert/strict";
import { scene } from "../support/scene.mjs";
import { summary, until } from "../support/wait.mjs";

const POINTS = Number(process.env.MISO_REFRESHES ?? 20);
const WORST_MS = 3_000;
const LATEST_MS = 1_200;

/** A small generator with a seed, so that a failure can be played again (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

scene(`${POINTS} refreshes at random moments of the negotiation`, async (stage, t) => {
  const seed = Number(process.env.MISO_SEED ?? Date.now() % 1e9);
  t.diagnostic(`seed ${seed}`);
  const random = randomFrom(seed);
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  await Promise.all([ann.join("tea"), bob.join("tea")]);
  await ann.seesAndHears("Bob");

  const times = [];
  for (let point = 0; point < POINTS; point += 1) {
    await bob.page.reload();
    await bob.page.waitForSelector("#name");
    await bob.page.click("button[type=submit]");
    // Somewhere between the click and a call that has settled.
    await new Promise((resolve) => setTimeout(resolve, random() * LATEST_MS));
    await bob.rejoin();
    const from = Date.now();
    const playing = (user, who) => async () =>
      (await user.received()).some((row) => row.who === who && row.source === "camera" && row.frames > 0);
    await until(`refresh ${point} (seed ${seed}): Bob sees Ann`, playing(bob, "Ann"), { every: 20 });
    await until(`refresh ${point} (seed ${seed}): Ann sees Bob`, playing(ann, "Bob"), { every: 20 });
    times.push(Date.now() - from);
    await until(`refresh ${point} (seed ${seed}): one Bob`, async () => (await ann.peers()).length === 1, { timeout: 1_000 });
  }
  t.diagnostic(`from being in the room again to a picture on both sides: ${summary(times)}`);
  assert.ok(times.every((time) => time <= WORST_MS), `took ${times.join(", ")} ms (seed ${seed})`);
  await ann.seesAndHears("Bob");
  await bob.seesAndHears("Ann");
});

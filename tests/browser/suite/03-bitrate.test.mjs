// A browser ramps up only if the server tells it how much arrives: REMB or transport-cc feedback at work.
import assert from "node:assert/strict";
import { unlink } from "node:fs/promises";
import { after, before } from "node:test";
import { startChromium } from "../support/browsers.mjs";
import { writeMovingPicture } from "../support/moving-picture.mjs";
import { scene } from "../support/scene.mjs";
import { pause } from "../support/wait.mjs";

const WANTED = 1_500_000;
const WITHIN_S = 10;

let film;
let sender;
before(async () => {
  film = await writeMovingPicture();
  sender = await startChromium({ video: film });
});
after(async () => {
  await sender?.close();
  if (film) await unlink(film);
});

const sent = async (user) =>
  (await user.rows()).filter(({ direction, source }) => direction === "sent" && source === "camera");

scene(`a 720p Chromium sends ${WANTED / 1e6} Mb/s within ${WITHIN_S} s`, async (stage, t) => {
  const ann = await stage.user("Ann", "chromium", { page: await sender.newPage() });
  const bob = await stage.user("Bob");
  await Promise.all([ann.join("tea"), bob.join("tea")]);
  const rates = [];
  for (let before = 0, second = 0; second < WITHIN_S; second += 1) {
    await pause(1_000);
    const bytes = (await sent(ann)).reduce((sum, row) => sum + row.bytes, 0);
    rates.push((bytes - before) * 8);
    before = bytes;
  }
  const layers = (await sent(ann)).map(({ rid, width, height }) => `${rid} ${width}×${height}`);
  t.diagnostic(`Mb/s in each second: ${rates.map((rate) => (rate / 1e6).toFixed(2)).join(" ")}; ${layers.join(", ")}`);
  assert.ok(Math.max(...rates) >= WANTED, `at most ${Math.max(...rates)} b/s`);
  await ann.page.close();
});

// A browser ramps up only if the server tells it how much arrives: transport-cc for our page, REMB for old clients.
import assert from "node:assert/strict";
import { unlink } from "node:fs/promises";
import { after, before } from "node:test";
import { startChromium } from "../support/browsers.mjs";
import { named, pageOf } from "../support/frontends.mjs";
import { writeMovingPicture } from "../support/moving-picture.mjs";
import { startPages } from "../support/pages.mjs";
import { scene } from "../support/scene.mjs";
import { pause, until } from "../support/wait.mjs";

const WANTED = 1_500_000;
const WITHIN_S = 10;

let film;
let sender;
let pages;
before(async () => {
  film = await writeMovingPicture();
  [sender, pages] = await Promise.all([startChromium({ video: film }), startPages()]);
});
after(async () => {
  await Promise.all([sender?.close(), pages?.stop(), film && unlink(film)]);
});

/** Watches a sender that has just begun for ten seconds; `reports` gives its statistics. */
async function assertRampsUp(t, reports) {
  const video = async () => (await reports()).filter((one) => one.type === "outbound-rtp" && one.kind === "video");
  const rates = [];
  let layers;
  for (let before = 0, second = 0; second < WITHIN_S; second += 1) {
    await pause(1_000);
    layers = await video();
    const bytes = layers.reduce((sum, one) => sum + one.bytesSent, 0);
    rates.push((bytes - before) * 8);
    before = bytes;
  }
  const sizes = layers.map((one) => `${one.rid ?? "single"} ${one.frameWidth}×${one.frameHeight} ${one.qualityLimitationReason}`);
  t.diagnostic(`Mb/s in each second: ${rates.map((rate) => (rate / 1e6).toFixed(2)).join(" ")}; ${sizes.join(", ")}`);
  assert.ok(Math.max(...rates) >= WANTED, `at most ${Math.max(...rates)} b/s`);
}

scene(`a 720p Chromium sends ${WANTED / 1e6} Mb/s within ${WITHIN_S} s from our page`, async (stage, t) => {
  const page = await sender.newPage();
  const [ann, bob] = [await stage.user("Ann", "chromium", { page }), await stage.user("Bob")];
  stage.pages.push(page);
  await bob.join("tea");
  await ann.join("tea");
  await assertRampsUp(t, () => page.evaluate(() => window.__miso.reports()));
});

scene(`a 720p Chromium sends ${WANTED / 1e6} Mb/s within ${WITHIN_S} s from an old page`, async (stage, t) => {
  const page = await sender.newPage();
  stage.pages.push(page);
  const [name, asked] = pageOf({ ...named("c"), client: "3.7.7" });
  await page.goto(pages.url(name, { ...asked, server: stage.server.url, room: "old", hd: "" }));
  await until("the page publishes", () => page.evaluate(() => window.publishing));
  await assertRampsUp(t, () => page.evaluate(() => window.reports()));
});

// Each state of the room, in light and dark, on a desk and in a hand: a picture to look at, and axe's judgement.
import { assertAccessible } from "../support/accessible.mjs";
import { drawPortrait, drawScreen, PORTRAITS } from "../support/portraits.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

const DESK = { viewport: { width: 1280, height: 800 } };
const LOOKS = [
  ["Ann", { ...DESK, colorScheme: "light" }],
  ["Ben", { ...DESK, colorScheme: "dark" }],
  ["Cleo", { viewport: { width: 390, height: 844 }, colorScheme: "light" }],
  ["Dora", { viewport: { width: 844, height: 390 }, colorScheme: "dark" }],
];
const NAMES = ["light", "dark", "phone", "sideways"];

scene("the room looks well in every state", async (stage) => {
  const users = await Promise.all(LOOKS.map(([name, look], index) =>
    stage.user(name, "chromium", { ...look, before: [[drawPortrait, PORTRAITS[index]], [drawScreen]] })));
  const show = async (state) => {
    for (const [index, user] of users.entries()) {
      await stage.picture(user, `room-${state}-${NAMES[index]}`);
      await assertAccessible(user, `${state}, ${NAMES[index]}`);
    }
  };
  const all = (what, check) => Promise.all(users.map((user) => until(`${user.name}: ${what}`, () => check(user), { timeout: 40_000 })));
  const quiet = () => all("nothing is announced any more", ({ page }) => page.evaluate(() => document.querySelector("[role=log]").childElementCount === 0));

  for (const user of users) await user.join("tea");
  await all("four pictures", async (user) => (await user.pictures()).length === 4);
  await quiet();
  await show("grid");
  await Promise.all(users.map((user) => user.press("view")));
  await all("a large picture", ({ page }) => page.evaluate(() => document.querySelector("figure.featured:not(.waiting)") !== null));
  await show("speaker");
  await users[1].press("screen");
  await all("the screen", async (user) => (await user.pictures()).some((name) => /screen$/.test(name)));
  await quiet();
  await show("screen");
  await Promise.all(users.map((user) => user.press("stats")));
  await all("rates and codecs", ({ page }) => page.evaluate(() => /VP8|H264|VP9/.test(document.querySelector(".quality tbody").textContent) && /b\/s/.test(document.querySelector(".quality tbody").textContent)));
  await show("quality");
  await Promise.all(users.slice(0, 2).map((user) => user.press("view")));
  await users[0].press("stats");
  await stage.picture(users[0], "room-grid-screen-light");
});

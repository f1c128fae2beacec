// More than two videos at a time, and none that stays when its sender has finished.
import assert from "node:assert/strict";
import { drawScreen } from "../support/portraits.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

scene("five videos are seen at once; those of who leaves are gone, the rest go on", async (stage) => {
  const before = [[drawScreen]];
  const users = await Promise.all(["Ann", "Bob", "Cem", "Dan"].map((name) => stage.user(name, "chromium", { before })));
  const [ann, bob, cem, dan] = users;
  for (const user of users) await user.join("tea");
  await bob.press("screen");
  await cem.press("screen");
  const five = ["Bob", "Bob’s screen", "Cem", "Cem’s screen", "Dan"];
  const others = async () => (await ann.pictures()).filter((name) => name !== "Ann (you)");
  await until("Ann sees five", async () => (await others()).length === five.length, { timeout: 40_000 });
  assert.deepEqual(await others(), five);
  await Promise.all(five.map((name) => ann.seesMoreThanBlack(name)));
  await Promise.all(five.map((name) => ann.goesOnSeeing(name)));
  await stage.picture(ann, "five-videos");

  await bob.press("leave");
  await until("Ann sees three", async () => (await others()).length === 3);
  assert.deepEqual(await others(), ["Cem", "Cem’s screen", "Dan"]);
  await cem.press("screen");
  await until("Ann sees two", async () => (await others()).length === 2);
  assert.deepEqual(await others(), ["Cem", "Dan"]);
  await dan.press("camera");
  await until("Ann sees one", async () => (await others()).length === 1);
  await ann.goesOnSeeing("Cem");
});

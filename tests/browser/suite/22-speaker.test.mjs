// The speaker view follows the voice; the server does nothing for it.
import assert from "node:assert/strict";
import { assertAccessible } from "../support/accessible.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

/** Whose picture is the large one. */
const featured = ({ page }) => page.evaluate(() => document.querySelector("figure.featured")?.getAttribute("data-name"));

for (const browser of ["chromium", "firefox"]) {
  scene(`in ${browser} the large picture is that of who speaks, or of who is pinned`, async (stage) => {
    const [ann, bob, cem] = [await stage.user("Ann", browser), await stage.user("Bob"), await stage.user("Cem")];
    for (const user of [ann, bob, cem]) await user.join("tea");
    await ann.seesAndHears("Bob", "Cem");
    await ann.press("view");
    const follows = (name) => until(`Ann's large picture is ${name}'s`, async () => (await featured(ann)) === name);

    await bob.press("microphone");
    await follows("Cem");
    await until("Cem's tile says who speaks", () => ann.page.evaluate(() => document.querySelector("figure.speaking")?.dataset.name === "Cem"));
    await stage.picture(ann, `speaker-view-${browser}`);
    await assertAccessible(ann, "speaker view");
    await bob.press("microphone");
    await cem.press("microphone");
    await follows("Bob");

    const pin = (name) => ann.page.evaluate((who) => document.querySelector(`button[aria-label="Pin ${who}"]`).click(), name);
    await pin("Cem");
    await follows("Cem");
    await pin("Cem");
    await follows("Bob");

    await bob.press("leave");
    await follows("Cem");
    assert.deepEqual(await ann.pictures(), ["Ann (you)", "Cem"]);
  });
}

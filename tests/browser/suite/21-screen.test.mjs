// Sharing a screen: a tile of its own, beside the camera's, sharp, and gone when it ends.
import assert from "node:assert/strict";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

/** Ann, whose screen can be shared, Bob and Fox. */
const sharing = async (stage, play) => {
  const page = await stage.pageOf({ flags: ["--auto-select-desktop-capture-source=Entire screen"] });
  await play(await stage.user("Ann", "chromium", { page }), await stage.user("Bob"), await stage.user("Fox", "firefox"));
};

scene("a shared screen is seen beside the camera, in Chromium and Firefox, and ends with the sharing", (stage) =>
  sharing(stage, async (ann, bob, fox) => {
    await Promise.all([ann, bob, fox].map((user) => user.join("tea")));
    await Promise.all([bob.seesAndHears("Ann"), fox.seesAndHears("Ann")]);
    await ann.press("screen");
    const screenRow = async (user) => (await user.received()).find(({ who, source }) => who === "Ann" && source === "screen");
    for (const user of [bob, fox]) {
      await until(`${user.name} sees the screen`, async () => (await screenRow(user))?.frames > 5);
      await until(`${user.name} has tiles of both`, async () => {
        const shown = await user.pictures();
        return shown.includes("Ann’s screen") && shown.includes("Ann");
      });
    }
    await until("Ann sees the own screen", async () => (await ann.pictures()).includes("Your screen"));
    await bob.reads(/Ann shares a screen\./, "[role=log]");
    await assertOneStream(ann);
    await Promise.all([bob, fox].map((user) => assertFullSize(ann, user, screenRow)));
    await stage.picture(bob, "screen-share");

    await ann.press("screen");
    for (const user of [bob, fox]) await until(`${user.name} sees no screen`, async () => !(await user.pictures()).includes("Ann’s screen"));
    await bob.reads(/Ann stopped sharing\./, "[role=log]");
    await Promise.all([bob.seesAndHears("Ann"), fox.seesAndHears("Ann")]);
  }));

scene("who leaves while sharing leaves no picture behind", (stage) =>
  sharing(stage, async (ann, bob, fox) => {
    await Promise.all([ann, bob, fox].map((user) => user.join("tea")));
    await ann.press("screen");
    for (const user of [bob, fox]) await until(`${user.name} sees the screen`, async () => (await user.pictures()).includes("Ann’s screen"));
    await ann.press("leave");
    for (const user of [bob, fox]) {
      await until(`${user.name} sees nothing of Ann`, async () => (await user.pictures()).every((name) => !name.startsWith("Ann")));
      assert.ok((await user.peers()).every((name) => name !== "Ann"));
    }
    assert.equal((await ann.state()).status, "idle");
  }));

/** One size, no more: text is not to be sent small. And the encoder knows that it is text. */
async function assertOneStream({ page }) {
  const { rows, hint } = await page.evaluate(async () => ({
    rows: await window.__miso.rows(),
    hint: window.__miso.state().local.tracks.screen.contentHint,
  }));
  assert.equal(rows.filter(({ direction, source }) => direction === "sent" && source === "screen").length, 1);
  assert.equal(rows.filter(({ direction, source }) => direction === "sent" && source === "camera").length, 3);
  assert.equal(hint, "detail");
}

/** Every pixel of the screen arrives: what is sent small for a moment grows. */
async function assertFullSize({ page }, user, screenRow) {
  const { width, height } = await page.evaluate(() => window.__miso.state().local.tracks.screen.getSettings());
  assert.ok(width >= 1280 && height >= 720, `a screen of ${width}×${height} would prove nothing`);
  let row;
  await until(`${user.name} gets all ${width}×${height}`, async () => {
    row = await screenRow(user);
    return row.width === width && row.height === height;
  }).catch((error) => assert.fail(`${error.message}: ${row.width}×${row.height}`));
}

// Each state of the room, in light and dark, on a desk and in a hand: a picture to look at, and axe's judgement.
import assert from "node:assert/strict";
import { assertAccessible } from "../support/accessible.mjs";
import { drawPortrait, drawScreen, PORTRAITS } from "../support/portraits.mjs";
import { scene } from "../support/scene.mjs";
import { startServer } from "../support/server.mjs";
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

  const [ann, , cleo, dora] = users;
  await cleo.press("camera");
  await dora.press("microphone");
  await all("Cleo's initials, and that Dora is muted", ({ page }) => page.evaluate(() => {
    const tile = (name) => document.querySelector(`figure[data-name^=${name}]`);
    return tile("Cleo").matches(".waiting") && tile("Cleo").querySelector(".initials").textContent === "C" && /\(muted\)/.test(tile("Dora").textContent);
  }));
  await show("off");
  await cleo.press("camera");
  await dora.press("microphone");
  await all("four pictures again", async (user) => (await user.pictures()).length === 4);

  for (const [state, key] of [["devices", "d"], ["shortcuts", "?"]]) {
    await Promise.all(users.map(({ page }) => page.keyboard.press(key)));
    await all(state, ({ page }) => page.evaluate(() => document.querySelector("dialog[open]") !== null));
    await show(state);
    await Promise.all(users.map(({ page }) => page.keyboard.press("Escape")));
    await all("no dialog", ({ page }) => page.evaluate(() => document.querySelector("dialog") === null));
  }

  const pin = ({ page }, name) => page.evaluate((who) => document.querySelector(`button[aria-label^="Pin ${who}"]`).click(), name);
  await Promise.all(users.map((user) => pin(user, "Ben")));
  await all("Ben is pinned", ({ page }) => page.evaluate(() => document.querySelector("figure.featured[data-name^=Ben] .pin[aria-pressed=true]") !== null));
  await show("pinned");
  await Promise.all(users.map((user) => pin(user, "Ben")));
  await all("a large picture", ({ page }) => page.evaluate(() => document.querySelector("figure.featured:not(.waiting)") !== null));
  await show("speaker");
  await users[1].press("screen");
  await all("the screen", async (user) => (await user.pictures()).some((name) => /screen$/.test(name)));
  await quiet();
  await show("screen");
  await Promise.all(users.map((user) => user.press("stats")));
  await all("rates and codecs", ({ page }) => page.evaluate(() => /VP8|H264|VP9/.test(document.querySelector(".quality tbody").textContent) && /b\/s/.test(document.querySelector(".quality tbody").textContent)));
  await show("quality");
  await assertTellsQuality(ann);
  await Promise.all(users.slice(0, 2).map((user) => user.press("view")));
  await users[0].press("stats");
  await stage.picture(users[0], "room-grid-screen-light");
});

/** One object per stream, by the titles of the columns. */
const quality = ({ page }) => page.evaluate(() => {
  const cells = (row) => [...row.cells].map(({ textContent }) => textContent);
  const [titles] = [...document.querySelectorAll(".quality thead tr")].map(cells);
  return [...document.querySelectorAll(".quality tbody tr")].map((row) => Object.fromEntries(cells(row).map((text, at) => [titles[at], text])));
});

const RATE = /^[\d.]+\s[kM]b\/s$/;
const LOSS = /^\d+\.\d %$/;
const RTT = /^\d+ ms$/;
const PICTURE = /^\d+×\d+ @ \d+$/;
const VIDEO = /^(VP8|VP9|H264|AV1)$/i;

/** Of each stream bitrate, loss, round trip, layer and codec; of what is sent a row per layer. */
async function assertTellsQuality(user) {
  const expected = [
    ["Ben", "camera", { Rate: RATE, Loss: LOSS, RTT, Picture: PICTURE, Layer: /^S[012]( T\d)?$/, Codec: VIDEO }],
    ["Ben", "screen", { Rate: RATE, Loss: LOSS, RTT, Picture: PICTURE, Codec: VIDEO }],
    ["Ben", "microphone", { Rate: RATE, Loss: LOSS, RTT, Codec: /^opus$/i }],
    ...[0, 1, 2].map((layer) => [user.name, "camera", { Rate: RATE, Loss: LOSS, RTT, Layer: new RegExp(`^S${layer}$`), Codec: VIDEO }]),
  ];
  let rows;
  const told = ([who, source, cells]) => rows.some((row) =>
    row.From.startsWith(who === user.name ? "You" : who) && row.Stream === source && Object.entries(cells).every(([title, pattern]) => pattern.test(row[title])));
  await until("every stream's quality", async () => {
    rows = await quality(user);
    return expected.every(told);
  }).catch((error) => assert.fail(`${error.message}: ${JSON.stringify(rows, null, 1)}`));
  assert.deepEqual(Object.keys(rows[0]), ["From", "Stream", "Rate", "Loss", "RTT", "Picture", "Layer", "Codec"]);
}

const PHONE = { viewport: { width: 390, height: 844 } };

for (const [name, look] of [["light", { ...DESK, colorScheme: "light" }], ["phone", { ...PHONE, colorScheme: "dark" }]]) {
  scene(`the way into a room and being alone there look well: ${name}`, async (stage) => {
    const server = await startServer();
    try {
      const ann = await stage.user("Ann", "chromium", { server, ...look, before: [[drawPortrait, PORTRAITS[0]]] });
      await ann.visit("tea");
      await ann.page.type("#name", "Ann");
      // A server that is there, and slow.
      process.kill(server.pid, "SIGSTOP");
      try {
        await ann.page.click("button[type=submit]");
        await ann.reads(/^Connecting to the server…$/, "[data-testid=entering]");
        assert.equal(await ann.focused(), "Entering tea");
        await stage.picture(ann, `entering-${name}`);
        await assertAccessible(ann, `entering, ${name}`);
      } finally {
        process.kill(server.pid, "SIGCONT");
      }
      await ann.reads(/You are in tea\. Nobody else is here yet\./, "[role=log]");
      await until("the own picture", async () => (await ann.pictures()).includes("Ann (you)"));
      assert.equal(await ann.page.textContent(".count"), "1 person");
      await stage.picture(ann, `room-alone-${name}`);
      await assertAccessible(ann, `alone, ${name}`);
    } finally {
      await server.stop();
    }
  });
}

scene("until there is a picture a tile shows whose it will be", async (stage) => {
  const ben = await stage.user("Ben", "chromium", { before: [[drawPortrait, PORTRAITS[1]]] });
  const ann = await stage.user("Ann", "chromium", { ...DESK, colorScheme: "light", before: [[drawPortrait, PORTRAITS[0]]] });
  let [held, hold] = [[], true];
  await ann.page.routeWebSocket(/socket\.io/, (near) => {
    const far = near.connectToServer();
    near.onMessage((message) => {
      if (hold && /consumer-resume/.test(message)) held.push(() => far.send(message));
      else far.send(message);
    });
  });
  await ben.join("tea");
  await ann.join("tea");
  await until("Ann is told of Ben's camera", async () => (await ann.state()).peers[0]?.media.some(({ source }) => source === "camera"));
  assert.equal(await ann.page.textContent("figure.waiting[data-name=Ben] .initials"), "B");
  await stage.picture(ann, "room-waiting");
  await assertAccessible(ann, "waiting for a picture");
  hold = false;
  held.forEach((go) => go());
  await ann.seesMoreThanBlack("Ben");
  assert.deepEqual(await ann.pictures(), ["Ann (you)", "Ben"]);
});

/** Where what is wrong and what happens are shown. */
const places = ({ page }) => page.evaluate(() => [".notice, .banner", ".announcer p"].map((selector) =>
  [...document.querySelectorAll(selector)].map((one) => one.getBoundingClientRect().toJSON())));

for (const [name, look] of [["desk", DESK], ["phone", PHONE], ["sideways", { viewport: { width: 844, height: 390 } }]]) {
  scene(`what happens is shown beside what is wrong, not over it: ${name}`, async (stage) => {
    const refuse = () => {
      navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
    };
    const [ann, ben] = [await stage.user("Ann", "chromium", { ...look, before: [[refuse]] }), await stage.user("Ben")];
    const apart = async () => {
      const [wrong, happened] = await places(ann);
      assert.ok(wrong.length > 0, "something is wrong");
      for (const one of wrong) for (const other of happened) assert.ok(one.bottom <= other.top, JSON.stringify([one, other]));
      return happened.length;
    };
    await ann.join("tea");
    await ann.press("screen");
    await ann.reads(/The screen is not shared/);
    await ben.join("tea");
    await ann.reads(/Ben joined\./, "[role=log]");
    assert.ok((await apart()) > 0);
    await stage.picture(ann, `room-notice-and-news-${name}`);
    await assertAccessible(ann, `a notice and news, ${name}`);
    await ann.page.context().setOffline(true);
    await ann.page.evaluate(() => window.dispatchEvent(new Event("offline")));
    await ann.page.waitForSelector(".banner");
    await apart();
    await stage.picture(ann, `room-banner-and-news-${name}`);
    await ann.page.context().setOffline(false);
  });
}

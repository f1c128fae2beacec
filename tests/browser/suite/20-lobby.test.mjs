// Before the call: seeing oneself, picking devices, and getting in, with and without a mouse.
import assert from "node:assert/strict";
import { assertAccessible } from "../support/accessible.mjs";
import { drawPortrait, PORTRAITS } from "../support/portraits.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

const sees = ({ name, page }) =>
  until(`${name} sees the own camera`, () => page.evaluate(() => document.querySelector(".preview[data-first-frame-ms]") !== null));
const options = ({ page }, label) =>
  page.evaluate((of) => [...document.querySelectorAll(`select[aria-label=${of}] option`)].map(({ value }) => value).filter(Boolean), label);
const level = ({ page }) => page.evaluate(() => Number(document.querySelector("[role=meter]").getAttribute("aria-valuenow")));

/** The second of Chromium's own cameras sees depth, which nobody can send. */
const THREE_CAMERAS = "--use-fake-device-for-media-stream=device-count=3";

for (const browser of ["chromium", "firefox"]) {
  scene(`the lobby shows the camera and lists devices in ${browser}`, async (stage) => {
    const ann = await stage.user("Ann", browser);
    await ann.visit("tea");
    await sees(ann);
    await until("cameras and microphones are listed", async () => (await options(ann, "Camera")).length > 0 && (await options(ann, "Microphone")).length > 0);
    // Firefox measures no sound on a machine without a sound card.
    if (browser === "chromium") await until("the meter moves", async () => (await level(ann)) > 0);
    await assertAccessible(ann, "lobby");
    assert.equal((await stage.server.state()).sockets, 0, "nobody is told before one joins");
  });
}

for (const [name, options] of [
  ["light", { colorScheme: "light", viewport: { width: 1280, height: 800 } }],
  ["dark", { colorScheme: "dark", viewport: { width: 1280, height: 800 } }],
  ["phone", { colorScheme: "light", viewport: { width: 390, height: 844 } }],
  ["phone-dark", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
]) {
  scene(`the lobby looks well and is accessible: ${name}`, async (stage) => {
    const ann = await stage.user("Ann", "chromium", { ...options, before: [[drawPortrait, PORTRAITS[0]]] });
    await ann.visit("tea");
    await ann.page.type("#name", "Ann");
    await sees(ann);
    await until("the meter moves", async () => (await level(ann)) > 30);
    await stage.picture(ann, `lobby-${name}`);
    await assertAccessible(ann, `lobby, ${name}`);
  });
}

scene("what is switched off in the lobby stays off in the call", async (stage) => {
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  await bob.join("tea");
  await ann.visit("tea");
  await sees(ann);
  await ann.press("camera");
  await ann.page.waitForSelector(".preview [data-control=camera][data-off=true]");
  await stage.picture(ann, "lobby-camera-off");
  await assertAccessible(ann, "lobby without camera");
  await ann.page.type("#name", "Ann");
  await ann.enter();
  await bob.hears("Ann");
  const [{ media }] = (await bob.state()).peers;
  assert.deepEqual(media.map(({ source }) => source), ["microphone"]);
});

scene("another camera can be chosen in the lobby and during the call", async (stage) => {
  const page = await stage.pageOf({ without: ["--use-fake-device"], flags: [THREE_CAMERAS] });
  const [ann, bob] = [await stage.user("Ann", "chromium", { page }), await stage.user("Bob")];
  const inUse = () => ann.page.evaluate(() => window.__miso.state().local.tracks.camera?.getSettings().deviceId);
  await bob.join("tea");
  await ann.visit("tea");
  await sees(ann);
  const [one, , two] = await until("three cameras", async () => ((list) => list.length === 3 && list)(await options(ann, "Camera")));
  assert.equal(await inUse(), one);
  await ann.page.selectOption("select[aria-label=Camera]", two);
  await until("the second camera", async () => (await inUse()) === two);
  await ann.page.type("#name", "Ann");
  await ann.enter();
  await bob.seesAndHears("Ann");
  const before = await bob.state();
  await ann.page.keyboard.press("d");
  await ann.page.selectOption("dialog select[aria-label=Camera]", one);
  await until("the first camera", async () => (await inUse()) === one);
  await assertAccessible(ann, "devices");
  await bob.seesAndHears("Ann");
  assert.deepEqual((await bob.state()).peers, before.peers, "for the others nothing changed but the picture");
});

scene("one can join, use and leave a call with the keyboard alone", async (stage) => {
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  const { keyboard } = ann.page;
  await ann.visit("tea");
  await sees(ann);
  await until("devices are listed", async () => (await options(ann, "Speaker")).length > 0);
  const order = [];
  for (let step = 0; step < 8; step += 1) {
    await keyboard.press("Tab");
    order.push(await ann.focused());
  }
  const expected = ["Use dark colours", "microphone", "camera", "Camera", "Microphone", "Speaker", "room", "name"];
  assert.deepEqual(order, expected);
  await keyboard.type("Ann");
  await keyboard.press("Enter");
  await until("Ann is in the room", async () => (await ann.state()).status === "joined");
  await until("the room's name has the focus", async () => (await ann.focused()) === "tea");

  await bob.join("tea");
  await ann.reads(/Bob joined\./, "[role=log]");
  await keyboard.press("m");
  await until("Ann is muted", () => ann.page.evaluate(() => window.__miso.state().local.muted));
  await keyboard.press("?");
  await ann.page.waitForSelector("dialog[open]");
  await stage.picture(ann, "shortcuts");
  await assertAccessible(ann, "help");
  await keyboard.press("m");
  assert.ok(await ann.page.evaluate(() => window.__miso.state().local.muted), "keys rest while a dialog is open");
  await keyboard.press("Escape");
  await until("the help is closed", () => ann.page.evaluate(() => document.querySelector("dialog") === null));
  await givesTheFocusBack(ann);
  await ann.page.focus("[data-control=leave]");
  await keyboard.press("Enter");
  await until("Ann has left", async () => (await ann.state()).status === "idle");
  assert.equal(await ann.focused(), "You left the call");
  await stage.picture(ann, "left");
  await assertAccessible(ann, "lobby after leaving");
});

/** Whatever is opened by a button and closed from within leaves the focus at that button. */
async function givesTheFocusBack(user) {
  const { page } = user;
  for (const [opener, close, name] of [
    ["[data-control=stats]", "[aria-label='Close quality']", "stats"],
    ["[data-control=settings]", "dialog [aria-label=Close]", "settings"],
    ["[aria-label='Keyboard shortcuts']", "dialog [aria-label=Close]", "Keyboard shortcuts"],
  ]) {
    await page.focus(opener);
    await page.keyboard.press("Enter");
    await page.waitForSelector(close);
    await page.focus(close);
    await page.keyboard.press("Enter");
    await until(`${name} has the focus again`, async () => (await user.focused()) === name);
  }
}

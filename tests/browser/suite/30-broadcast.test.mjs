// A broadcast by WHIP and WHEP, as its broadcaster and its viewers see it on the two pages.
import assert from "node:assert/strict";
import { assertAccessible } from "../support/accessible.mjs";
import { Broadcaster, Encoder, Viewer } from "../support/broadcast.mjs";
import { scene } from "../support/scene.mjs";

const DESK = { viewport: { width: 1280, height: 800 }, colorScheme: "light" };
const HAND = { viewport: { width: 390, height: 844 }, colorScheme: "dark" };

/** A picture of a state to look at, and axe's judgement. */
async function look(stage, visitor, state) {
  await stage.picture(visitor, state);
  await assertAccessible(visitor, state);
}

const eachOf = (visitors, act) => Promise.all(visitors.map(act));

scene("a broadcast is watched, ends, comes back under its id, and is stopped", async (stage) => {
  const broadcaster = await Broadcaster.at(stage, DESK);
  await look(stage, broadcaster, "broadcast-start");
  const { whipUrl, viewUrl } = await broadcaster.getId();
  assert.match(broadcaster.page.url(), /\/broadcast\?id=[^&]+$/);
  const id = new URL(broadcaster.page.url()).searchParams.get("id");
  assert.ok(whipUrl.endsWith(`/whip/${id}`) && !viewUrl.includes(id), `${whipUrl} and ${viewUrl}`);
  await broadcaster.reads(/Waiting/);
  await look(stage, broadcaster, "broadcast-waiting");

  const viewers = [await Viewer.at(stage, viewUrl, "chromium", DESK), await Viewer.at(stage, viewUrl, "firefox")];
  const [first] = viewers;
  await eachOf(viewers, (viewer) => viewer.is("waiting"));
  await first.reads(/Not live yet/);
  await look(stage, first, "stream-waiting");

  const encoder = await Encoder.at(stage);
  await encoder.publish(whipUrl);
  await eachOf(viewers, (viewer) => viewer.is("live"));
  await eachOf(viewers, (viewer) => viewer.seesAndHears());
  await first.reads(/2 watching/, ".live-badge");
  await broadcaster.reads(/On air0:\d\d.*2 watching.*\d+×\d+.*(VP8|VP9|H264|AV1), [\d.]+\s[kM]b\/s.*opus/i);
  await look(stage, first, "stream-live");
  await look(stage, viewers[1], "stream-live-firefox");
  await look(stage, broadcaster, "broadcast-live");

  assert.equal(await encoder.end(), 200);
  await eachOf(viewers, (viewer) => viewer.is("ended"));
  await broadcaster.reads(/Waiting/);
  await look(stage, first, "stream-ended");

  await encoder.publish(whipUrl);
  await eachOf(viewers, (viewer) => viewer.is("live"));
  await eachOf(viewers, (viewer) => viewer.seesAndHears());
  // Neither a reload nor another connection.
  for (const viewer of viewers) assert.equal(await viewer.connections(), 1, viewer.name);

  await broadcaster.reads(/Live/);
  await broadcaster.page.click("button.stop");
  await broadcaster.page.waitForSelector("dialog[open]");
  await look(stage, broadcaster, "broadcast-stop");
  await broadcaster.page.keyboard.press("Escape");
  await broadcaster.stop();
  await broadcaster.reads(/Waiting.*The id stays valid/);
  await eachOf(viewers, (viewer) => viewer.is("ended"));
  await look(stage, broadcaster, "broadcast-stopped");
  assert.equal(await encoder.end(), 200, "a DELETE of what is gone");

  await encoder.publish(whipUrl);
  await eachOf(viewers, (viewer) => viewer.seesAndHears());
});

scene("the newest viewer takes the place of the oldest, who is told and may come back", async (stage) => {
  const body = JSON.stringify({ maxConsumers: 1, whenFull: "evict-oldest" });
  const headers = { "content-type": "application/json" };
  const { whipUrl, viewUrl } = await (await fetch(`${stage.server.url}/api/v1/broadcasts`, { method: "POST", headers, body })).json();
  const encoder = await Encoder.at(stage);
  await encoder.publish(whipUrl);
  const first = await Viewer.at(stage, viewUrl, "chromium", DESK);
  await first.seesAndHears();
  const second = await Viewer.at(stage, viewUrl);
  await second.seesAndHears();
  await first.is("evicted");
  await first.reads(/replaced by a newer viewer/);
  await look(stage, first, "stream-evicted");
  assert.equal(await first.connections(), 1, "it does not come back by itself");
  await first.page.click(".stream-card button");
  await first.seesAndHears();
  await second.is("evicted");
});

scene("both pages look well in a hand and in the dark", async (stage) => {
  const broadcaster = await Broadcaster.at(stage, HAND);
  await look(stage, broadcaster, "broadcast-start-phone-dark");
  const { whipUrl, viewUrl } = await broadcaster.getId();
  const viewer = await Viewer.at(stage, viewUrl, "chromium", HAND);
  await viewer.is("waiting");
  await look(stage, viewer, "stream-waiting-phone-dark");
  const encoder = await Encoder.at(stage);
  await encoder.publish(whipUrl);
  await viewer.seesAndHears();
  await broadcaster.reads(/Live.*b\/s/);
  await look(stage, viewer, "stream-live-phone-dark");
  await look(stage, broadcaster, "broadcast-live-phone-dark");
});

/** What the server takes for no room's name. */
const idOf = (prefix) => `${prefix}-${"0".repeat(32)}`;

scene("ids that nobody knows are said to be unknown", async (stage) => {
  const viewer = await Viewer.at(stage, `${stage.server.url}/stream?id=${idOf("v")}`, "chromium", DESK);
  await viewer.reads(/No such broadcast/);
  await look(stage, viewer, "stream-unknown");
  await viewer.page.goto(`${stage.server.url}/stream?id=${idOf("b")}`);
  await viewer.reads(/for publishing and secret/);
  await viewer.page.goto(`${stage.server.url}/stream`);
  await viewer.reads(/names no broadcast/);
  const broadcaster = await Broadcaster.at(stage, DESK);
  await broadcaster.page.goto(`${stage.server.url}/broadcast?id=${idOf("b")}`);
  await broadcaster.reads(/This id is not valid/);
  await look(stage, broadcaster, "broadcast-unknown");
  await broadcaster.getId();
});

scene("the player is used with the keyboard alone", async (stage) => {
  const broadcaster = await Broadcaster.at(stage, DESK);
  const { whipUrl, viewUrl } = await broadcaster.getId();
  const encoder = await Encoder.at(stage);
  await encoder.publish(whipUrl);
  const viewer = await Viewer.at(stage, viewUrl, "chromium", DESK);
  await viewer.seesAndHears();
  const { keyboard } = viewer.page;
  const video = () => viewer.page.evaluate(() => (({ paused, muted }) => ({ paused, muted }))(document.querySelector("video")));
  await keyboard.press("k");
  await keyboard.press("m");
  assert.deepEqual(await video(), { paused: true, muted: true });
  // The buttons follow the picture.
  for (const label of ["Play", "Unmute"]) await viewer.page.waitForSelector(`button[aria-label="${label}"]`);
  const order = [];
  for (let step = 0; step < 5; step += 1) {
    await keyboard.press("Tab");
    order.push(await viewer.page.evaluate(() => document.activeElement.ariaLabel));
  }
  assert.deepEqual(order, ["Play", "Unmute", "Volume", "Picture in picture", "Full screen"]);
  await keyboard.press("Enter");
  await viewer.page.waitForFunction(() => document.fullscreenElement !== null);
  await keyboard.press("f");
  await viewer.page.waitForFunction(() => document.fullscreenElement === null);
});

// Pages as other people wrote them years ago, with the mediasoup-client they were built with, against our server.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { assertSeesAndHears, inbound } from "../support/heard.mjs";
import { startPages } from "../support/pages.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

const CLIENTS = { "3.7.7": "mediasoup-client-compat", "3.6.98": "mediasoup-client-oldest" };

let pages;
before(async () => (pages = await startPages()));
after(() => pages.stop());

const reportsOf = (page) => () => page.evaluate(() => window.reports());
const errorsOf = (page) => page.evaluate(() => window.errors);

async function openC(stage, client, room, { browser = "chromium", ...query } = {}) {
  const page = await stage.page(browser);
  await page.goto(pages.url("dialect-c", { server: stage.server.url, room, client, ...query }));
  await until("the page publishes", async () => {
    assert.deepEqual(await errorsOf(page), []);
    return page.evaluate(() => window.publishing);
  });
  return page;
}

for (const [version, client] of Object.entries(CLIENTS)) {
  scene(`dialect C with mediasoup-client ${version}: two pages see and hear each other`, async (stage) => {
    const first = await openC(stage, client, `old-${version}`);
    const second = await openC(stage, client, `old-${version}`);
    await Promise.all([first, second].map((page, at) => assertSeesAndHears(`page ${at}`, reportsOf(page))));
    const consumed = await second.evaluate(() => window.consumed());
    assert.equal(new Set(consumed).size, 2);

    await second.close();
    stage.pages.pop();
    await until("the first page is told that both producers are gone", async () => {
      assert.deepEqual(await errorsOf(first), []);
      const gone = await first.evaluate(() => window.gone);
      return gone.length === 2 && new Set(gone).size === 2;
    });
  });

  scene(`dialect B with mediasoup-client ${version}: a page plays its own picture, another one plays it too`, async (stage) => {
    const open = async (first) => {
      const page = await stage.page("chromium");
      await page.goto(pages.url("dialect-b", { server: stage.server.url, client, first }));
      await until("the page is ready", () => page.evaluate(() => window.ready));
      return page;
    };
    const plays = (page) =>
      until("a picture", async () => inbound(await reportsOf(page)(), "video").some((one) => one.framesDecoded > 10));
    const publisher = await open("getRtpCapabilities");
    const id = await publisher.evaluate(() => window.publish());
    assert.equal(await publisher.evaluate(() => window.consume()), id);
    await plays(publisher);
    const viewer = await open("createRoom");
    assert.equal(await viewer.evaluate(() => window.consume()), id);
    await plays(viewer);
    for (const page of [publisher, viewer]) assert.deepEqual(await errorsOf(page), []);
  });
}

scene("an old page in Chromium and one in Firefox see and hear each other", async (stage) => {
  const client = CLIENTS["3.7.7"];
  const first = await openC(stage, client, "old-fox");
  const second = await openC(stage, client, "old-fox", { browser: "firefox" });
  await Promise.all([first, second].map((page, at) => assertSeesAndHears(`page ${at}`, reportsOf(page))));
});

scene("an old page and our own page meet in one room", async (stage) => {
  const ann = await stage.user("Ann");
  await ann.join("mixed");
  const page = await openC(stage, CLIENTS["3.7.7"], "mixed");
  const [guest] = await until("Ann sees somebody come", async () => (await ann.state()).peers.length === 1 && ann.peers());
  await Promise.all([ann.seesAndHears(guest), assertSeesAndHears("the old page", reportsOf(page))]);
});

// Versions of mediasoup-client from 2021 to today in the browser of today: which header extensions the server offers decides
// whether the older ones can send at all.
import assert from "node:assert/strict";
import { comes, open, plays } from "../support/dialect.mjs";
import { named } from "../support/frontends.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

const VERSIONS = ["3.6.43", "3.6.98", "3.7.7", "3.7.16", "3.24.1"];
const WAYS = { "sound first": {}, "picture first": { tracks: "video,audio" }, simulcast: { layers: "" } };

async function publisher(stage, client, room, query = {}, browser = "chromium") {
  const page = await open(stage, { ...named("c"), client }, browser, { room, ...query });
  await comes(page, "publishing");
  return page;
}

for (const client of VERSIONS) {
  scene(`mediasoup-client ${client} sends ${Object.keys(WAYS).join(", ")}`, async (stage) => {
    const pages = [];
    for (const query of Object.values(WAYS)) pages.push(await publisher(stage, client, `old-${client}`, query));
    const both = { media: named("c").media, streams: pages.length - 1 };
    await Promise.all(pages.map((page, at) => plays(Object.keys(WAYS)[at], page, both)));
    const sent = (await pages[2].evaluate(() => window.reports())).filter(({ type, kind }) => type === "outbound-rtp" && kind === "video");
    assert.equal(new Set(sent.map(({ rid }) => rid)).size, 3, "three layers");
  });
}

scene("an old page in Chromium and one in Firefox see and hear each other", async (stage) => {
  const pages = [await publisher(stage, "3.7.7", "old-fox"), await publisher(stage, "3.7.7", "old-fox", {}, "firefox")];
  await Promise.all(pages.map((page, at) => plays(`page ${at + 1}`, page, named("c"))));
});

scene("an old page and our own page meet in one room", async (stage) => {
  const ann = await stage.user("Ann");
  await ann.join("mixed");
  const page = await publisher(stage, "3.7.7", "mixed");
  const [guest] = await until("Ann sees somebody come", async () => (await ann.state()).peers.length === 1 && ann.peers());
  await Promise.all([ann.seesAndHears(guest), plays("the old page", page, named("c"))]);
  await ann.press("leave");
});

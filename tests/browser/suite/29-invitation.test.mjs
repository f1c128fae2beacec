// A server that asks everybody for a token: a link brings one, and nothing of it stays in the address.
import assert from "node:assert/strict";
import { assertAccessible } from "../support/accessible.mjs";
import { scene } from "../support/scene.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const TOKEN = "let+me/in+to+the+tea";

/** Ann, in the lobby of a server whose token is good for one room. */
async function invited(stage, address, play) {
  const server = await startServer("--require-token", "--token", `${TOKEN}:join,publish,subscribe:tea`);
  try {
    const ann = await stage.user("Ann", "chromium", { server });
    await ann.page.goto(`${server.url}${address}`);
    await ann.page.type("#name", "Ann");
    await play(ann, server);
    await ann.page.goto("about:blank");
  } finally {
    await server.stop();
  }
}

const path = ({ page }) => page.evaluate(() => location.pathname + location.search + location.hash);

/** Reads in the lobby why the way in is shut. */
async function isRefused(ann, sentence) {
  await ann.page.click("button[type=submit]");
  await ann.reads(sentence);
  assert.equal((await ann.state()).status, "idle");
}

scene("without an invitation one stays in the lobby, and a link opened in the same tab leads in", (stage) =>
  invited(stage, "/rooms/tea", async (ann, server) => {
    await isRefused(ann, /You need an invitation to enter/);
    await stage.picture(ann, "error-no-invitation");
    await assertAccessible(ann, "no invitation");
    await ann.page.goto(`${server.url}/rooms/tea#token=${encodeURIComponent(TOKEN)}`);
    await until("the address is clean", async () => (await path(ann)) === "/rooms/tea");
    await until("the sentence is gone", async () => (await ann.state()).problem === null);
    await ann.enter();
  }));

scene("who has an invitation comes in, also after a reload, and sees who came by another", (stage) =>
  invited(stage, `/rooms/tea#token=${encodeURIComponent(TOKEN)}`, async (ann, server) => {
    assert.equal(await path(ann), "/rooms/tea/", "nothing of the token is in the address");
    await ann.enter();
    await ann.rejoin();
    const bob = await stage.user("Bob", "chromium", { server });
    await bob.page.goto(`${server.url}/rooms/tea?token=${TOKEN}`);
    await bob.page.type("#name", "Bob");
    assert.equal(await path(bob), "/rooms/tea/", "nor of one in the query");
    await bob.enter();
    await ann.seesAndHears("Bob");
  }));

scene("an invitation is for its room", (stage) =>
  invited(stage, `/rooms/coffee#token=${TOKEN}`, async (ann) => {
    await isRefused(ann, /Your invitation is not for this room/);
    await ann.page.fill("#room", "tea");
    await ann.enter();
  }));

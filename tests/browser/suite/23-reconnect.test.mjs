// The line to the server breaks and comes back: the call goes on, and the others notice nothing.
import assert from "node:assert/strict";
import { assertAccessible } from "../support/accessible.mjs";
import { startProxy } from "../support/proxy.mjs";
import { startRelay, through } from "../support/relay.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";
import { testimony, witness } from "../support/witness.mjs";

const BANNER = "[data-testid=reconnecting]";
const before = [[witness]];

/** Ann reaches the server by a line that can be cut, Bob directly. */
async function onTheLine(stage, browser, play) {
  const line = await startProxy(stage.server);
  try {
    const ann = await stage.user("Ann", browser, { server: line, before });
    const bob = await stage.user("Bob", "chromium", { before });
    await Promise.all([ann, bob].map((user) => user.join("tea")));
    await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    await play(line, ann, bob);
  } finally {
    await line.stop();
  }
}

const isBack = (user) => until(`${user.name} is back`, async () => {
  const { status, problem } = await user.state();
  return status === "joined" && problem === null;
});
const away = async (user) => assert.equal((await user.state()).status, "reconnecting");
const fragments = ({ page }) => page.evaluate(async () =>
  (await window.__miso.reports()).filter(({ type }) => type === "local-candidate").map(({ usernameFragment }) => usernameFragment));

for (const browser of ["chromium", "firefox"]) {
  scene(`in ${browser} a lost connection ends nothing: pictures go on and the others see nobody leave`, (stage) =>
    onTheLine(stage, browser, async (line, ann, bob) => {
      const [peers, self, opened] = [(await bob.state()).peers, (await ann.state()).self, await testimony(ann)];
      line.close();
      await ann.reads(/lost|reached/, BANNER);
      await stage.picture(ann, `reconnecting-${browser}`);
      await assertAccessible(ann, "reconnecting");
      await ann.goesOnSeeing("Bob", 2);
      await bob.goesOnSeeing("Ann", 2);
      await away(ann);
      line.open();
      await isBack(ann);
      await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);

      assert.deepEqual((await bob.state()).peers, peers, "for Bob it is the same Ann with the same streams");
      assert.deepEqual((await testimony(bob)).heard.filter((text) => /left|joined/.test(text) && !/Ann joined/.test(text)), []);
      assert.deepEqual((await ann.state()).self, self);
      const { devices, connections } = await testimony(ann);
      assert.deepEqual({ devices, connections }, { devices: opened.devices, connections: opened.connections });
    }));
}

scene("what happened while the connection was away is caught up with", (stage) =>
  onTheLine(stage, "chromium", async (line, ann, bob) => {
    const cem = await stage.user("Cem", "chromium", { before });
    await cem.join("tea");
    await ann.seesAndHears("Bob", "Cem");
    line.close();
    await ann.reads(/lost|reached/, BANNER);
    await ann.press("camera");
    await ann.press("microphone");
    await bob.press("camera");
    await cem.press("leave");
    const dan = await stage.user("Dan");
    await dan.join("tea");
    await away(ann);
    line.open();
    await isBack(ann);
    await ann.seesAndHears("Dan");
    assert.deepEqual(await ann.peers(), ["Bob", "Dan"]);
    await until("Ann sees no picture of Bob", async () => !(await ann.pictures()).includes("Bob"));
    await until("Bob sees no picture of Ann, and hears her not", async () => {
      const [one] = (await bob.state()).peers.filter(({ displayName }) => displayName === "Ann");
      return one.media.length === 1 && one.media[0].source === "microphone" && one.media[0].paused;
    });
    await ann.press("camera");
    await ann.press("microphone");
    await bob.seesAndHears("Ann");
  }));

scene("who is away for too long comes back as somebody new, without asking for the camera again", (stage) =>
  onTheLine(stage, "chromium", async (line, ann, bob) => {
    const { devices } = await testimony(ann);
    line.close();
    await until("Bob is alone", async () => (await bob.peers()).length === 0, { timeout: 60_000 });
    await away(ann);
    line.open();
    await isBack(ann);
    await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    assert.deepEqual(await ann.peers(), ["Bob"]);
    assert.equal((await testimony(ann)).devices, devices);
  }));

scene("a line that breaks again and again is mended again and again", (stage) =>
  onTheLine(stage, "chromium", async (line, ann, bob) => {
    for (let round = 0; round < 5; round += 1) {
      line.cut();
      await until("Ann notices", async () => (await testimony(ann)).heard.filter((text) => /back in the room/.test(text)).length > round);
      await isBack(ann);
    }
    await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    assert.deepEqual(await ann.peers(), ["Bob"]);
    assert.deepEqual(await bob.peers(), ["Ann"]);
  }));

scene("another network leads to another path, and pictures go on", (stage) =>
  onTheLine(stage, "chromium", async (line, ann, bob) => {
    const old = new Set(await fragments(ann));
    await ann.page.evaluate(() => window.dispatchEvent(new Event("online")));
    await until("new credentials for both directions", async () =>
      new Set((await fragments(ann)).filter((one) => !old.has(one))).size >= 2);
    await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    await ann.goesOnSeeing("Bob", 2);
    assert.equal((await ann.state()).status, "joined");
  }));

// A router that forgot who we were tells nobody: Chromium's checks, which nominate each time, soon show the server, and so
// does Firefox's media, which comes from where its next check did. After a change of the network the browser says so, and the
// page looks for a path.
const CHANGES = ["chromium", "firefox"].flatMap((browser) => [[browser, "unnoticed", false], [browser, "with its network", true]]);
for (const [browser, how, says] of CHANGES) {
  scene(`in ${browser} pictures go on when the page's address changes ${how} in mid-call`, async (stage, t) => {
    const relay = stage.keep(await startRelay(stage.server.media));
    const ann = await stage.user("Ann", browser, { before: [[through, relay.port], [witness]] });
    const bob = await stage.user("Bob", "chromium", { before });
    await Promise.all([ann, bob].map((user) => user.join("tea")));
    await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    const [{ peers }, { connections }] = [await bob.state(), await testimony(ann)];
    for (let round = 0; round < 2; round += 1) {
      assert.ok(relay.answers() > 20, `what Ann sees comes through the relay: ${relay.answers()} packets`);
      relay.move();
      if (says) await ann.page.evaluate(() => window.dispatchEvent(new Event("online")));
      const from = Date.now();
      await Promise.all([ann.goesOnSeeing("Bob", 2), bob.goesOnSeeing("Ann", 2)]);
      t.diagnostic(`both see two seconds more ${Date.now() - from} ms after the move`);
      await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    }
    assert.deepEqual((await bob.state()).peers, peers, "for Bob it is the same Ann with the same streams");
    const { status, problem } = await ann.state();
    assert.deepEqual({ status, problem }, { status: "joined", problem: null });
    assert.equal((await testimony(ann)).connections, connections);
  });
}

for (const [how, leave] of [
  ["closed", ({ page }) => page.close({ runBeforeUnload: true })],
  ["left for another", ({ page }) => page.goto("about:blank")],
]) {
  scene(`a page that is ${how} leaves no ghost`, async (stage) => {
    const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
    await Promise.all([ann, bob].map((user) => user.join("tea")));
    await ann.seesAndHears("Bob");
    await leave(bob);
    await until("Ann is alone", async () => (await ann.peers()).length === 0, { timeout: 5_000 });
    assert.deepEqual(await ann.pictures(), ["Ann (you)"]);
  });
}

// Media would end with DTLS's word otherwise; Firefox closes the socket before the page hears that it is left.
for (const browser of ["chromium", "firefox"]) {
  scene(`in ${browser} a page that is left while nothing gets through leaves no ghost`, async (stage) => {
    const relay = await startRelay(stage.server.media);
    const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob", browser, { before: [[through, relay.port]] })];
    await Promise.all([ann, bob].map((user) => user.join("tea")));
    await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    relay.close();
    await bob.page.goto("about:blank");
    await until("Ann is alone", async () => (await ann.peers()).length === 0, { timeout: 5_000 });
  });
}

// Whatever goes wrong, the page says what happened and what to do, and goes on as far as it can.
import assert from "node:assert/strict";
import { assertAccessible } from "../support/accessible.mjs";
import { scene } from "../support/scene.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

/** Without client hints, which insecure pages do not get, mediasoup-client knows no headless Chrome. */
const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/** A user of a Chromium of another kind. */
const inChromium = async (stage, kind, options = {}) =>
  stage.user("Ann", "chromium", { page: await stage.pageOf(kind, { viewport: { width: 1280, height: 800 }, ...options }) });

/** A server with other settings. */
async function onServer(flags, play) {
  const server = await startServer(...flags);
  try {
    await play(server);
  } finally {
    await server.stop();
  }
}

/** Reads the sentence in the lobby, and takes part nevertheless. */
async function joinsWithoutDevices(stage, ann, sentence, picture) {
  await ann.visit("tea");
  await ann.reads(sentence);
  await stage.picture(ann, picture);
  await assertAccessible(ann, picture);
  const bob = await stage.user("Bob");
  await bob.join("tea");
  await ann.page.type("#name", "Ann");
  await ann.enter();
  await ann.seesAndHears("Bob");
  await ann.reads(sentence);
  assert.deepEqual((await bob.state()).peers.map(({ displayName, media }) => ({ displayName, media })), [{ displayName: "Ann", media: [] }]);
}

scene("camera and microphone are denied", async (stage) => {
  const ann = await inChromium(stage, { without: ["--use-fake-ui"] }, { permissions: [] });
  await joinsWithoutDevices(stage, ann, /The microphone is blocked\. Allow it .* The camera is blocked\. Allow it/, "error-denied");
});

scene("there is no camera and no microphone", async (stage) => {
  const ann = await inChromium(stage, { without: ["--use-fake-device"] });
  const sentence = /microphone was not found\. Is one plugged in\?.*camera was not found\. Is one plugged in\?/;
  await joinsWithoutDevices(stage, ann, sentence, "error-no-camera");
});

scene("the page is not secure", async (stage) => {
  const flags = ["--host-resolver-rules=MAP miso.test 127.0.0.1", `--user-agent=${CHROME}`];
  const ann = await inChromium(stage, { flags }, { permissions: [] });
  ann.server = { url: `http://miso.test:${new URL(stage.server.url).port}` };
  await joinsWithoutDevices(stage, ann, /The camera is only available on a secure \(https\) page\./, "error-not-secure");
});

scene("the system refuses to share a screen", async (stage) => {
  const refuse = () => {
    navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
  };
  const ann = await stage.user("Ann", "chromium", { before: [[refuse]] });
  await ann.join("tea");
  await ann.press("screen");
  await ann.reads(/The screen is not shared/);
  await assertAccessible(ann, "error in the room");
  await stage.picture(ann, "error-in-room");
  await ann.page.click("[aria-label='Dismiss this message']");
  await until("the sentence is gone", async () => (await ann.state()).problem === null);
  assert.equal(await ann.focused(), "screen", "who had the focus before has it again");
});

scene("a part of the page does not come, and comes when it is loaded again", async (stage) => {
  const ann = await stage.user("Ann");
  await ann.page.route("**/assets/call-*.js", (route) => route.abort());
  await ann.page.goto(`${ann.server.url}/rooms/tea`);
  await ann.reads(/could not be loaded whole\. Reload it/, ".broken");
  await stage.picture(ann, "error-not-whole");
  await assertAccessible(ann, "a page that is not whole");
  await ann.page.unroute("**/assets/call-*.js");
  await ann.page.click(".broken button");
  await ann.page.waitForSelector("#name");
});

/** Bob is in the room; Ann asks for a place, too. */
async function comesAfterBob(stage, server) {
  const [bob, ann] = [await stage.user("Bob", "chromium", { server }), await stage.user("Ann", "chromium", { server })];
  await bob.join("tea");
  await ann.visit("tea");
  await ann.page.type("#name", "Ann");
  await ann.page.click("button[type=submit]");
  return ann;
}

scene("the room is full", (stage) =>
  onServer(["--peers-per-room", "1"], async (server) => {
    const ann = await comesAfterBob(stage, server);
    await ann.reads(/This room is full\. Try again later or pick another room\./);
    await stage.picture(ann, "error-room-full");
    await assertAccessible(ann, "room full");
    assert.equal((await ann.state()).status, "idle");
    await ann.page.fill("#room", "coffee");
    await ann.enter();
    assert.equal((await ann.state()).problem, null);
  }));

scene("there are too many connections from here", (stage) =>
  onServer(["--sockets-per-address", "1"], async (server) => {
    const ann = await comesAfterBob(stage, server);
    await ann.reads(/Too many connections from your address/);
    await stage.picture(ann, "error-too-many-connections");
    await assertAccessible(ann, "too many connections");
    assert.equal((await ann.state()).status, "idle");
  }));

/** Wants to join a server that has gone since it gave the page. */
async function entersWhenItIsGone(stage, server) {
  const ann = await stage.user("Ann", "chromium", { server });
  await ann.visit("tea");
  await ann.page.type("#name", "Ann");
  await server.stop("SIGKILL");
  await ann.page.click("button[type=submit]");
  return ann;
}

scene("the server is gone before the call, and comes back", (stage) =>
  onServer([], async (server) => {
    const ann = await entersWhenItIsGone(stage, server);
    await ann.reads(/The server cannot be reached\. Trying again/, "[data-testid=entering]");
    await stage.picture(ann, "error-server-gone");
    await assertAccessible(ann, "entering");
    await server.start();
    await until("Ann is in the room", async () => (await ann.state()).status === "joined");
    assert.equal((await ann.state()).problem, null);
  }));

scene("the way into a room can be cancelled", (stage) =>
  onServer([], async (server) => {
    const ann = await entersWhenItIsGone(stage, server);
    await ann.page.click(".entering button");
    await until("Ann is in the lobby", async () => (await ann.state()).status === "idle");
    await ann.page.waitForSelector("#name");
    assert.equal(await ann.focused(), "Join a room", "nothing was left");
  }));

/** Nobody is there (RFC 5737). */
const NOWHERE = "192.0.2.1";

for (const browser of ["chromium", "firefox"]) {
  scene(`in ${browser} sound and pictures find no way to the server`, (stage) =>
    onServer(["--announced-address", NOWHERE], async (server) => {
      const ann = await stage.user("Ann", browser, { server });
      await ann.join("tea");
      await ann.reads(/No way was found for sound and pictures: a firewall or a VPN may block them\. Trying again/, undefined, { timeout: 120_000 });
      assert.equal((await ann.state()).status, "joined", "the call is not given up");
      await stage.picture(ann, `error-no-path-${browser}`);
      await assertAccessible(ann, "no path");
    }));
}

// Calls through our own page: everyone sees and hears everyone, nobody else, and goes on doing so.
import assert from "node:assert/strict";
import { keepConnections } from "../support/broadcast.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

const meet = (room, ...users) => Promise.all(users.map((user) => user.join(room)));

scene("two Chromiums see and hear each other", async (stage) => {
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  await meet("tea", ann, bob);
  await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
  await stage.screenshot(ann, "call-two-chromium");
});

scene("Firefox and Chromium see and hear each other", async (stage) => {
  const [fox, bob] = [await stage.user("Fox", "firefox"), await stage.user("Bob")];
  await meet("tea", fox, bob);
  await Promise.all([fox.seesAndHears("Bob"), bob.seesAndHears("Fox")]);
  await stage.screenshot(fox, "call-firefox");
});

scene("three peers see and hear each other", async (stage) => {
  const viewport = { width: 390, height: 844 };
  const phone = { viewport, hasTouch: true };
  const users = [await stage.user("Ann"), await stage.user("Bob"), await stage.user("Cem", "chromium", phone)];
  const [ann, bob, cem] = users;
  await meet("tea", ...users);
  await Promise.all([ann.seesAndHears("Bob", "Cem"), bob.seesAndHears("Ann", "Cem"), cem.seesAndHears("Ann", "Bob")]);
  await ann.press("stats");
  await stage.screenshot(ann, "call-three");
  await stage.screenshot(cem, "call-three-phone");

  // A finger does not hover: what it can touch must be seen.
  const seen = () => cem.page.evaluate(() => [...document.querySelectorAll(".pin")].map((pin) => getComputedStyle(pin).opacity));
  assert.deepEqual(await seen(), ["1", "1", "1"]);
  await cem.page.tap("button[aria-label='Pin Ann']");
  await cem.page.waitForSelector("figure.featured[data-name=Ann]");
});

scene("two rooms side by side do not leak into each other", async (stage) => {
  const [ann, bob, cem, dan] = await Promise.all(["Ann", "Bob", "Cem", "Dan"].map((name) => stage.user(name)));
  await Promise.all([meet("tea", ann, bob), meet("coffee", cem, dan)]);
  const pairs = [[ann, "Bob"], [bob, "Ann"], [cem, "Dan"], [dan, "Cem"]];
  await Promise.all(pairs.map(([user, other]) => user.seesAndHears(other)));
  for (const [user, other] of pairs) {
    assert.deepEqual(await user.peers(), [other]);
    assert.deepEqual(new Set((await user.received()).map(({ who }) => who)), new Set([other]));
  }
});

scene("a page reloaded in mid-call is back with media, its ghost gone", async (stage) => {
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  await meet("tea", ann, bob);
  await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
  await bob.rejoin();
  await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
  await until("one Bob, not two", async () => (await ann.peers()).length === 1, { timeout: 3_000 });
});

scene("mute, camera off and leaving are seen by the other", async (stage) => {
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  await meet("tea", ann, bob);
  await bob.seesAndHears("Ann");
  const media = async () => (await bob.state()).peers[0]?.media ?? [];
  const voice = async () => (await media()).find(({ source }) => source === "microphone");

  await ann.press("microphone");
  await until("Bob is told that Ann is muted", async () => (await voice()).paused);
  await bob.hearsNothingOf("Ann");
  await ann.press("microphone");
  await until("Bob is told that Ann is not muted", async () => !(await voice()).paused);
  await bob.hears("Ann");

  await ann.press("camera");
  await until("Ann's camera is gone", async () => (await media()).every(({ source }) => source !== "camera"));
  await ann.press("camera");
  await bob.seesAndHears("Ann");

  await ann.press("leave");
  await until("Bob is alone", async () => (await bob.peers()).length === 0, { timeout: 3_000 });
  await stage.screenshot(ann, "lobby");
});

scene("when the server dies and is started again everyone is back in the call by themselves", async (stage) => {
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  await meet("tea", ann, bob);
  await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
  await stage.server.stop("SIGKILL");
  await until("Ann is told", async () => (await ann.state()).problem !== null);
  await stage.server.start();
  const back = ({ status, problem }) => status === "joined" && problem === null;
  for (const user of [ann, bob]) await until(`${user.name} is back`, async () => back(await user.state()));
  await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
});

/** Kind and header extensions of the first thing a page sends, as both sides settled it. */
const firstSent = ({ page }) => page.evaluate(() => {
  const sections = window.connections.filter(({ signalingState }) => signalingState !== "closed").map(({ currentRemoteDescription: answer }) => answer?.sdp.split(/^m=/m)[1] ?? "");
  const sent = sections.find((section) => /^a=recvonly/m.test(section));
  return { kind: sent.slice(0, sent.indexOf(" ")), extensions: [...sent.matchAll(/^a=extmap:\S+ (\S+)/gm)].map(([, uri]) => uri) };
});

for (const browser of ["chromium", "firefox"]) {
  scene(`in ${browser} who comes with the camera alone is seen, and heard as soon as the microphone is on`, async (stage) => {
    const before = [[keepConnections]];
    const [ann, bob, fox] = [await stage.user("Ann", browser, { before }), await stage.user("Bob"), await stage.user("Fox", "firefox")];
    await meet("tea", bob, fox);
    await ann.visit("tea");
    await ann.page.waitForSelector(".preview[data-first-frame-ms]");
    await ann.page.waitForSelector("[data-control=microphone][data-off=false]");
    await ann.press("microphone");
    await ann.page.waitForSelector("[data-control=microphone][data-off=true]");
    await ann.page.type("#name", "Ann");
    await ann.enter();
    for (const user of [bob, fox]) {
      await user.goesOnSeeing("Ann", 2);
      const { media } = (await user.state()).peers.find(({ displayName }) => displayName === "Ann");
      assert.deepEqual(media.map(({ source }) => source), ["camera"]);
    }
    // Our page is told of all header extensions; those must hold when the picture comes first, too.
    const { kind, extensions } = await firstSent(ann);
    assert.equal(kind, "video");
    for (const uri of [/:sdes:mid$/, /transport-wide-cc/]) assert.ok(extensions.some((one) => uri.test(one)), `${uri} of ${extensions}`);
    await ann.press("microphone");
    await Promise.all([bob, fox].map((user) => user.seesAndHears("Ann")));
    await ann.seesAndHears("Bob", "Fox");
  });
}

/** Keeps whom a page turns to other than by requests: the far ends of its sockets, and helpers of its connections. */
const keepContacts = () => {
  window.contacts = [];
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      window.contacts.push(this.url);
    }
  };
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      window.contacts.push(...(this.getConfiguration().iceServers ?? []).flatMap(({ urls }) => urls));
    }
  };
};

for (const browser of ["chromium", "firefox"]) {
  scene(`in ${browser} the pages turn to no host but the server`, async (stage) => {
    const [ann, bob] = [await stage.user("Ann", browser, { before: [[keepContacts]] }), await stage.user("Bob")];
    const asked = [];
    const { page } = ann;
    page.on("request", (request) => asked.push(request.url()));
    const contacts = async () => asked.push(...(await page.evaluate(() => window.contacts)));
    await meet("tea", ann, bob);
    await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    for (const control of ["stats", "view", "settings"]) await ann.press(control);
    await page.keyboard.press("Escape");
    await ann.press("leave");
    await until("Ann is in the lobby", async () => (await ann.state()).status === "idle");
    await contacts();
    for (const path of ["/", "/broadcast", "/stream?id=nothing"]) {
      await page.goto(stage.server.url + path);
      await until(`${path} is drawn`, () => page.evaluate(() => document.querySelector("#root").childElementCount > 0));
      await contacts();
    }
    const urls = asked.filter((url) => !/^(blob|data|about):/.test(url)).map((url) => new URL(url));
    const { host } = new URL(stage.server.url);
    assert.deepEqual(urls.filter((url) => url.host !== host).map(String), []);
    for (const what of [/\.js$/, /\.css$/, /^\/socket\.io\//]) assert.ok(urls.some(({ pathname }) => what.test(pathname)), `${what} was asked for`);
  });
}

// Calls through our own page: everyone sees and hears everyone, nobody else, and goes on doing so.
import assert from "node:assert/strict";
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
  const users = [await stage.user("Ann"), await stage.user("Bob"), await stage.user("Cem", "chromium", { viewport })];
  const [ann, bob, cem] = users;
  await meet("tea", ...users);
  await Promise.all([ann.seesAndHears("Bob", "Cem"), bob.seesAndHears("Ann", "Cem"), cem.seesAndHears("Ann", "Bob")]);
  await ann.press("stats");
  await stage.screenshot(ann, "call-three");
  await stage.screenshot(cem, "call-three-phone");
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

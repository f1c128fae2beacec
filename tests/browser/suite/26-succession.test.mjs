// Several who publish quickly, one after the other and at the same time: nobody's picture is black.
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

const ROUNDS = 5;

const eachOther = (users) => users.flatMap((one) => users.filter((other) => other !== one).map((other) => [one, other]));

scene("three who enter at the same moment all see each other", async (stage) => {
  const users = [await stage.user("Ann"), await stage.user("Bob"), await stage.user("Cem")];
  for (const user of users) {
    await user.visit("tea");
    await user.page.type("#name", user.name);
  }
  await Promise.all(users.map((user) => user.enter()));
  await Promise.all(eachOther(users).map(([one, other]) => one.seesMoreThanBlack(other.name)));
  await Promise.all(users.map((one) => one.seesAndHears(...users.filter((other) => other !== one).map(({ name }) => name))));
});

scene("two who turn their cameras on in quick succession are both seen, time after time", async (stage) => {
  const users = [await stage.user("Ann"), await stage.user("Bob"), await stage.user("Cem")];
  const [ann, bob, cem] = users;
  await Promise.all(users.map((user) => user.join("tea")));
  await cem.seesAndHears("Ann", "Bob");
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all([ann, bob].map((user) => user.press("camera")));
    await until("Cem sees neither", async () => (await cem.pictures()).every((name) => name === "Cem (you)"));
    await ann.press("camera");
    await bob.press("camera");
    await Promise.all([cem.seesMoreThanBlack("Ann"), cem.seesMoreThanBlack("Bob"), ann.seesMoreThanBlack("Bob"), bob.seesMoreThanBlack("Ann")]);
    await Promise.all([cem.goesOnSeeing("Ann"), cem.goesOnSeeing("Bob")]);
  }
});

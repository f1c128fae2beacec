// The content policy: a call goes on under it, and the browsers report nothing that it forbids.
import assert from "node:assert/strict";
import { scene } from "../support/scene.mjs";

for (const browser of ["chromium", "firefox"]) {
  scene(`a call breaks no rule of the content policy in ${browser}`, async (stage) => {
    const ann = await stage.user("Ann", browser);
    const bob = await stage.user("Bob");
    await Promise.all([ann.join("tea"), bob.join("tea")]);
    await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    await ann.press("stats");
    const answer = await fetch(`${stage.server.url}/rooms/tea/`);
    assert.doesNotMatch(answer.headers.get("content-security-policy"), /unsafe/);
    for (const { page } of [ann, bob]) {
      assert.deepEqual(page.said.filter((line) => /content.security.policy|refused to|permissions.policy/i.test(line)), []);
    }
  });
}

// Edge is a Chromium that says it is Edge: the newest mediasoup-client must know what to do with it.
import assert from "node:assert/strict";
import { scene } from "../support/scene.mjs";

const EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0";
const version = "142";
const METADATA = {
  brands: [{ brand: "Microsoft Edge", version }, { brand: "Chromium", version }, { brand: "Not_A Brand", version: "99" }],
  fullVersionList: [{ brand: "Microsoft Edge", version: "142.0.3595.65" }, { brand: "Chromium", version: "142.0.7444.60" }],
  platform: "Windows",
  platformVersion: "15.0.0",
  architecture: "x86",
  model: "",
  mobile: false,
};

async function sayEdge(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setUserAgentOverride", { userAgent: EDGE, userAgentMetadata: METADATA });
}

for (const [how, flags, prepare, brand] of [
  ["started with Edge's user agent", [`--user-agent=${EDGE}`], () => undefined, false],
  ["with Edge's user agent and its client hints", [], sayEdge, true],
]) {
  scene(`a Chromium ${how} sees, hears and is seen`, async (stage) => {
    const page = await stage.pageOf({ flags });
    await prepare(page);
    const [ann, bob] = [await stage.user("Ann", "chromium", { page }), await stage.user("Bob")];
    await Promise.all([ann, bob].map((user) => user.join("tea")));
    const said = await page.evaluate(() => [navigator.userAgent, navigator.userAgentData?.brands.map((one) => one.brand).join()]);
    assert.match(said[0], /Edg\/142/);
    // Client hints are given to secure pages only; 127.0.0.1 is one.
    if (brand) assert.match(said[1], /Microsoft Edge/);
    await Promise.all([ann.seesAndHears("Bob"), bob.seesAndHears("Ann")]);
    await Promise.all([ann.seesMoreThanBlack("Bob"), bob.seesMoreThanBlack("Ann")]);
  });
}

// What the server answers to the recorded and rebuilt offers of WHIP and WHEP clients, given to both browsers: a description that a
// real stack takes, section by section, whoever it was made for.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { scene } from "../support/scene.mjs";

const FIXTURES = new URL("../../fixtures/sdp/", import.meta.url);
const offers = readdirSync(FIXTURES).filter((name) => name.endsWith(".sdp"));

/** Takes the answer as an offer, since the offer is not the browser's own, and says what the browser would make of each section. */
const take = async (sdp) => {
  const connection = new RTCPeerConnection();
  try {
    const offered = sdp.replaceAll(/a=setup:\w+/g, "a=setup:actpass");
    await connection.setRemoteDescription({ type: "offer", sdp: offered });
    await connection.setLocalDescription();
    return connection.localDescription.sdp.match(/^m=\w+ \d+/gm);
  } finally {
    connection.close();
  }
};

async function answerTo(stage, name) {
  const door = name.includes("-view") ? "whep" : "whip";
  const headers = { "content-type": "application/sdp" };
  const request = { method: "POST", headers, body: readFileSync(new URL(name, FIXTURES)) };
  const response = await fetch(`${stage.server.url}/${door}/answers-${name}`, request);
  assert.equal(response.status, 201, name);
  const session = new URL(response.headers.get("location"), stage.server.url);
  const sdp = await response.text();
  assert.equal((await fetch(session, { method: "DELETE" })).status, 200);
  return sdp;
}

/** What both browsers surely encode and decode; a profile of H264 they may lack leaves a section refused. */
const COMMON = /^a=rtpmap:\d+ (opus|OPUS|VP8)/m;

scene("the answers to everybody's offers are taken by real stacks", async (stage) => {
  assert.ok(offers.length > 20, "the fixtures are there");
  const browsers = ["chromium", "firefox"];
  const pages = await Promise.all(browsers.map((browser) => stage.page(browser)));
  for (const page of pages) await page.goto(`${stage.server.url}/healthz`);
  for (const name of offers) {
    const sdp = await answerTo(stage, name);
    const sections = sdp.split(/^m=/m).slice(1);
    assert.ok(sections.length > 0, name);
    for (const [at, browser] of browsers.entries()) {
      const taken = await pages[at].evaluate(take, sdp);
      assert.equal(taken.length, sections.length, `${name} in ${browser}`);
      for (const [section, text] of sections.entries()) {
        const refused = / 0$/.test(taken[section]);
        assert.ok(!refused || !COMMON.test(text), `${name} in ${browser}: ${taken[section]} of ${text}`);
      }
    }
  }
});

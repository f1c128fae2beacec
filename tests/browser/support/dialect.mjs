// Scenes with pages that speak other people's words, and what came of each, for the table in docs/dialects.md.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { after, before } from "node:test";
import { OUTCOMES, outcomes } from "./dialect-table.mjs";
import { FRONTENDS, pageOf } from "./frontends.mjs";
import { assertMoves, assertSeesAndHears } from "./heard.mjs";
import { startPages } from "./pages.mjs";
import { RESULTS, scene } from "./scene.mjs";
import { until } from "./wait.mjs";

let pages;
before(async () => (pages = await startPages()));
after(() => pages.stop());

export const errorsOf = (page) => page.evaluate(() => window.errors);
const reportsOf = (page) => () => page.evaluate(() => window.reports());

/** Opens a frontend's page. */
export async function open(stage, frontend, browser, query = {}) {
  const page = await stage.page(browser);
  const [name, asked] = pageOf(frontend);
  await page.goto(pages.url(name, { server: stage.server.url, ...asked, ...query }));
  return page;
}

/** Waits for what a page sets, and fails as soon as something went wrong in it. */
export const comes = (page, what) =>
  until(`the page is ${what}`, async () => {
    assert.deepEqual(await errorsOf(page), []);
    return page.evaluate((name) => window[name], what);
  });

/** Pictures that move and are not black, sound that is not silence, and nothing wrong in the page. */
export async function plays(what, page, { media: kinds, streams }) {
  try {
    await assertSeesAndHears(what, reportsOf(page), { kinds, streams });
    if (kinds.includes("video")) await assertMoves(what, () => page.evaluate(() => window.pictures()));
  } catch (error) {
    throw new Error(`${error.message}; the page: ${JSON.stringify(await errorsOf(page))}`, { cause: error });
  }
  assert.deepEqual(await errorsOf(page), []);
}

/** One scene per frontend and browser; `play(stage, frontend, browser)`. */
export function proves(belongs, play) {
  const chosen = FRONTENDS.filter(belongs);
  assert.ok(chosen.length > 0, "no frontend belongs here");
  for (const frontend of chosen) {
    for (const browser of frontend.browsers) {
      scene(
        `${frontend.dialect}: ${frontend.name} in ${browser}`,
        (stage) => play(stage, frontend, browser),
        async (stage, works) => keep(frontend, browser, await stage.version(browser), works ? "works" : "fails"),
      );
    }
  }
}

/** Files run one after the other, so nobody else writes meanwhile. */
async function keep({ name }, browser, version, result) {
  await mkdir(RESULTS, { recursive: true });
  const found = { ...(await outcomes()), [`${name} ${browser}`]: { version, result } };
  await writeFile(OUTCOMES, JSON.stringify(found, null, 1));
}

let rooms = 0;

/** Two pages in a room: the second comes when the first sends; each plays the other; the second leaves. */
export async function meets(stage, frontend, browser) {
  const room = `dialect-${frontend.name}-${browser}-${(rooms += 1)}`;
  const first = await open(stage, frontend, browser, { room, ...frontend.first });
  await comes(first, "publishing");
  const second = await open(stage, frontend, browser, { room });
  await comes(second, "publishing");
  await Promise.all([first, second].map((page, at) => plays(`page ${at + 1}`, page, frontend)));
  const consumed = await Promise.all([first, second].map((page) => page.evaluate(() => window.consumed())));
  for (const ids of consumed) assert.equal(new Set(ids).size, frontend.media.length, `each producer once: ${ids}`);
  if (frontend.leaves) await second.evaluate(() => window.leave());
  await second.close();
  stage.pages.pop();
  if (frontend.untold) return { room, first };
  await until("the first page is told that all is gone", async () => {
    assert.deepEqual(await errorsOf(first), []);
    const gone = await first.evaluate(() => window.gone);
    return consumed[0].every((id) => gone.includes(id));
  });
  return { room, first };
}

/** Pages with buttons: one publishes and watches itself, as its server has but one room; another one watches it, too. */
export async function pairs(stage, frontend, browser) {
  const ready = async () => {
    const page = await open(stage, frontend, browser);
    await comes(page, "ready");
    return page;
  };
  const publisher = await ready();
  const published = await publisher.evaluate(() => window.publish());
  const viewer = await ready();
  for (const page of [publisher, viewer]) {
    const watched = await page.evaluate(() => window.watch());
    assert.deepEqual(watched, published);
    await plays(page === viewer ? "the viewer" : "the publisher", page, frontend);
  }
  return { publisher, viewer };
}

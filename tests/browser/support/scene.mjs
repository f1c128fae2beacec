// A scene: a server, browsers, the users in them; and, when it fails, everything they know written to test-results/.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";
import { startChromium, startFirefox } from "./browsers.mjs";
import { startServer } from "./server.mjs";
import { User } from "./user.mjs";
import { until } from "./wait.mjs";

/** Kinds of objects in `/debug/state` that belong to somebody's stay. */
const KINDS = ["sockets", "rooms", "peers", "routers", "transports", "producers", "consumers", "tuples", "ufrags", "ssrcs"];

export const RESULTS = fileURLToPath(new URL("../../../test-results/", import.meta.url));

/** Pictures of each state of the page. */
export const PICTURES = `${RESULTS}screenshots/`;

/** Captures a smaller picture than the page asks for: four 720p encoders are too much for a small test machine. */
const small = () => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const less = (video) => video && { ...video, width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 20 } };
  navigator.mediaDevices.getUserMedia = ({ audio, video }) =>
    open({ ...(audio && { audio }), ...(video && { video: less(video) }) });
};

const START = { chromium: startChromium, firefox: startFirefox };
const running = new Map();
let server;

/** What all scenes of a file share is started when first needed and stopped when the file ends. */
const shared = (name, start) => {
  if (!running.has(name)) running.set(name, start());
  return running.get(name);
};

after(async () => {
  for (const browser of running.values()) await (await browser).close();
  await server?.stop();
});

class Scene {
  users = [];
  pages = [];
  others = [];

  get server() {
    return server;
  }

  /**
   * A page in `chromium` or `firefox`. `full` leaves the camera at the size the page asks for; `before` are
   * `[function, argument]` that run in the page before its own scripts.
   */
  async page(browser, { full = false, before = [], viewport, colorScheme, hasTouch = false } = {}) {
    const page = await (await shared(browser, START[browser])).newPage(viewport && { viewport, colorScheme, hasTouch });
    for (const [script, ...args] of before) await (page.addInitScript ?? page.evaluateOnNewDocument).call(page, script, ...args);
    if (!full) await (page.addInitScript ?? page.evaluateOnNewDocument).call(page, small);
    this.pages.push(page);
    return page;
  }

  /** The version of a browser of ours. */
  async version(browser) {
    return (await shared(browser, START[browser])).version();
  }

  async user(name, browser = "chromium", options = {}) {
    const user = new User(name, options.page ?? (await this.page(browser, options)), options.server ?? server);
    this.users.push(user);
    return user;
  }

  /** A page in a Chromium of another kind (see `startChromium`), which ends with the scene. */
  async pageOf(kind, options = { viewport: { width: 1280, height: 800 } }) {
    return this.keep(await startChromium(kind)).newPage(options);
  }

  /** What is closed when the pages have been left. */
  keep(other) {
    this.others.push(other);
    return other;
  }

  async screenshot(user, name) {
    await mkdir(RESULTS, { recursive: true });
    await user.page.screenshot({ path: `${RESULTS}${name}.png` });
  }

  /** A picture of a state of the page, for people to look at. */
  async picture(user, name) {
    await mkdir(PICTURES, { recursive: true });
    await user.page.screenshot({ path: `${PICTURES}${name}.png` });
  }

  async explain(title, error) {
    await mkdir(RESULTS, { recursive: true });
    const file = `${RESULTS}${title.replace(/\W+/g, "-")}`;
    const users = await Promise.all(this.users.map((user) => user.describe()));
    const said = this.pages.map((page) => page.said);
    await writeFile(`${file}.json`, JSON.stringify({ error: String(error.stack), users, said }, null, 1));
    await writeFile(`${file}.log`, server?.log() ?? "");
    console.error(`# ${title}: see ${file}.json and .log`);
  }

  /** Pages are left before they are closed: a closed tab says goodbye, one that a test driver ends does not. */
  async close() {
    const leave = async (page) => {
      await page.goto("about:blank").catch(() => undefined);
      await page.close().catch(() => undefined);
    };
    await Promise.all([...new Set([...this.pages, ...this.users.map(({ page }) => page)])].map(leave));
    await Promise.all(this.others.map((other) => other.close()));
  }

  /** Everybody has left: the server must hold nothing any more, in its rooms and in its engine. */
  async leavesNothing() {
    let left;
    const empty = async () => {
      const { engine, ...state } = await server.state();
      assert.equal(engine.panics, 0);
      left = KINDS.filter((kind) => state[kind] > 0 || engine[kind] > 0);
      return left.length === 0;
    };
    await until("an empty server", empty, { timeout: 5_000 }).catch((error) => {
      throw new Error(`${error.message}; left are ${left}`);
    });
  }
}

/** `ended(stage, works)` is told how it went, to the last object it left. */
export function scene(title, play, ended = () => {}) {
  test(title, async (t) => {
    server ??= await startServer();
    const stage = new Scene();
    let works = false;
    try {
      try {
        await play(stage, t);
      } catch (error) {
        await stage.explain(title, error);
        throw error;
      } finally {
        await stage.close();
      }
      await stage.leavesNothing();
      works = true;
    } finally {
      await ended(stage, works);
    }
  });
}

// Chromium and Firefox with fake camera and microphone. A page of either has goto, reload, evaluate, click, type,
// screenshot and close; what it says on its console is kept in `said`.
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

const CHROMIUM = process.env.CHROMIUM_BIN ?? "/usr/bin/chromium";
const FIREFOX = process.env.FIREFOX_BIN ?? "/usr/bin/firefox-esr";

const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  "--allow-loopback-in-peer-connection",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  // A second window in the background must go on painting: its pictures are what we measure.
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
  "--disable-background-timer-throttling",
];

const FIREFOX_PREFS = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
};

function listen(page) {
  page.said = [];
  page.on("console", (message) => page.said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => page.said.push(`uncaught: ${error.stack ?? error}`));
  return page;
}

/**
 * One Chromium; each page is a user of its own (separate storage). `video` is a file played as the camera; `flags` are
 * added to the usual ones, those that begin with one of `without` left out.
 */
export async function startChromium({ video, flags = [], without = [] } = {}) {
  const usual = CHROMIUM_FLAGS.filter((flag) => !without.some((start) => flag.startsWith(start)));
  const args = [...usual, ...flags, ...(video ? [`--use-file-for-fake-video-capture=${video}`] : [])];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  return {
    name: "chromium",
    newPage: async (options = { viewport: { width: 1280, height: 800 } }) => {
      const context = await browser.newContext({ permissions: ["camera", "microphone"], ...options });
      return listen(await context.newPage());
    },
    version: () => browser.version(),
    close: () => browser.close(),
  };
}

export async function startFirefox() {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX,
    headless: true,
    extraPrefsFirefox: FIREFOX_PREFS,
  });
  return {
    name: "firefox",
    newPage: async () => {
      const context = await browser.createBrowserContext();
      return listen(await context.newPage());
    },
    version: async () => (await browser.version()).replace(/^\D*/, ""),
    close: () => browser.close(),
  };
}

// Before blaming a server: this machine's browsers send, decode and hear fake media by themselves.
import { after, before, test } from "node:test";
import { startChromium, startFirefox } from "../support/browsers.mjs";
import { assertSeesAndHears } from "../support/heard.mjs";
import { startPages } from "../support/pages.mjs";

let pages;
before(async () => (pages = await startPages()));
after(() => pages.stop());

for (const start of [startChromium, startFirefox]) {
  test(`${start.name.slice(5)} plays its own fake media over loopback`, async () => {
    const browser = await start();
    try {
      const page = await browser.newPage();
      await page.goto(pages.url("loopback"));
      await page.evaluate(() => window.start());
      await assertSeesAndHears(browser.name, () => page.evaluate(() => window.reports()));
    } finally {
      await browser.close();
    }
  });
}

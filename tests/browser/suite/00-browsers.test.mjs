// Before blaming a server: this machine's browsers send, decode and hear fake media by themselves. What an earlier run found out
// about frontends of others is forgotten here, so that suite 19 reads of this one alone.
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { startChromium, startFirefox } from "../support/browsers.mjs";
import { OUTCOMES } from "../support/dialect-table.mjs";
import { assertSeesAndHears } from "../support/heard.mjs";
import { startPages } from "../support/pages.mjs";

let pages;
before(async () => {
  await rm(OUTCOMES, { force: true });
  pages = await startPages();
});
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

// Dialect E: one event both ways. A page sends one kind, and people carry the producer's id to the other page.
import { comes, open, plays, proves } from "../support/dialect.mjs";

proves(({ dialect }) => dialect === "e", async (stage, frontend, browser) => {
  const pages = [];
  for (const kind of frontend.media) {
    const page = await open(stage, frontend, browser, { kind });
    await comes(page, "publishing");
    pages.push({ page, kind, producer: await page.evaluate(() => window.producer) });
  }
  const [one, other] = pages;
  for (const [viewer, publisher] of [[one, other], [other, one]]) {
    await viewer.page.evaluate((id) => window.watch(id), publisher.producer);
  }
  await Promise.all([
    plays("who sends sound", one.page, { media: [other.kind] }),
    plays("who sends a picture", other.page, { media: [one.kind] }),
  ]);
});

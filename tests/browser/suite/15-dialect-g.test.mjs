// Dialect G: watches over HTTP alone what somebody of another dialect sends, in the room it names or in the default one.
import { comes, open, plays, proves } from "../support/dialect.mjs";
import { named } from "../support/frontends.mjs";

proves(({ dialect }) => dialect === "g", async (stage, frontend, browser) => {
  for (const room of ["watched", "default"]) {
    const publisher = await open(stage, named("c"), browser, { room });
    await comes(publisher, "publishing");
    const viewer = await open(stage, frontend, browser, room === "default" ? {} : { room });
    await comes(viewer, "watching");
    await plays(`who watches ${room}`, viewer, frontend);
    await viewer.evaluate(() => window.leave());
    await viewer.close();
    await publisher.close();
    stage.pages.length = 0;
  }
});

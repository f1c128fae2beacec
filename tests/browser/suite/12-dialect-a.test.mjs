// Dialect A in both of its versions.
import assert from "node:assert/strict";
import { meets, proves } from "../support/dialect.mjs";
import { until } from "../support/wait.mjs";

proves(({ dialect }) => dialect === "a-final", meets);

proves(({ dialect }) => dialect === "a-mid", async (stage, frontend, browser) => {
  const { room, first } = await meets(stage, frontend, browser);
  assert.equal(typeof (await first.evaluate(() => window.fetched)), "object", "/room-status, from another origin");
  await until("everybody is told who is where", async () => {
    const rooms = await first.evaluate(() => window.rooms);
    return rooms?.[room]?.length === 1;
  });
});

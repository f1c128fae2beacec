// Keeps a sender below the rate a socket is allowed, so that a test meets the rule it is about.
import { tick } from "./wait.mjs";

const PER_SECOND = 90;

/** Runs `step` for each item, one after the other, no faster than the server's rate limit. */
export async function paced(items, step) {
  const results = [];
  const start = Date.now();
  for (const [index, item] of items.entries()) {
    const early = start + (index * 1000) / PER_SECOND - Date.now();
    if (early > 0) await tick(early);
    results.push(await step(item, index));
  }
  return results;
}

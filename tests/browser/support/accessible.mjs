// What a machine can find out about accessibility, with axe-core.
import assert from "node:assert/strict";
import axe from "axe-core";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Fails with every violation of any impact, and where it is; and when one would have to scroll sideways. */
export async function assertAccessible({ name, page }, state) {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async (values) => {
    const found = await globalThis.axe.run(document, { runOnly: { type: "tag", values } });
    return found.violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.map(({ html }) => html.slice(0, 200)) }));
  }, RULES);
  assert.deepEqual(violations, [], `${name}'s page, ${state}`);
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, globalThis.innerWidth]);
  assert.ok(wide <= window, `${name}'s page, ${state}, is ${wide} wide in a window of ${window}`);
}

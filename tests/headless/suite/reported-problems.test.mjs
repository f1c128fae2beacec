// docs/reported-problems.md names tests; they must be there.
import assert from "node:assert/strict";
import { it } from "node:test";
import { read } from "../support/page.mjs";

const NAMED = /`((?:headless|browser|it)\/[^`]+)`: ([^|]+)\|/g;

it("every reported problem has the test that the page names", () => {
  const named = [...read("docs/reported-problems.md").matchAll(NAMED)];
  assert.ok(named.length >= 14, `${named.length} found`);
  for (const [, file, title] of named) assert.ok(read(`tests/${file}`).includes(title.trim()), `${file}: ${title}`);
});

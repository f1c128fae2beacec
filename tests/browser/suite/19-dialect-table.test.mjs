// docs/dialects.md says of every frontend what the suites before this one found.
import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomes, table, tries, written } from "../support/dialect-table.mjs";

/** The document may have been written with another version of a browser. */
const withoutVersions = (text) => text.replace(/(chromium|firefox) [\d.]+/g, "$1");

test("every frontend was tried in every browser it is for", async () => {
  const found = await outcomes();
  const missing = tries().filter(({ frontend, browser }) => !found[`${frontend.name} ${browser}`]);
  assert.deepEqual(missing.map(({ frontend, browser }) => `${frontend.name} ${browser}`), []);
});

test("the document says what was found; if not: node support/dialect-table.mjs", async () => {
  assert.equal(withoutVersions(await written()), withoutVersions(table(await outcomes())));
});

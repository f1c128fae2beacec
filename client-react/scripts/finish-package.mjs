// Finishes the package: writes out the endings of relative imports in package/types, as Node's resolution insists on
// them, and puts the licences, which are the repository's, beside it.
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";

const TYPES = new URL("../package/types/", import.meta.url);

for (const name of await readdir(TYPES, { recursive: true })) {
  if (!name.endsWith(".d.ts")) continue;
  const file = new URL(name, TYPES);
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/(from |import\()"(\.{1,2}\/[^"]+)"/g, '$1"$2.js"'));
}

for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) {
  await copyFile(new URL(`../../${name}`, import.meta.url), new URL(`../${name}`, import.meta.url));
}

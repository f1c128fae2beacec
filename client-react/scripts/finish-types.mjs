// Writes out the endings of relative imports in package/types: Node's resolution insists on them.
import { readdir, readFile, writeFile } from "node:fs/promises";

const TYPES = new URL("../package/types/", import.meta.url);

for (const name of await readdir(TYPES, { recursive: true })) {
  if (!name.endsWith(".d.ts")) continue;
  const file = new URL(name, TYPES);
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/(from |import\()"(\.{1,2}\/[^"]+)"/g, '$1"$2.js"'));
}

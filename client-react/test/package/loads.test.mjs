// The built package as Node finds it: both entries load, and its README shows the code that is compiled here.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

test("the client loads without React", async () => {
  const { createSession, RoomSession } = await import("miso-client-react");
  assert.equal(typeof createSession, "function");
  assert.equal(typeof RoomSession, "function");
  const files = ["../../package/index.js"];
  for (const file of files) {
    const code = await readFile(new URL(file, import.meta.url), "utf8");
    const chunks = [...code.matchAll(/from "(\.\/[^"]+)"/g)].map(([, chunk]) => `../../package/${chunk.slice(2)}`);
    files.push(...chunks.filter((chunk) => !files.includes(chunk)));
    assert.doesNotMatch(code, /from "react/);
  }
});

test("the hooks load", async () => {
  const hooks = await import("miso-client-react/react");
  for (const name of ["useRoom", "useLocalMedia", "usePeers", "useActiveSpeaker", "useStats"]) assert.equal(typeof hooks[name], "function");
});

test("the README shows what compiles", async () => {
  const [readme, usage] = await Promise.all(["../../README.md", "usage.tsx"].map((file) => readFile(new URL(file, import.meta.url), "utf8")));
  assert.ok(readme.includes(usage.trim()));
});

test("what is packed are both entries, their types and both licences", async () => {
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd });
  // A list, or an object by name: versions of npm differ.
  const [{ files }] = Object.values(JSON.parse(stdout));
  const packed = files.map(({ path }) => path);
  const needed = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json", ...["index", "react"].flatMap((one) => [`package/${one}.js`, `package/types/${one}.d.ts`])];
  for (const file of needed) assert.ok(packed.includes(file), file);
  assert.ok(packed.every((path) => path.startsWith("package/") || needed.includes(path)), packed.join(" "));
});

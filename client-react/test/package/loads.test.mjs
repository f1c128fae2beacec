// The built package as Node finds it: both entries load, and its README shows the code that is compiled here.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

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

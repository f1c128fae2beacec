// Installing is `cargo install` or copying one file: started alone in an empty folder it serves its page and makes its certificate.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { BINARY, freePort } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

/** The answer to a GET, with the certificate it came under; nobody vouches for that. */
const fetched = (url) => new Promise((resolve, reject) => {
  const request = get(url, { rejectUnauthorized: false, agent: false }, (response) => {
    const certificate = response.socket.getPeerX509Certificate();
    let body = "";
    response.setEncoding("utf8").on("data", (text) => (body += text));
    response.on("end", () => resolve({ status: response.statusCode, type: response.headers["content-type"], body, certificate }));
  });
  request.on("error", reject);
});

/** What `cargo install` made, where make did that before. */
const INSTALLED = process.env.MISO_INSTALLED ?? BINARY;

it("the binary alone, in an empty folder, serves its page under a certificate it makes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "miso-install-"));
  const port = await freePort();
  await copyFile(INSTALLED, join(folder, "miso"));
  const flags = ["--listen", `127.0.0.1:${port}`, "--media-port", "0"];
  const child = spawn(join(folder, "miso"), flags, { cwd: folder, env: {}, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => said.push(text));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    const url = `https://127.0.0.1:${port}`;
    let health;
    await until(() => `healthy; it said ${said.join("")}`, async () => {
      health = await fetched(`${url}/healthz`).catch(() => null);
      return health?.status === 200;
    });
    assert.equal(JSON.parse(health.body).status, "ok");
    const page = await fetched(`${url}/`);
    assert.deepEqual([page.status, /^text\/html/.test(page.type)], [200, true]);
    assert.match(page.body, /<title>/);
    assert.ok(page.certificate.checkIP("127.0.0.1"), "made out to where it is reached");
    const [script] = page.body.match(/(?<=src=")[^"]+\.js/) ?? [];
    assert.ok(script, "the page has a script");
    assert.equal((await fetched(new URL(script, `${url}/`))).status, 200, script);

    const made = await readdir(join(folder, "certs"));
    const texts = await Promise.all(made.map((name) => readFile(join(folder, "certs", name), "utf8")));
    assert.ok(texts.some((text) => text.includes("BEGIN CERTIFICATE")), made.join());
    assert.deepEqual((await readdir(folder)).toSorted(), ["certs", "miso"], "and nothing else");
  } finally {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true });
  }
});

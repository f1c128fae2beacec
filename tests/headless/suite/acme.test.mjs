// A certificate from an authority by ACME: pebble, Let's Encrypt's own server for tests, in strict mode.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { freePort, startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

// The authority's certificates are its own.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

const NAME = "sfu.example.org";

/** A program that runs until the test ends, and what it says. */
function start(program, args, env = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  return { log: () => said, stop: () => child.kill() };
}

/** A root, and a certificate by it for this machine: what the authority's own address is believed by. */
function roots(at) {
  const openssl = (...args) => execFileSync("openssl", args, { stdio: "ignore" });
  const key = (name) => ["-newkey", "rsa:2048", "-nodes", "-keyout", at(`${name}.key`)];
  openssl("req", "-x509", ...key("root"), "-subj", "/CN=root", "-days", "2", "-out", at("root.pem"));
  openssl("req", ...key("own"), "-subj", "/CN=localhost", "-out", at("own.csr"));
  writeFileSync(at("own.ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  const signed = ["-CA", at("root.pem"), "-CAkey", at("root.key"), "-CAcreateserial", "-extfile", at("own.ext")];
  openssl("x509", "-req", "-in", at("own.csr"), ...signed, "-days", "2", "-out", at("own.pem"));
}

/** An authority that gives out certificates good for so long, and what a server has to be told of it. */
async function authorities(seconds) {
  const path = mkdtempSync(join(tmpdir(), "miso-acme-"));
  const at = (name) => join(path, name);
  roots(at);
  const [port, directory, management, dns, control] = await Promise.all(Array.from({ length: 5 }, freePort));
  const pebble = {
    listenAddress: `127.0.0.1:${directory}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: at("own.pem"),
    privateKey: at("own.key"),
    httpPort: 1,
    tlsPort: port,
    certificateValidityPeriod: seconds,
  };
  writeFileSync(at("pebble.json"), JSON.stringify({ pebble }));
  const nothing = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
  const names = start("pebble-challtestsrv", ["-dns01", `127.0.0.1:${dns}`, "-management", `127.0.0.1:${control}`, ...nothing]);
  const strict = ["-strict", "-config", at("pebble.json"), "-dnsserver", `127.0.0.1:${dns}`];
  const authority = start("pebble", strict, { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" });
  const url = `https://localhost:${directory}/dir`;
  await until(() => authority.log(), () => fetch(url).then((answer) => answer.ok, () => false));
  const flags = [
    ...["--acme-domain", NAME, "--acme-email", "who@example.org", "--acme-directory", url],
    ...["--acme-roots", at("root.pem"), "--acme-cache", at("kept")],
  ];
  const stop = () => {
    authority.stop();
    names.stop();
    rmSync(path, { recursive: true });
  };
  return { at, options: { port, tls: null, flags }, log: authority.log, stop };
}

/** A field of the certificate a server shows. */
function shown(server, field) {
  const hello = ["s_client", "-connect", `127.0.0.1:${server.port}`, "-servername", NAME];
  const quiet = { stdio: ["pipe", "pipe", "ignore"], encoding: "utf8" };
  const pem = execFileSync("openssl", hello, { ...quiet, input: "" });
  return execFileSync("openssl", ["x509", "-noout", ...field], { ...quiet, input: pem });
}

/** Its log comes through a pipe: what it says may be read after what it does is seen. */
async function says(server, words, times) {
  await until(() => server.log(), () => server.log().split(words).length > times);
}

describe("a server that is given a name", () => {
  let authority, server;
  before(async () => (authority = await authorities(90 * 86_400)));
  after(async () => {
    await server?.stop();
    authority.stop();
  });

  it("gets a certificate for it, and shows it", async () => {
    server = await startServer(authority.options);
    assert.match(shown(server, ["-issuer"]), /Pebble Intermediate CA/);
    assert.match(shown(server, ["-ext", "subjectAltName"]), new RegExp(`DNS:${NAME}`));
    await says(server, "a new certificate was issued", 1);
  });

  it("keeps it where nobody else looks, and orders none at the next start", async () => {
    const serial = shown(server, ["-serial"]);
    const orders = () => authority.log().split("Issued certificate").length;
    const before = orders();
    const kept = authority.at("kept");
    await until("the certificate is kept", () => existsSync(kept) && readdirSync(kept).length === 2);
    assert.equal(statSync(kept).mode & 0o777, 0o700);
    await server.stop();
    server = await startServer(authority.options);
    assert.equal(shown(server, ["-serial"]), serial);
    await says(server, "the kept certificate is used", 1);
    assert.equal(orders(), before);
  });
});

describe("a server whose certificate is about to end", () => {
  let authority, server;
  // Another is ordered when a third of its time is left.
  before(async () => (authority = await authorities(9)));
  after(async () => {
    closeAll();
    await server?.stop();
    authority.stop();
  });

  it("gets and shows another while it runs, and drops nobody", async () => {
    server = await startServer(authority.options);
    const peer = await connect(server, { query: { dialect: "native" }, rejectUnauthorized: false });
    const first = shown(server, ["-serial"]);
    await until("another certificate is shown", () => shown(server, ["-serial"]) !== first, 20_000);
    assert.match(shown(server, ["-issuer"]), /Pebble Intermediate CA/);
    await says(server, "a new certificate was issued", 2);
    assert.ok(peer.socket.connected);
    await peer.get("joinRoom", { roomName: "stays" });
    assert.equal(server.exit, null);
  });
});

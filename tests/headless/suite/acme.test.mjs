// A certificate from an authority by ACME: pebble, Let's Encrypt's own server for tests, in strict mode.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
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

describe("a server that is given a name", () => {
  let path, authority, names, server, options;
  const at = (name) => join(path, name);
  const shown = (field) => {
    const hello = ["s_client", "-connect", `127.0.0.1:${server.port}`, "-servername", NAME];
    const quiet = { stdio: ["pipe", "pipe", "ignore"], encoding: "utf8" };
    const pem = execFileSync("openssl", hello, { ...quiet, input: "" });
    return execFileSync("openssl", ["x509", "-noout", ...field], { ...quiet, input: pem });
  };

  before(async () => {
    path = mkdtempSync(join(tmpdir(), "miso-acme-"));
    roots(at);
    const [port, directory, management, dns, control] = await Promise.all(Array.from({ length: 5 }, freePort));
    const pebble = {
      listenAddress: `127.0.0.1:${directory}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: at("own.pem"),
      privateKey: at("own.key"),
      httpPort: 1,
      tlsPort: port,
    };
    writeFileSync(at("pebble.json"), JSON.stringify({ pebble }));
    const nothing = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
    names = start("pebble-challtestsrv", ["-dns01", `127.0.0.1:${dns}`, "-management", `127.0.0.1:${control}`, ...nothing]);
    const strict = ["-strict", "-config", at("pebble.json"), "-dnsserver", `127.0.0.1:${dns}`];
    authority = start("pebble", strict, { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" });
    const url = `https://localhost:${directory}/dir`;
    await until(() => authority.log(), () => fetch(url).then((answer) => answer.ok, () => false));
    options = {
      port,
      tls: null,
      flags: [
        ...["--acme-domain", NAME, "--acme-email", "who@example.org", "--acme-directory", url],
        ...["--acme-roots", at("root.pem"), "--acme-cache", at("kept")],
      ],
    };
  });
  after(async () => {
    await server?.stop();
    authority.stop();
    names.stop();
    rmSync(path, { recursive: true });
  });

  it("gets a certificate for it, and shows it", async () => {
    server = await startServer(options);
    assert.match(shown(["-issuer"]), /Pebble Intermediate CA/);
    assert.match(shown(["-ext", "subjectAltName"]), new RegExp(`DNS:${NAME}`));
    assert.match(server.log(), /a new certificate was issued/);
  });

  it("keeps it where nobody else looks, and orders none at the next start", async () => {
    const serial = shown(["-serial"]);
    const orders = () => authority.log().split("Issued certificate").length;
    const before = orders();
    await until("the certificate is kept", () => existsSync(at("kept")) && readdirSync(at("kept")).length === 2);
    assert.equal(statSync(at("kept")).mode & 0o777, 0o700);
    await server.stop();
    server = await startServer(options);
    assert.equal(shown(["-serial"]), serial);
    assert.match(server.log(), /the kept certificate is used/);
    assert.equal(orders(), before);
  });
});

// A server that reads its settings again: what counts from then on, what does not, and that nobody is dropped.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

// Certificates of the tests' own.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

const native = (server) => connect(server, { query: { dialect: "native" }, rejectUnauthorized: false });

function folder() {
  const path = mkdtempSync(join(tmpdir(), "miso-reload-"));
  return { at: (name) => join(path, name), remove: () => rmSync(path, { recursive: true }) };
}

/** What the log says, without colours. */
const logged = (server) => server.log().replaceAll(/\u001b\[[0-9;]*m/g, "");
/** How often it says something. */
const times = (server, words) => logged(server).split(words).length - 1;

/** Who was in a room before is there yet, and is answered. */
async function goesOn(peer) {
  assert.ok(peer.socket.connected, "who is there stays");
  assert.ok((await peer.ask("createWebRtcTransport", { consumer: true })).params.id, "and is answered");
}

describe("a server whose configuration file changes", () => {
  let files, server, peer;
  const write = (text) => writeFileSync(files.at("miso.toml"), text);
  const join_ = async (room) => (await native(server)).ask("joinRoom", { roomName: room });
  /** Writes, asks for it to be read, and waits until the log says so. */
  const reload = async (text, said = "settings read again") => {
    const before = times(server, said);
    write(text);
    server.signal("SIGHUP");
    await until(() => `${said}\n${logged(server)}`, () => times(server, said) > before);
  };

  before(async () => {
    files = folder();
    write("peers-per-room = 2\n");
    server = await startServer({ flags: ["--config", files.at("miso.toml")] });
    peer = await native(server);
    await peer.get("joinRoom", { roomName: "stays" });
  });
  afterEach(() => goesOn(peer));
  after(async () => {
    closeAll();
    await server.stop();
    files.remove();
  });

  it("takes over a limit at SIGHUP, for who comes then", async () => {
    await reload("peers-per-room = 1\n");
    assert.equal((await join_("stays")).code, "limit-peers");
  });

  it("takes it over by itself when an editor puts another file in its place", async () => {
    writeFileSync(files.at("new.toml"), "peers-per-room = 2\nresume-grace = 0\n");
    renameSync(files.at("new.toml"), files.at("miso.toml"));
    await until(() => logged(server), () => logged(server).includes('taken="peers-per-room resume-grace"'));
    assert.ok((await join_("stays")).rtpCapabilities);
  });

  it("takes over allowed origins", async () => {
    const ask = () => fetch(`${server.url}/room-status`, { headers: { origin: "https://other.example" } });
    assert.equal((await ask()).status, 200);
    await reload('allow-origin = ["https://app.example"]\n');
    assert.equal((await ask()).status, 403);
    await reload("");
    assert.equal((await ask()).status, 200);
  });

  it("takes over what is logged", async () => {
    const debugs = () => times(server, "DEBUG");
    await reload('log = "debug"\n');
    const before = debugs();
    (await native(server)).close();
    await until(() => logged(server), () => debugs() > before);
    await reload('log = "info"\n');
  });

  it("keeps everything when the file is wrong, and says so in one line", async () => {
    await reload("peers-per-room = 1\n");
    await reload("peers-per-room = 5\nlisten = 1\n", "the settings stay as they were");
    assert.match(logged(server), /miso\.toml:2: listen: expected a string, found a number; the settings stay/);
    assert.equal(times(server, "the settings stay as they were"), 1);
    assert.equal((await join_("stays")).code, "limit-peers");
  });

  it("names a key once that counts from the next start", async () => {
    await reload('udp = "portable"\n');
    await reload('udp = "portable"\npeers-per-room = 9\n');
    assert.equal(times(server, "udp has changed, which counts from the next start"), 1);
  });

  it("takes over tokens, and logs none", async () => {
    const make = () => fetch(`${server.url}/api/v1/broadcasts`, { method: "POST" });
    assert.equal((await make()).status, 201);
    await reload('broadcast-token = "0123456789abcdef"\n');
    assert.equal((await make()).status, 401);
    assert.ok(!logged(server).includes("0123456789abcdef"), "a secret is logged");
  });
});

describe("a server whose certificate changes", () => {
  let files, server, peer;
  const make = (name) => {
    const subject = ["-subj", `/CN=${name}`, "-days", "2", "-keyout", files.at(`${name}.key`), "-out", files.at(`${name}.pem`)];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject], { stdio: "ignore" });
  };
  /** Puts one in the place of what the server was told of, both files by rename as certbot's hooks do. */
  const use = (cert, key = cert) => {
    for (const [from, to] of [[`${key}.key`, "key.pem"], [`${cert}.pem`, "cert.pem"]]) {
      execFileSync("cp", [files.at(from), files.at(`${to}.new`)]);
      renameSync(files.at(`${to}.new`), files.at(to));
    }
  };
  const shown = () => {
    const options = { input: "", stdio: ["pipe", "pipe", "ignore"], encoding: "utf8" };
    const text = execFileSync("openssl", ["s_client", "-connect", `127.0.0.1:${server.port}`], options);
    return /subject=.*?CN ?= ?(\w+)/.exec(text)[1];
  };

  before(async () => {
    files = folder();
    for (const name of ["first", "second", "third"]) make(name);
    use("first");
    server = await startServer({ tls: `${files.at("cert.pem")},${files.at("key.pem")}` });
    peer = await native(server);
    await peer.get("joinRoom", { roomName: "stays" });
  });
  afterEach(() => goesOn(peer));
  after(async () => {
    closeAll();
    await server.stop();
    files.remove();
  });

  it("shows the new one to who connects then, by itself", async () => {
    assert.equal(shown(), "first");
    use("second");
    await until(() => logged(server), () => logged(server).includes("certificate_renewed=true"));
    assert.equal(shown(), "second");
  });

  it("refuses one whose key is another's, and shows the old one", async () => {
    use("third", "first");
    await until(() => logged(server), () => logged(server).includes("cannot be used together"));
    assert.equal(shown(), "second");
  });

  it("shows it once the key is there", async () => {
    use("third");
    await until(() => logged(server), () => times(server, "certificate_renewed=true") === 2);
    assert.equal(shown(), "third");
  });

  it("takes over nothing of a change that cannot be taken over as a whole", async () => {
    const make = (token) => {
      const headers = { authorization: `Bearer ${token}` };
      return fetch(`${server.url}/api/v1/broadcasts`, { method: "POST", headers }).then((answer) => answer.status);
    };
    const [OLD, NEW] = ["old-0123456789abcdef", "new-0123456789abcdef"];
    const write = (token, more = "") => {
      const tls = `tls = "${files.at("cert.pem")},${files.at("key.pem")}"`;
      writeFileSync(files.at("miso.toml"), `broadcast-token = "${token}"\n${tls}\n${more}`);
    };
    const refused = async () => {
      const before = times(server, "the settings stay as they were");
      server.signal("SIGHUP");
      await until(() => logged(server), () => times(server, "the settings stay as they were") > before);
      assert.deepEqual([await make(OLD), await make(NEW), shown()], [201, 401, "second"]);
    };
    use("second");
    await server.stop();
    write(OLD);
    server = await startServer({ tls: null, flags: ["--config", files.at("miso.toml")] });
    peer = await native(server);
    await peer.get("joinRoom", { roomName: "stays" });
    assert.deepEqual([await make(OLD), await make(NEW), shown()], [201, 401, "second"]);
    // A good token beside a bad certificate, then a good certificate beside a bad key of tokens.
    use("third", "first");
    write(NEW);
    await refused();
    write(NEW, `jwt-public-key = ["${files.at("third.pem")}.none"]\n`);
    use("third");
    await refused();
    write(NEW);
    server.signal("SIGHUP");
    await until(() => logged(server), () => logged(server).includes("certificate_renewed=true"));
    assert.deepEqual([await make(OLD), await make(NEW), shown()], [401, 201, "third"]);
  });
});

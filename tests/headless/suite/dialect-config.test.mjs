// A frontend the operator describes: the example of docs/adding-a-dialect.md, taken from there.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { consume, dtls, enter, produce, RTP } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";

const DOCUMENT = new URL("../../../docs/adding-a-dialect.md", import.meta.url);
const example = async () => (await readFile(DOCUMENT, "utf8")).match(/```toml\n([^]*?)```/)[1];

describe("a dialect from the configuration file", () => {
  let server;
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "miso-dialect-"));
    const file = join(folder, "miso.toml");
    await writeFile(file, await example());
    server = await startServer({ flags: ["--config", file] });
  });
  afterEach(closeAll);
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  /** The words of the example, where they are not those of dialect C. */
  async function acme(client, roomName) {
    const { rtpCapabilities } = await client.get("acme:enter", { roomName });
    const { params } = await client.get("acme:transport", { consumer: false });
    assert.ok(params.id);
    client.say("transport-connect", { dtlsParameters: dtls() });
    return rtpCapabilities;
  }

  const PLACES = {
    "its first event": { namespace: "/mediasoup" },
    "its namespace": { namespace: "/acme" },
    "its namespace, version 2": { namespace: "/acme", version: 2 },
    "a query": { namespace: "/", query: { dialect: "acme" } },
  };
  for (const [what, options] of Object.entries(PLACES)) {
    it(`is told by ${what}, and meets others`, async () => {
      const room = `acme ${what}`;
      const [theirs, ours] = [await connect(server, options), await connect(server)];
      await enter(ours, room);
      const rtpCapabilities = await acme(theirs, room);
      const sent = await theirs.get("acme:send", { kind: "audio", rtpParameters: RTP.audio(), appData: {} });
      assert.equal((await ours.hears("new-producer"))[0].producerId, sent.id);
      const { id } = await produce(ours, "video");
      assert.equal((await theirs.hears("acme:publisher"))[0].producerId, id);
      const { params: transport } = await theirs.get("acme:transport", { consumer: true });
      const wish = { rtpCapabilities, remoteProducerId: id, serverConsumerTransportId: transport.id };
      const { params } = await theirs.get("consume", wish);
      theirs.say("transport-recv-connect", { dtlsParameters: dtls(), serverConsumerTransportId: transport.id });
      theirs.say("consumer-resume", { serverConsumerId: params.serverConsumerId });
      ours.close();
      assert.equal((await theirs.hears("acme:gone"))[0].remoteProducerId, id);
      assert.deepEqual(theirs.told.filter(({ event }) => ["new-producer", "producer-closed"].includes(event)), []);
    });
  }

  it("pins a built-in dialect to a namespace", async () => {
    const [alice, bob] = await Promise.all([1, 2].map(() => connect(server, { namespace: "/conference" })));
    const { rtpCapabilities } = await enter(bob, "conference");
    await enter(alice, "conference");
    const { id } = await produce(alice, "audio");
    await bob.hears("new-producer");
    assert.equal((await consume(bob, rtpCapabilities, id)).producerId, id);
  });

  const WRONG = {
    "a base that does not exist": ['base = "c"', 'base = "klingon"', /klingon/],
    "an event that does not exist": ['"acme:enter" = "joinRoom"', '"acme:enter" = "beamUp"', /beamUp/],
    "a word it does not know": ["[namespaces]", 'shields = "up"\n[namespaces]', /shields/],
    "a namespace for a dialect that does not exist": ['"/conference" = "c"', '"/conference" = "vulcan"', /vulcan/],
  };
  for (const [what, [right, wrong, said]] of Object.entries(WRONG)) {
    it(`does not start with ${what}, and says so`, async () => {
      const file = join(folder, "wrong.toml");
      const text = await example();
      assert.ok(text.includes(right));
      await writeFile(file, text.replace(right, wrong));
      const { status, stderr, stdout } = spawnSync(server.binary, ["--config", file, "--listen", "127.0.0.1:0", "--tls", "off"], { timeout: 20_000, encoding: "utf8" });
      assert.ok(status > 0, `${status}`);
      assert.match(stderr + stdout, said);
    });
  }
});

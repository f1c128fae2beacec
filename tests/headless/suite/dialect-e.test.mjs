// Dialect E: one event both ways, no acknowledgement.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { dtls, RTP } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

describe("dialect E", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  const open = async () => {
    const client = await connect(server, { namespace: "/", greeted: false });
    // On `/` nobody knows yet whether this is a frontend that waits for a welcome.
    client.answers = () => client.heard("message").filter(({ type }) => type !== "welcome");
    let said = 0;
    /** Says a message and gives the next one that comes back. */
    client.talk = async (message) => {
      said += 1;
      client.say("message", message);
      await until(() => `${message.type}, heard ${JSON.stringify(client.told)}`, () => client.answers().length >= said);
      const answer = client.answers()[said - 1];
      assert.equal(answer.type, message.type);
      return answer;
    };
    return client;
  };

  it("answers each type with one of its own", async () => {
    const [alice, bob] = [await open(), await open()];
    for (const one of [alice, bob]) {
      one.caps = (await one.talk({ type: "rtpCapabilities" })).rtpCapabilities;
      assert.ok(one.caps.codecs.some(({ mimeType }) => /h264/i.test(mimeType)), "H264");
      const { sendTransport, recvTransport } = await one.talk({ type: "transport" });
      assert.ok(sendTransport.iceParameters && recvTransport.iceParameters);
      assert.notEqual(sendTransport.id, recvTransport.id);
      Object.assign(one, { sending: sendTransport.id, receiving: recvTransport.id });
      await one.talk({ type: "connect", id: sendTransport.id, dtlsParameters: dtls() });
    }
    const parameters = { kind: "video", rtpParameters: RTP.video(), appData: {} };
    const { id: producerId } = await alice.talk({ type: "produce", id: alice.sending, parameters });
    assert.equal(typeof producerId, "string");
    const wish = { type: "consume", id: bob.receiving, producerId, rtpCapabilities: bob.caps };
    const { id, kind, rtpParameters } = await bob.talk(wish);
    assert.ok(id);
    assert.equal(kind, "video");
    assert.equal(rtpParameters.encodings.length, 1);
    await bob.talk({ type: "connect", id: bob.receiving, dtlsParameters: dtls() });
    const consumers = (await server.rooms()).flatMap(({ peers }) => peers.flatMap((peer) => peer.consumers));
    assert.deepEqual(consumers.map(({ paused }) => paused), [false]);
    alice.close();
    bob.close();
    await server.empty();
    for (const { told } of [alice, bob]) {
      const known = ["message", "connection-success", "status-change"];
      assert.deepEqual([...new Set(told.map(({ event }) => event))].filter((event) => !known.includes(event)), []);
    }
  });

  it("survives types nobody knows and messages that are none", async () => {
    const client = await open();
    await client.talk({ type: "rtpCapabilities" });
    for (const junk of [{ type: "nonsense" }, {}, null, 7, "text", []]) client.say("message", junk);
    client.say("message");
    await client.flush();
    client.say("message", { type: "transport" });
    await until("the transports", () => client.answers().some(({ type }) => type === "transport"));
  });
});

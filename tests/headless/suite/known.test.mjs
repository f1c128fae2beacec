// What a frontend was recognised as stays, and what it missed while it was not ready is told.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { enter, produce } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { WORDS } from "../support/words.mjs";

describe("a frontend that was recognised", () => {
  let server;
  before(async () => (server = await startServer({ flags: ["--peers-per-room", "1"] })));
  afterEach(closeAll);
  after(() => server.stop());

  it("is not taken for another one after a refused join", async () => {
    const [first, second] = [await connect(server, WORDS.h.connect), await connect(server, WORDS.h.connect)];
    await WORDS.h.enter(first, "one");
    assert.equal(await second.ask("createRoom", { room_id: "one" }), "already exists");
    assert.equal((await second.ask("join", { name: "b", room_id: "one" })).code, "limit-peers");
    const caps = await second.ask("getRouterRtpCapabilities", {});
    assert.equal(caps.code, "not-joined", "and not in the default room under node's manner of answering");
    assert.deepEqual((await server.rooms()).map((room) => room.id), ["one"]);
  });

  it("is in no room when a later part of its join failed", async () => {
    const client = await connect(server, WORDS["a-final"].connect);
    const other = await connect(server);
    await enter(other, "full");
    const refused = await client.ask("join-room", { roomId: "full", peerId: client.socket.id });
    assert.equal(refused.code, "limit-peers");
    assert.ok((await client.hears("join-room-error"))[0].error);
    assert.ok((await client.ask("join-room", { roomId: "free", peerId: client.socket.id })).sendTransportOptions);
  });
});

describe("a frontend that joins in two steps", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  it("hears of what was produced between them", async () => {
    const mid = await connect(server, WORDS["a-mid"].connect);
    mid.say("join-room", { roomId: "steps" });
    await mid.flush();
    const other = await connect(server);
    await enter(other, "steps");
    await produce(other, "audio");
    await mid.get("create-router", "steps");
    await mid.get("create-webRTC-transport", { isConsumer: false, roomId: "steps" });
    const [told] = await mid.hears("new-producer");
    assert.deepEqual([told.produceSocket, told.mediaTag], [other.socket.id, "audio"]);
  });
});

describe("a room whose worker died", () => {
  let server;
  before(async () => (server = await startServer({ binary: process.env.MISO_FAULTS_BIN })));
  afterEach(closeAll);
  after(() => server.stop());

  for (const [words, closing] of [["call", "producer-closed"], ["d", "producerClosed"], ["b", "producer-remove"]]) {
    it(`is heard of by ${words} as its producers' end, and can be joined again`, async () => {
      const { connect: options, enter: joins, room } = WORDS[words];
      const client = await connect(server, options);
      await joins(client, room ?? "dies");
      const other = await connect(server);
      await enter(other, (await server.rooms())[0].id);
      await produce(other, "video");
      if (words === "b") await client.ask("getProducers");
      else if (words === "call") await client.ask("get-producers", { roomId: "dies" });
      await client.flush();
      await other.ask("fault-worker");
      await client.hears(closing);
      await joins(client, room ?? "dies");
      for (const one of [client, other]) one.close();
      await server.empty();
    });
  }
});

// A call of two in every dialect: what is answered, who waits for a resume, what is told and what is not, how it refuses.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { startServer } from "../support/server.mjs";
import { WORDS } from "../support/words.mjs";

/** What a socket may be told on `/` before anybody knows what it is: all frontends survive it. */
const GREETINGS = ["connection-success", "message", "status-change"];

describe("a call of two", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  const view = async (room) => (await server.rooms()).find(({ id }) => id === room);
  const consumersOf = async (room) => (await view(room)).peers.flatMap((peer) => peer.consumers);

  const strangers = (told, known) => [...new Set(told.map(({ event }) => event))].filter((event) => !known.includes(event));

  /** Two sockets in a room, both with a send transport. */
  async function two(words, room) {
    const sockets = [await connect(server, words.connect), await connect(server, words.connect)];
    const capabilities = [];
    for (const socket of sockets) {
      await socket.flush();
      assert.deepEqual(strangers(socket.told, GREETINGS), []);
      socket.told.length = 0;
      capabilities.push(await words.enter(socket, room));
      await words.send(socket);
    }
    return { sockets, capabilities };
  }

  for (const [name, words] of Object.entries(WORDS)) {
    const room = words.alone ? "default" : `call ${name}`;

    for (const kind of ["audio", "video"]) {
      it(`${name}: ${kind} is ${words.paused[kind] ? "paused until it is resumed" : "not paused"}`, async () => {
        const { sockets: [alice, bob], capabilities } = await two(words, room);
        assert.ok(capabilities[0].codecs.length > 0 && capabilities[0].headerExtensions.length > 0);
        const producerId = await words.produce(alice, kind);
        assert.equal(typeof producerId, "string");
        const consumer = await words.consume(bob, capabilities[1], { producerId, socketId: alice.id, kind });
        assert.deepEqual([consumer.producerId, consumer.kind], [producerId, kind]);
        assert.equal(typeof consumer.id, "string");
        assert.equal(consumer.rtpParameters.encodings.length, 1);
        assert.deepEqual((await consumersOf(room)).map(({ paused }) => paused), [words.paused[kind]]);
        await words.resume?.(bob, consumer);
        await bob.flush();
        assert.deepEqual((await consumersOf(room)).map(({ paused }) => paused), [false]);

        alice.close();
        bob.close();
        await server.empty();
      });
    }

    it(`${name}: tells nothing its frontends do not know, and answers everything once`, async () => {
      const { sockets, capabilities } = await two(words, room);
      const [alice, bob] = sockets;
      for (const socket of sockets) await words.produce(socket, "video");
      const producerId = await words.produce(alice, "audio");
      await words.consume(bob, capabilities[1], { producerId, socketId: alice.id, kind: "audio" });
      alice.close();
      await bob.flush();
      const late = await connect(server, words.connect);
      await late.flush();
      late.told.length = 0;
      await words.enter(late, room);
      for (const one of [bob, late]) await one.flush();
      for (const { told, acked } of [...sockets, late]) {
        assert.deepEqual(strangers(told, words.hears), []);
        assert.equal(new Set(acked).size, acked.length, "an acknowledgement came twice");
      }
      bob.close();
      late.close();
      await server.empty();
    });

    it(`${name}: refuses in its own shape, and goes on`, async () => {
      const socket = await connect(server, words.connect);
      await words.enter(socket, room);
      const answer = await words.fails(socket);
      assert.ok(words.refused(answer), JSON.stringify(answer));
      await words.send(socket);
      assert.equal(typeof (await words.produce(socket, "audio")), "string");
      socket.close();
      await server.empty();
    });
  }
});

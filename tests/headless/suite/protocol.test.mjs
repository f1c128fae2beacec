// Every example and every error word of protocol.md, on a running server: payloads are sent as they are
// written, with real ids in place of the page's and whole values where the page shortens them; answers
// are held against the page and against the generated schemas.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { closeAll, connect } from "../support/client.mjs";
import { audio, dtls } from "../support/media.mjs";
import { paced } from "../support/pace.mjs";
import { conforms, examples, read, sameShape, section, table } from "../support/page.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const FAULTS = process.env.MISO_FAULTS_BIN;
const EVENTS = table("## Events").map(([event, payload]) => ({ event, bare: payload === "–" }));
const NOTIFICATIONS = table("## Notifications").map(([event]) => event);
const WORDS = table("## Errors").map(([word]) => word);

// What takes more than one server and a few sockets: the test that does it, by file and title.
const TESTED_ELSEWHERE = {
  notifications: {
    // Both come of media that arrives: a call between two browsers.
    "consumer-layers-changed": [["tests/browser/suite/06-contracts.test.mjs", '"consumer-layers-changed"']],
    "server-draining": [["tests/headless/suite/drain.test.mjs", 'hears("server-draining")']],
    "producer-score": [["tests/browser/suite/06-contracts.test.mjs", '"producer-score"']],
  },
  words: {
    "limit-rooms": [["tests/it/rooms.rs", "fn rooms_and_peers_are_limited_and_given_back"]],
    "limit-consumers": [["tests/headless/suite/limits.test.mjs", 'it("512 consumers a peer"']],
    "limit-sockets": [["tests/headless/suite/limits.test.mjs", "more.refused.message, \"limit-sockets\""]],
    "server-draining": [["tests/headless/suite/drain.test.mjs", 'code, "server-draining"']],
    "unauthorized": [["tests/headless/suite/tokens.test.mjs", 'it("lets nobody in without one']],
    "forbidden": [["tests/headless/suite/tokens.test.mjs", 'it("opens the rooms and kinds it names, native"']],
    "limit-joins": [["tests/headless/suite/tokens.test.mjs", 'answer.code, "limit-joins"']],
    "limit-requests": [["tests/it/tokens.rs", "fn an_address_that_asks_too_much_is_told_when_it_may_again"]],
    "limit-tokens": [["tests/it/tokens.rs", "fn too_many_wrong_tokens_of_an_address_are_looked_at_no_more"]],
    "rate-limited": [["tests/headless/suite/limits.test.mjs", 'it("a burst of events: each is answered']],
    "room-closed": [["tests/it/rooms.rs", "fn whoever_asks_a_room_that_was_closed_meanwhile_is_told_so"]],
  },
};

// The only members a test may put something else into: names of objects, and what the page shortens.
const PLACEHOLDERS = [
  "transportId", "serverConsumerTransportId", "serverConsumerId", "producerId", "remoteProducerId", "resumeToken",
  "after", "rtpCapabilities", "dtlsParameters",
];

const native = (server) => connect(server, { query: { dialect: "native" } });
const joinExample = examples("joinRoom")[0];

/** A peer in a room, with a transport each way and, if it sends, the producer of the page's example. */
async function peer(server, roomName, displayName, sends = true) {
  const client = await native(server);
  const joined = await client.get("joinRoom", { roomName, displayName });
  const transport = async (consumer) => (await client.get("createWebRtcTransport", { consumer })).params.id;
  const ids = { send: await transport(false), receive: await transport(true) };
  if (sends) ids.producer = (await client.get("transport-produce", { ...examples("transport-produce")[0], transportId: ids.send })).id;
  return { client, joined, ids };
}

/** Ann and Bob, who send, and Ann's consumer of Bob. */
async function call(server, roomName) {
  const bob = await peer(server, roomName, "Bob");
  const ann = await peer(server, roomName, "Ann");
  const { params } = await ann.client.get("consume", {
    rtpCapabilities: ann.joined.rtpCapabilities, remoteProducerId: bob.ids.producer, serverConsumerTransportId: ann.ids.receive,
  });
  ann.ids.consumer = params.id;
  return { ann, bob };
}

/** More silent peers than one answer lists. */
async function crowd(server, roomName) {
  const silent = await Promise.all(Array.from({ length: 24 }, () => native(server)));
  for (const client of silent) await client.get("joinRoom", { roomName, displayName: "Cleo" });
}

/** Who asks, and what stands in for the page's placeholders, by event; the rest is as Ann in a call with Bob. */
const SCENES = {
  async joinRoom(server) {
    await peer(server, joinExample.roomName, "Bob");
    await crowd(server, joinExample.roomName);
    return { client: await native(server) };
  },
  async getPeers(server) {
    await crowd(server, "crowd");
    const client = await native(server);
    const { morePeers } = await client.get("joinRoom", { roomName: "crowd" });
    return { client, put: { after: morePeers } };
  },
  async "transport-produce"(server) {
    await peer(server, "produce", "Bob");
    const { client, ids } = await peer(server, "produce", "Ann", false);
    return { client, put: { transportId: ids.send } };
  },
  async consume(server) {
    const { ann, bob } = await call(server, "consume");
    return {
      client: ann.client,
      put: {
        rtpCapabilities: ann.joined.rtpCapabilities, remoteProducerId: bob.ids.producer, serverConsumerTransportId: ann.ids.receive,
      },
    };
  },
};

async function ann(server, event) {
  const { ann: { client, ids } } = await call(server, event);
  const put = {
    transportId: ids.send, serverConsumerTransportId: ids.receive, serverConsumerId: ids.consumer, producerId: ids.producer,
    dtlsParameters: dtls(),
  };
  return { client, put };
}

/** The page's payload with the placeholders it has replaced. */
function filled(event, put = {}) {
  const [written] = examples(event);
  const replaced = Object.fromEntries(Object.entries(put).filter(([member]) => member in written));
  for (const member of Object.keys(replaced)) assert.ok(PLACEHOLDERS.includes(member), `${event}: ${member} is sent as written`);
  return { ...written, ...replaced };
}

describe("protocol.md, event by event", () => {
  let server;
  // The page's answers are those of a server that knows a TURN server.
  before(async () => (server = await startServer({ flags: ["--ice-server", "turn:turn.example.org,user,password"] })));
  afterEach(async () => {
    closeAll();
    await server.empty();
  });
  after(() => server.stop());

  for (const { event, bare } of EVENTS) {
    it(event, async () => {
      const { client, put } = await (SCENES[event] ?? ann)(server, event);
      const payload = bare ? [] : [filled(event, put)];
      if (!bare) conforms("requests", event, payload[0]);
      const answer = await client.get(event, ...payload);
      conforms("answers", event, answer);
      assert.equal(examples(event).length, bare ? 1 : 2);
      sameShape(examples(event).at(-1), answer, event);
    });
  }
});

/** What provokes a notification, and who is told; `same` are members as on the page. */
const CAUSES = {
  async "connection-success"(server) {
    return { client: await native(server), same: ["dialect"] };
  },
  async "new-peer"(server) {
    const { client } = await peer(server, "told", "Ann");
    await peer(server, "told", "Bob", false);
    return { client, same: ["displayName"] };
  },
  async "peer-left"(server) {
    const { ann, bob } = await call(server, "told");
    await bob.client.get("leaveRoom");
    return { client: ann.client };
  },
  async "new-producer"(server) {
    const { client } = await peer(server, "told", "Ann", false);
    await peer(server, "told", "Bob");
    return { client, same: ["kind", "appData", "paused"] };
  },
  async "producer-closed"(server) {
    const { ann, bob } = await call(server, "told");
    bob.client.close();
    return { client: ann.client, same: ["reason"] };
  },
  async "producer-paused"(server) {
    const { ann, bob } = await call(server, "told");
    await bob.client.get("producer-pause", { producerId: bob.ids.producer });
    return { client: ann.client };
  },
  async "producer-resumed"(server) {
    const { ann, bob } = await call(server, "told");
    await bob.client.get("producer-pause", { producerId: bob.ids.producer });
    await bob.client.get("producer-resume", { producerId: bob.ids.producer });
    return { client: ann.client };
  },
  // Nobody ever connects it.
  async "transport-closed"(server) {
    const { client } = await peer(server, "told", "Ann", false);
    return { client, patience: 40_000 };
  },
  async notice(server) {
    const { client } = await peer(server, "told", "Ann", false);
    const body = JSON.stringify(examples("notice")[0]);
    await fetch(`${server.url}/api/v1/rooms/told/notice`, { method: "POST", body });
    return { client, same: ["message"] };
  },
  async "room-closed"(server) {
    const { client } = await peer(server, "told", "Ann");
    await client.get("fault-worker");
    return { client, same: ["reason"] };
  },
};

describe("protocol.md, what clients are told", () => {
  let server;
  before(async () => {
    assert.ok(FAULTS, "MISO_FAULTS_BIN must name a binary built with --features fault-injection");
    server = await startServer({ binary: FAULTS });
  });
  afterEach(async () => {
    closeAll();
    await server.empty();
  });
  after(() => server.stop());

  for (const event of NOTIFICATIONS.filter((event) => CAUSES[event])) {
    it(event, async () => {
      const { client, same = [], patience = 10_000 } = await CAUSES[event](server);
      await until(() => `${event}, heard ${JSON.stringify(client.told)}`, () => client.heard(event).length > 0, patience);
      const [told] = client.heard(event);
      const [written] = examples(event);
      conforms("notifications", event, told);
      sameShape(written, told, event);
      for (const member of same) assert.deepEqual(told[member], written[member], member);
    });
  }

  it("leaves no notification out", () => {
    const tested = [...Object.keys(CAUSES), ...Object.keys(TESTED_ELSEWHERE.notifications)];
    assert.deepEqual(tested.sort(), [...NOTIFICATIONS].sort());
    existAll(TESTED_ELSEWHERE.notifications);
  });
});

/** How to be answered each word; gives the answer. */
const FAILURES = {
  "bad-request": async (server) => (await native(server)).ask("joinRoom", { roomName: "" }),
  "unknown-event": async (server) => (await native(server)).ask("no-such-event", {}),
  "not-joined": async (server) => (await native(server)).ask("getProducers"),
  async "already-joined"(server) {
    const { client } = await peer(server, "here", "Ann", false);
    return client.ask("joinRoom", { roomName: "there" });
  },
  async "not-found"(server) {
    const { client } = await peer(server, "here", "Ann", false);
    return client.ask("restart-ice", examples("restart-ice")[0]);
  },
  async "cannot-consume"(server) {
    const { client, ids } = await peer(server, "here", "Ann");
    const wanted = { remoteProducerId: ids.producer, serverConsumerTransportId: ids.receive };
    return client.ask("consume", { ...examples("consume")[0], ...wanted });
  },
  async "invalid-rtp-parameters"(server) {
    const { client, ids } = await peer(server, "here", "Ann");
    return client.ask("transport-produce", { ...examples("transport-produce")[0], transportId: ids.send });
  },
  async "invalid-dtls-parameters"(server) {
    const { client, ids } = await peer(server, "here", "Ann", false);
    return client.ask("transport-connect", { transportId: ids.send, dtlsParameters: { role: "client", fingerprints: [] } });
  },
  async "already-connected"(server) {
    const { client, ids } = await peer(server, "here", "Ann", false);
    const connecting = { transportId: ids.send, dtlsParameters: dtls() };
    await client.get("transport-connect", connecting);
    return client.ask("transport-connect", connecting);
  },
  async "limit-peers"(server) {
    for (const name of ["Ann", "Bob", "Cleo"]) await peer(server, "full", name, false);
    return (await native(server)).ask("joinRoom", { roomName: "full" });
  },
  async "limit-transports"(server) {
    const { client } = await peer(server, "here", "Ann", false);
    const answers = await paced(Array.from({ length: 63 }), () => client.ask("createWebRtcTransport", { consumer: true }));
    return answers.at(-1);
  },
  async "limit-producers"(server) {
    const { client, ids } = await peer(server, "here", "Ann", false);
    const source = () => ({ transportId: ids.send, kind: "audio", rtpParameters: { ...audio(), mid: undefined } });
    return (await paced(Array.from({ length: 33 }), () => client.ask("transport-produce", source()))).at(-1);
  },
  async internal(server) {
    const { client } = await peer(server, "here", "Ann", false);
    return client.ask("fault-panic");
  },
  async timeout(server) {
    const { client } = await peer(server, "here", "Ann", false);
    await client.get("fault-stall");
    return client.ask("createWebRtcTransport", { consumer: true });
  },
  // The worker does nothing for 12 s, then dies, and with it what was asked after that was decided.
  async "worker-died"(server) {
    const [ann, bob] = [await peer(server, "here", "Ann", false), await peer(server, "here", "Bob", false)];
    const start = Date.now();
    await ann.client.get("fault-stall");
    await until("it is nearly over", () => Date.now() - start > 9_000, 12_000);
    await ann.client.get("fault-worker");
    return bob.client.ask("createWebRtcTransport", { consumer: true });
  },
};

describe("protocol.md, every error word", () => {
  let server;
  before(async () => {
    assert.ok(FAULTS, "MISO_FAULTS_BIN must name a binary built with --features fault-injection");
  });
  afterEach(async () => {
    closeAll();
    await server.stop();
  });

  for (const word of WORDS.filter((word) => FAILURES[word])) {
    it(word, async () => {
      server = await startServer({ workers: 1, binary: FAULTS, flags: ["--peers-per-room", "3"] });
      const answer = await FAILURES[word](server);
      assert.equal(answer.code, word, JSON.stringify(answer));
      conforms("error", null, answer);
      const [, text] = section("## Errors").match(/```json\n(.*?)```/s);
      sameShape(JSON.parse(text), answer, word);
      assert.deepEqual(answer.params, { error: answer.error, code: answer.code });
    });
  }

  it("leaves no word out", () => {
    const tested = [...Object.keys(FAILURES), ...Object.keys(TESTED_ELSEWHERE.words)];
    assert.deepEqual(tested.sort(), [...WORDS].sort());
    existAll(TESTED_ELSEWHERE.words);
  });
});

/** Fails when a test that is relied on is gone. */
function existAll(tests) {
  for (const [what, places] of Object.entries(tests)) {
    for (const [file, title] of places) assert.ok(read(file).includes(title), `${what}: ${file} has no ${title}`);
  }
}

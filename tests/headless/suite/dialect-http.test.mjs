// What browsers fetch besides sockets: from other origins, and what the original servers served themselves.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { createContext, runInContext } from "node:vm";
import { closeAll, connect } from "../support/client.mjs";
import { dtls, enter, produce, RTP } from "../support/media.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { WORDS } from "../support/words.mjs";

const ORIGINS = ["http://localhost:3000", "http://localhost:5173", "http://localhost:1234", "https://localhost:3000", "http://127.0.0.1:4123"];
/** What a browser asks before it posts JSON to another origin. */
const ASKED = {
  method: "OPTIONS",
  headers: { "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
};

describe("what is fetched", () => {
  let server;
  before(async () => (server = await startServer()));
  afterEach(closeAll);
  after(() => server.stop());

  const fetched = (path, { origin, ...options } = {}) =>
    fetch(server.url + path, { redirect: "manual", ...options, headers: { ...(origin && { origin }), ...options.headers } });
  const allows = (response, origin, credentials = true) => {
    assert.equal(response.headers.get("access-control-allow-origin"), origin, response.url);
    if (credentials) assert.equal(response.headers.get("access-control-allow-credentials"), "true", response.url);
  };

  for (const origin of ORIGINS) {
    it(`lets pages of ${origin} use it with credentials`, async () => {
      for (const protocol of [3, 4]) {
        for (const path of ["/socket.io/", "/server/"]) {
          const opened = await fetched(`${path}?EIO=${protocol}&transport=polling`, { origin });
          assert.equal(opened.status, 200, path);
          allows(opened, origin);
          const { sid } = JSON.parse((await opened.text()).replace(/^[^{]*/, "").replace(/}[^}]*$/, "}"));
          const preflight = await fetched(`${path}?EIO=${protocol}&transport=polling&sid=${sid}`, { ...ASKED, origin });
          assert.ok(preflight.ok, `preflight ${preflight.status}`);
          allows(preflight, origin);
          assert.match(preflight.headers.get("access-control-allow-headers"), /content-type/i);
        }
      }
      for (const path of ["/", "/room-status", "/mediasoup/router-rtp-capabilities"]) {
        const response = await fetched(path, { origin });
        assert.ok(response.ok, `${path}: ${response.status}`);
        allows(response, origin);
      }
      for (const path of ["/mediasoup/client-connect", "/mediasoup/consumer-parameters"]) {
        const preflight = await fetched(path, { ...ASKED, origin });
        allows(preflight, origin);
        assert.match(preflight.headers.get("access-control-allow-headers"), /content-type/i);
      }
    });
  }

  it("a page of another site connects over polling with credentials, as Geni-96 does", async () => {
    const options = { namespace: "/", greeted: false, transports: ["polling"], withCredentials: true, extraHeaders: { origin: ORIGINS[0] } };
    const client = await connect(server, options);
    assert.ok((await WORDS.geni.enter(client, "polled")).codecs);
  });

  it("says who is in which room of those whose frontends list rooms, and of no other", async () => {
    assert.deepEqual(await (await fetched("/room-status")).json(), {});
    const mid = await connect(server, WORDS["a-mid"].connect);
    await WORDS["a-mid"].enter(mid, "status");
    const c = await connect(server);
    await enter(c, "secret");
    assert.deepEqual(await (await fetched("/room-status")).json(), { status: [mid.socket.id] });
    mid.close();
    await until("nobody is left", async () => (await (await fetched("/room-status")).text()) === "{}");
  });

  it("serves the official client, which pages load by a script", async () => {
    const response = await fetched("/socket.io/socket.io.js", { origin: ORIGINS[0] });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /javascript/);
    const script = await response.text();
    assert.match(script, /Socket\.IO v4\./);
    const page = createContext({});
    page.self = page.window = page;
    runInContext(script, page);
    assert.deepEqual([typeof page.io, typeof page.io.connect], ["function", "function"]);
  });

  for (const folder of ["sfu", "rooms"]) {
    it(`serves its page at /${folder}/<room>/, and sends /${folder}/<room> there`, async () => {
      const moved = await fetched(`/${folder}/a%20room?name=ann`);
      assert.ok([301, 302, 307, 308].includes(moved.status), `${moved.status}`);
      const there = new URL(moved.headers.get("location"), `${server.url}/${folder}/a%20room`);
      assert.equal(there.pathname, `/${folder}/a%20room/`);
      const page = await fetched(`/${folder}/a%20room/`);
      assert.equal(page.status, 200);
      assert.match(page.headers.get("content-type"), /html/);
      assert.match(await page.text(), /<script|<div id=/);
    });
  }

  for (const room of [undefined, "watched"]) {
    it(`lets one watch over HTTP alone what ${room ?? "the default room"} sends`, async () => {
      const path = (name) => `/mediasoup/${name}${room ? `?room=${room}` : ""}`;
      const publisher = await connect(server);
      await enter(publisher, room ?? "default");
      const made = { audio: await produce(publisher, "audio"), video: await produce(publisher, "video") };
      const capabilities = await (await fetched(path("router-rtp-capabilities"))).json();
      assert.ok(Array.isArray(capabilities.codecs), "bare capabilities");
      const transport = await (await fetched(path("streamer-transport-parameters"))).json();
      assert.ok(transport.id && transport.iceParameters && transport.dtlsParameters, "bare options");
      const post = (name, body) =>
        fetched(path(name), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
      const connected = await post("client-connect", dtls());
      assert.equal(connected.status, 200);
      const answer = await (await post("consumer-parameters", capabilities)).json();
      for (const kind of ["audio", "video"]) {
        assert.deepEqual([answer[kind].producerId, answer[kind].kind], [made[kind].id, kind]);
        assert.equal(answer[kind].rtpParameters.encodings.length, 1);
      }
      const found = (await server.rooms()).find(({ id }) => id === (room ?? "default"));
      const consumers = found.peers.flatMap((peer) => peer.consumers);
      assert.deepEqual(consumers.map(({ paused }) => paused), [false, false]);
    });
  }

  it("takes the newest producer of each kind for who watches over HTTP", async () => {
    const publisher = await connect(server);
    await enter(publisher, "newest");
    await produce(publisher, "video");
    const { id } = await publisher.get("transport-produce", { kind: "video", rtpParameters: RTP.video(), appData: {} });
    const capabilities = await (await fetched("/mediasoup/router-rtp-capabilities?room=newest")).json();
    await fetched("/mediasoup/streamer-transport-parameters?room=newest");
    const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(capabilities) };
    const answer = await (await fetched("/mediasoup/consumer-parameters?room=newest", options)).json();
    assert.equal(answer.video.producerId, id);
    assert.ok(!answer.audio);
  });
});

describe("what is fetched from origins that are listed", () => {
  const [LISTED, OTHER] = ["https://app.example.org", "https://elsewhere.example.org"];
  let server;
  before(async () => (server = await startServer({ flags: ["--allow-origin", LISTED] })));
  after(() => server.stop());

  for (const path of ["/socket.io/?EIO=4&transport=polling", "/server/?EIO=3&transport=polling", "/", "/room-status", "/mediasoup/router-rtp-capabilities"]) {
    it(`${path} is theirs and nobody else's`, async () => {
      const allowed = async (origin) => {
        const response = await fetch(server.url + path, { headers: { origin } });
        return ["origin", "credentials"].map((what) => response.headers.get(`access-control-allow-${what}`));
      };
      assert.deepEqual(await allowed(LISTED), [LISTED, "true"]);
      assert.equal((await allowed(OTHER))[0], null);
    });
  }
});

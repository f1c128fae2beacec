// Every recorded and rebuilt offer gets an answer its client can take: what RFC 8829, 8843 and 9725 ask of one.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { aroundServer } from "../support/around.mjs";
import { create } from "../support/broadcast.mjs";

const FIXTURES = new URL("../../fixtures/sdp/", import.meta.url);
const read = (name) => readFileSync(new URL(name, FIXTURES), "utf8");
const named = (end) => readdirSync(FIXTURES).filter((name) => name.endsWith(end));

const OPPOSITE = { sendonly: "recvonly", sendrecv: "recvonly", recvonly: "sendonly" };
const ROLES = { actpass: ["active", "passive"], passive: ["active"], active: ["passive"] };
/** Which door a fixture is for, by its name. */
const DOORS = { publish: "whip", view: "whep" };
const doorOf = (name) => Object.entries(DOORS).find(([word]) => name.includes(`-${word}`))[1];

/** A session's own lines and those of its media, each with the values of an attribute at hand. */
function parse(sdp) {
  assert.ok(sdp.endsWith("\r\n") && !/[^\r]\n/.test(sdp), "lines end in CRLF");
  const [session, ...media] = sdp.split(/(?=^m=)/m).map((part) => part.trimEnd().split("\r\n"));
  const values = (lines, key) => lines.flatMap((line) => (line === `a=${key}` ? [""] : line.startsWith(`a=${key}:`) ? [line.slice(key.length + 3)] : []));
  return {
    session: (key) => values(session, key),
    media: media.map((lines) => {
      const [kind, port, protocol, ...formats] = lines[0].slice(2).split(" ");
      const own = (key) => values(lines, key);
      const inherited = (key) => (own(key).length > 0 ? own(key) : values(session, key));
      const direction = Object.keys({ ...OPPOSITE, inactive: 0 }).find((key) => own(key).length > 0) ?? "sendrecv";
      return { kind, port: Number(port), protocol, formats, own, inherited, direction, mid: own("mid")[0] };
    }),
  };
}

const sessions = [];

/** POSTs an offer; the session it makes is deleted after the test, whatever becomes of that. */
async function post(url, sdp) {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/sdp" }, body: sdp });
  const location = response.headers.get("location");
  const session = location && new URL(location, response.url);
  if (session) sessions.push(session);
  return { response, session };
}

const end = (session) => fetch(session, { method: "DELETE" });
const patch = (url, body, match) =>
  fetch(url, { method: "PATCH", headers: { "content-type": "application/trickle-ice-sdpfrag", ...(match && { "if-match": match }) }, body });

/** The offer as whoever sent the fragment made it: only a restart brings other credentials. */
function withCredentialsOf(fragment, offer) {
  const line = (key) => fragment.match(new RegExp(`a=ice-${key}:.*\r`))[0];
  return ["ufrag", "pwd"].reduce((text, key) => text.replaceAll(new RegExp(`a=ice-${key}:.*\r`, "g"), line(key)), offer);
}

/** The codec a payload type stands for in a section. */
const codec = (media, format) => media.own("rtpmap").find((map) => map.startsWith(`${format} `))?.split(" ")[1].split("/")[0].toLowerCase();

/** Id and name of a header extension, without its direction. */
const extension = (map) => map.replace(/^(\d+)\/\w+/, "$1").split(" ").slice(0, 2).join(" ");

function acceptable(offer, answer) {
  assert.deepEqual(answer.media.map(({ kind, mid }) => [kind, mid]), offer.media.map(({ kind, mid }) => [kind, mid]));
  const bundle = answer.session("group").find((group) => group.startsWith("BUNDLE"));
  assert.deepEqual(bundle.split(" ").slice(1), offer.media.map(({ mid }) => mid), "one bundle of all");
  for (const [index, section] of answer.media.entries()) {
    const asked = offer.media[index];
    const place = `${asked.kind} ${asked.mid}`;
    assert.notEqual(section.port, 0, `${place} is not rejected`);
    assert.equal(section.direction, OPPOSITE[asked.direction], place);
    assert.ok(ROLES[asked.inherited("setup")[0]].includes(section.inherited("setup")[0]), `${place} setup`);
    assert.equal(section.own("rtcp-mux").length, 1, `${place} rtcp-mux`);
    for (const key of ["ice-ufrag", "ice-pwd", "fingerprint"]) assert.ok(section.inherited(key).length > 0, `${place} ${key}`);
    assert.ok(section.formats.length > 0 && section.formats.every((format) => asked.formats.includes(format)), `${place} formats`);
    for (const format of section.formats) assert.equal(codec(section, format), codec(asked, format), `${place} ${format}`);
    const offered = asked.own("extmap").map(extension);
    for (const map of section.own("extmap")) assert.ok(offered.includes(extension(map)), `${place} extmap ${map}`);
  }
  assert.ok(answer.media[0].own("candidate").length > 0, "candidates");
  assert.ok([...answer.session("ice-lite"), ...answer.media[0].own("ice-lite")].length > 0, "ice-lite");
}

function simulcast(offer, answer) {
  for (const [index, asked] of offer.media.entries()) {
    const wanted = asked.own("simulcast");
    if (wanted.length === 0) continue;
    const given = answer.media[index];
    assert.deepEqual(given.own("simulcast").map((one) => one.replace("recv ", "")), wanted.map((one) => one.replace("send ", "")));
    assert.deepEqual(given.own("rid").map((rid) => rid.split(" ")[0]), asked.own("rid").map((rid) => rid.split(" ")[0]));
    assert.ok(given.own("rid").every((rid) => rid.split(" ")[1] === "recv"));
  }
}

describe("the answer to", () => {
  let server;
  aroundServer((started) => (server = started), () => Promise.all(sessions.splice(0).map(end)));

  for (const name of named(".sdp")) {
    it(name.replace(".sdp", ""), async () => {
      const broadcast = await create(server);
      const { response, session } = await post(broadcast[doorOf(name)], read(name));
      const body = await response.text();
      assert.equal(response.status, 201, body);
      assert.equal(response.headers.get("content-type"), "application/sdp");
      assert.match(response.headers.get("etag"), /^"[^"]+"$/);
      const [offer, answer] = [parse(read(name)), parse(body)];
      acceptable(offer, answer);
      simulcast(offer, answer);
      for (const time of ["once", "twice"]) {
        assert.equal((await end(session)).status, 200, `deleted ${time}`);
      }
      await broadcast.remove();
      await server.empty();
    });
  }

  for (const name of named(".sdpfrag")) {
    it(`the fragment ${name.replace(".sdpfrag", "")}`, async () => {
      const fragment = read(name);
      const restart = name.includes("restart");
      const offer = restart ? read("chromium-publish.sdp") : withCredentialsOf(fragment, read("chromium-publish.sdp"));

      const broadcast = await create(server);
      const { response, session } = await post(broadcast.whip, offer);
      assert.equal(response.status, 201);
      const etag = response.headers.get("etag");
      assert.equal((await patch(session, fragment)).status, 428);
      assert.equal((await patch(session, fragment, '"another"')).status, 412);
      const answered = await patch(session, fragment, restart || name.startsWith("mediamtx") ? "*" : etag);
      assert.equal(answered.status, restart ? 200 : 204, await answered.clone().text());
      if (restart) {
        assert.equal(answered.headers.get("content-type"), "application/trickle-ice-sdpfrag");
        assert.notEqual(answered.headers.get("etag"), etag);
        assert.match(await answered.text(), /a=ice-ufrag:[^]*a=ice-pwd:/);
      } else {
        assert.equal(answered.headers.get("etag"), null);
      }
      assert.equal((await end(session)).status, 200);
      await broadcast.remove();
      await server.empty();
    });
  }
});

// What the page of a real call and the server say to each other is what protocol.md and the schemas say, and what
// only media brings about is told.
import assert from "node:assert/strict";
import { conforms, examples, sameShape } from "../../headless/support/page.mjs";
import { scene } from "../support/scene.mjs";
import { until } from "../support/wait.mjs";

// `42/mediasoup,7["event",…]` is an event that waits for acknowledgement 7, `43/mediasoup,7[…]` is that.
const PACKET = /^4([23])\/mediasoup,(\d*)(\[.*)$/s;
const NEED_MEDIA = ["producer-score", "consumer-layers-changed"];

/** Keeps what a page and the server say over WebSocket. */
function overhear(page) {
  const said = { requests: [], answers: [], notifications: [] };
  const asked = new Map();
  const packet = (text) => {
    const [, kind, id, json] = PACKET.exec(text) ?? [];
    return { kind, id, values: json && JSON.parse(json) };
  };
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      const { kind, id, values } = packet(String(payload));
      if (kind !== "2") return;
      asked.set(id, values[0]);
      said.requests.push(values);
    });
    socket.on("framereceived", ({ payload }) => {
      const { kind, id, values } = packet(String(payload));
      if (kind === "2") said.notifications.push(values);
      if (kind === "3") said.answers.push([asked.get(id), values[0]]);
    });
  });
  return said;
}

scene("a call is as it is written", async (stage, t) => {
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  const heard = [overhear(ann.page), overhear(bob.page)];
  for (const user of [ann, bob]) await user.join("contracts");
  await ann.seesAndHears("Bob");
  await bob.seesAndHears("Ann");
  const all = (kind) => heard.flatMap((said) => said[kind]);
  const told = (event) => all("notifications").filter(([name]) => name === event).map(([, payload]) => payload);
  for (const event of NEED_MEDIA) {
    await until(event, () => told(event).length > 0);
    sameShape(examples(event)[0], told(event)[0], event);
  }
  assert.ok(told("producer-score").some(({ scores }) => scores.some(({ score }) => score > 0)), "something arrives");

  for (const kind of ["requests", "answers", "notifications"]) {
    const events = new Set(all(kind).map(([event]) => event));
    t.diagnostic(`${kind}: ${[...events].join(", ")}`);
    assert.ok(events.size > 3, `${kind} are overheard`);
    for (const [event, payload] of all(kind)) {
      if (payload?.error) conforms("error", null, payload);
      else if (payload !== undefined) conforms(kind, event, payload);
    }
  }
});

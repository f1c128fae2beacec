// The document at /asyncapi.json is valid AsyncAPI 3, by the official parser.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Parser } from "@asyncapi/parser";
import { startServer } from "../support/server.mjs";

// What the parser advises beside validity: 3.1 is out, and adds nothing that is said here.
const ADVICE = ["asyncapi-latest-version"];

describe("/asyncapi.json", () => {
  let server;
  before(async () => (server = await startServer()));
  after(() => server.stop());

  it("is a valid document that pages may fetch", async () => {
    const response = await fetch(`${server.url}/asyncapi.json`, { headers: { origin: "https://app.example" } });
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(response.headers.get("access-control-allow-origin"), "https://app.example");
    const { document, diagnostics } = await new Parser().parse(await response.text());
    const wrong = diagnostics.filter(({ code }) => !ADVICE.includes(code));
    assert.deepEqual(wrong.map(({ code, message, path }) => `${code}: ${message} at ${path.join(".")}`), []);
    assert.equal(document.version(), "3.0.0");
    assert.deepEqual(document.channels().all().map((channel) => channel.address()), ["/mediasoup"]);
    assert.ok(document.operations().filterByReceive().length > 0 && document.operations().filterBySend().length > 0);
  });
});

// What tests have around them: a server of their own, and nothing left of one that failed.
import { after, afterEach, before } from "node:test";
import { removeAll } from "./broadcast.mjs";
import { endAll } from "./client.mjs";
import { startServer } from "./server.mjs";

/**
 * Gives the tests of a `describe` a server with these flags; `close` is done after each, before programs and broadcasts are
 * ended.
 */
export function aroundServer(give, close = async () => {}, ...flags) {
  let server;
  before(async () => give((server = await startServer(...flags))));
  afterEach(async () => {
    await close();
    await endAll();
    await removeAll();
  });
  after(() => server.stop());
}

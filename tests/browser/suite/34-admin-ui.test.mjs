// The official page of @socket.io/admin-ui, as its package brings it, against miso: signing in, the numbers,
// the list of sockets, and disconnecting one.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { scene } from "../support/scene.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const DIST = fileURLToPath(new URL("../node_modules/@socket.io/admin-ui/ui/dist/", import.meta.url));
const KINDS = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png" };
const TOKEN = "an-admin-token-of-the-tests";

/** The page on an origin of its own, as operators have it. */
async function servePage() {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    const file = join(DIST, path === "/" ? "index.html" : path);
    response.setHeader("content-type", KINDS[extname(file)] ?? "application/octet-stream");
    createReadStream(file).on("error", () => response.writeHead(404).end()).pipe(response);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

scene("the admin page of Socket.IO", async (stage) => {
  const server = await startServer("--token", `${TOKEN}:admin`);
  const ui = stage.keep(await servePage());
  try {
    const [ann, bob] = [await stage.user("Ann", "chromium", { server }), await stage.user("Bob", "chromium", { server })];
    await ann.join("tea");
    await bob.join("tea");
    const page = await stage.page("chromium", { viewport: { width: 1280, height: 800 } });
    const shows = (what, pattern) => until(what, async () => pattern.test(await page.evaluate(() => document.body.innerText)), { timeout: 15_000 });
    await page.goto(ui.url);
    const connect = async (password) => {
      await page.getByLabel("Server URL", { exact: true }).fill(server.url);
      await page.getByLabel("Username").fill("operator");
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Connect" }).click();
    };
    await shows("the form", /Server URL/);
    await connect("not-the-token");
    await shows("the refusal", /Invalid credentials/i);
    await connect(TOKEN);
    await shows("the numbers", /WebSocket\s+3\s[\s\S]*HEALTHY\s+1\s/);
    await stage.picture({ page }, "socket-io-admin");

    const go = (where) => page.getByRole("link", { name: where }).click();
    await go("Rooms");
    await shows("the room with both", /tea\s+PUBLIC\s+2/);
    await stage.picture({ page }, "socket-io-admin-rooms");
    await go("Sockets");
    await page.getByRole("row", { name: /127\.0\.0\.1/ }).first().waitFor();
    assert.equal(await page.getByRole("row", { name: /127\.0\.0\.1/ }).count(), 2);
    await stage.picture({ page }, "socket-io-admin-sockets");

    // Whoever is disconnected by an operator comes back by itself, as after any loss.
    await page.getByRole("row", { name: /127\.0\.0\.1/ }).first().getByRole("button").click();
    await go("Events");
    await shows("who came and went", /Disconnection[\s\S]*Room left\s+Room: tea/);
    await stage.picture({ page }, "socket-io-admin-events");
  } finally {
    await server.stop();
  }
});

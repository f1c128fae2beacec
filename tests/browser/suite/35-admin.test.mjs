// The inspector page: a call of two as an operator sees it, 500 peers at once, and what an operator can do.
import assert from "node:assert/strict";
import { io } from "socket.io-client";
import { assertAccessible } from "../support/accessible.mjs";
import { scene } from "../support/scene.mjs";
import { startServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";

const DESK = { viewport: { width: 1280, height: 800 } };
const textOf = (page, id) => page.evaluate((id) => document.querySelector(`[data-testid=${id}]`)?.innerText ?? "", id);
const shows = (page, id, pattern) => until(`${pattern} in ${id}`, async () => pattern.test(await textOf(page, id)), { timeout: 15_000 });
const rowNamed = (page, name) => page.locator(".tree-row", { has: page.locator(".tree-name", { hasText: name }) }).first();

/** The operator's page, with what it needs for `picture` and `assertAccessible`. */
async function operator(stage, server, look = { ...DESK, colorScheme: "light" }) {
  const page = await stage.page("chromium", look);
  await page.goto(`${server.url}/admin`);
  await page.getByTestId("tree").waitFor();
  return { page, name: "the operator" };
}

scene("an operator looks into a call", async (stage) => {
  const { server } = stage;
  const [ann, bob] = [await stage.user("Ann"), await stage.user("Bob")];
  await ann.join("tea");
  await bob.join("tea");
  await ann.seesAndHears("Bob");
  const operating = await operator(stage, server);
  const { page } = operating;

  await shows(page, "overview", /rooms\s+1[\s\S]*peers\s+2[\s\S]*producers\s+4[\s\S]*consumers\s+4/);
  await rowNamed(page, "tea").dblclick();
  await rowNamed(page, "Ann").dblclick();
  await shows(page, "tree", /Transport, send[\s\S]*DTLS connected[\s\S]*Sends audio[\s\S]*Sends video[\s\S]*Transport, receive[\s\S]*Receives video/);
  const flows = async () => /in [1-9]\d* kb\/s|in \d+\.\d Mb\/s/.test((await rowNamed(page, "Sends video").innerText()).replaceAll("\u00a0", " "));
  await until("pictures flow", flows, { timeout: 15_000 });
  await rowNamed(page, "Sends video").click();
  await shows(page, "detail", /codec\s+VP8|codec\s+H264|codec\s+VP9|codec\s+AV1/);
  await shows(page, "detail", /rtpParameters/);
  await stage.picture(operating, "admin-call");
  await assertAccessible(operating, "the inspector");

  await page.getByTestId("search").fill("bob");
  await until("only Bob is shown", async () => (await rowNamed(page, "Bob").count()) === 1 && (await rowNamed(page, "Ann").count()) === 0);
  await page.getByTestId("search").fill("");

  await page.getByRole("button", { name: "Send a notice" }).click();
  await page.getByLabel("What they read").fill("The kitchen closes at six.");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await ann.reads(/The kitchen closes at six\./);

  await rowNamed(page, "Sends video").click();
  await page.getByRole("button", { name: "Close the producer" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close the producer" }).click();
  await until("Ann sends sound alone", async () => /producers\s+3/.test(await textOf(page, "overview")), { timeout: 15_000 });
  await ann.reads(/An operator ended your camera\./);
  const camera = () => ann.page.evaluate(() => document.querySelector("[data-control=camera]").dataset.off);
  assert.equal(await camera(), "true");
  await stage.picture(ann, "admin-ended");
  await ann.press("camera");
  await until("Ann is seen again", async () => /producers\s+4/.test(await textOf(page, "overview")) && (await camera()) === "false", { timeout: 15_000 });

  await rowNamed(page, "Bob").click();
  await page.getByRole("button", { name: "Remove from the room" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove from the room" }).click();
  await until("Ann is alone", async () => (await ann.state()).peers.length === 0, { timeout: 15_000 });
});

scene("the REST interface is read in a browser", async (stage) => {
  const page = await stage.page("chromium", { ...DESK, colorScheme: "light" });
  await page.goto(`${stage.server.url}/docs`);
  await page.getByText("/api/v1/rooms", { exact: false }).first().waitFor();
  await stage.picture({ page }, "rest-docs");
});

scene("500 peers, in every look", async (stage) => {
  const server = await startServer("--sockets-per-address", "0", "--max-connections-per-address", "4000");
  const guests = [];
  const join = (index) => new Promise((resolve, reject) => {
    const socket = io(server.url, { transports: ["websocket"], query: { dialect: "native" }, forceNew: true, reconnection: false });
    guests.push(socket);
    socket.once("connect_error", reject);
    socket.once("connection-success", () => socket.emit("joinRoom", { roomName: `hall ${index % 4}`, displayName: `Guest ${index}` }, resolve));
  });
  try {
    for (let from = 0; from < 500; from += 50) await Promise.all(Array.from({ length: 50 }, (_, index) => join(from + index)));
    for (const [look, options] of Object.entries({
      light: { ...DESK, colorScheme: "light" }, dark: { ...DESK, colorScheme: "dark" },
      phone: { viewport: { width: 390, height: 844 }, colorScheme: "light" },
    })) {
      const operating = await operator(stage, server, options);
      const { page } = operating;
      await shows(page, "overview", /peers\s+500/);
      await page.getByTestId("tree").focus();
      for (const key of ["ArrowDown", "ArrowRight", "ArrowDown", "Enter"]) await page.keyboard.press(key);
      await shows(page, "detail", /connected\s+true/);
      await stage.picture(operating, `admin-500-${look}`);
      await assertAccessible(operating, `the inspector with 500 peers, ${look}`);
      const { rooms } = await (await fetch(`${server.url}/api/v1/rooms`)).json();
      const last = rooms.at(-1).id;
      assert.equal(await rowNamed(page, last).count(), 0, "the last room is far below those who are in the first");
      await page.keyboard.press("End");
      await page.locator(".tree-row.focused", { has: page.locator(".tree-name", { hasText: last }) }).waitFor();
      assert.ok((await page.locator(".tree-row").count()) < 80, "rows out of sight are not there");
      await page.getByTestId("search").fill("guest 499");
      await until("one is found", async () => (await page.locator(".tree-row[data-kind=peer]").count()) === 1);
    }
  } finally {
    for (const guest of guests) guest.close();
    await server.stop();
  }
});

scene("an operator signs in where a token is asked for, and out again", async (stage) => {
  const [token, small] = ["an-admin-token-of-the-tests", "a-token-that-joins-rooms"];
  const server = await startServer("--token", `${token}:admin`, "--token", `${small}:join`);
  try {
    for (const [look, options] of Object.entries({
      light: { ...DESK, colorScheme: "light" }, dark: { ...DESK, colorScheme: "dark" },
      phone: { viewport: { width: 390, height: 844 }, colorScheme: "light" },
    })) {
      const page = await stage.page("chromium", options);
      const signing = { page, name: `who signs in, ${look}` };
      const asked = [];
      page.on("request", (request) => asked.push(request));
      await page.goto(`${server.url}/admin`);
      const field = page.getByLabel("Token");
      await field.waitFor();
      assert.equal(await page.getByRole("alert").innerText(), "", "nothing is wrong yet");
      await assertAccessible(signing, `the sign-in form, ${look}`);
      // By keyboard alone: the field has the focus, and what is wrong with it is said there.
      for (const [wrong, why] of [["not-that-one-but-another", "The server does not accept this token."], [small, /does not grant admin/]]) {
        await page.keyboard.type(wrong);
        await page.keyboard.press("Enter");
        await page.getByRole("alert").getByText(why).waitFor();
        assert.ok(await field.evaluate((one) => one === document.activeElement && one.selectionEnd > 0), "it is typed over");
      }
      await stage.picture(signing, `admin-token-${look}`);
      await assertAccessible(signing, `the sign-in form that refused, ${look}`);
      await page.keyboard.type(token);
      await page.keyboard.press("Enter");
      await shows(page, "overview", /rooms\s+0/);
      assert.ok(asked.every((one) => !one.url().includes(token)), "no address has the token in it");
      assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
      await page.reload();
      await shows(page, "overview", /rooms\s+0/);

      await page.getByRole("button", { name: "Sign out" }).click();
      await field.waitFor();
      assert.equal(await page.evaluate(() => sessionStorage.length), 0);
      await page.reload();
      await field.waitFor();
      await page.close();
    }
  } finally {
    await server.stop();
  }
});

scene("the REST interface is tried with a token", async (stage) => {
  const token = "an-admin-token-of-the-tests";
  const server = await startServer("--token", `${token}:admin`);
  try {
    const page = await stage.page("chromium", { ...DESK, colorScheme: "dark" });
    await page.goto(`${server.url}/docs`);
    const open = async (path) => {
      const operation = page.locator("details.operation", { has: page.getByText(path, { exact: true }) }).first();
      await operation.locator("summary").first().click();
      return operation;
    };
    const rooms = await open("/api/v1/rooms");
    await rooms.getByRole("button", { name: "Ask" }).click();
    await rooms.getByText(/a token is needed/).waitFor();
    await page.getByLabel("Token").fill(token);
    await rooms.getByRole("button", { name: "Ask" }).click();
    await rooms.getByText(/"rooms": \[\]/).waitFor();
    const events = await open("/api/v1/events");
    await events.getByRole("button", { name: "Follow" }).click();
    await events.getByText(/200 OK/).waitFor();
    await stage.picture({ page }, "rest-docs-token");
    await events.getByRole("button", { name: "Stop" }).click();
    await events.getByRole("button", { name: "Follow" }).waitFor();
    // The same token opens the inspector in this tab.
    await page.goto(`${server.url}/admin`);
    await shows(page, "overview", /rooms\s+0/);
  } finally {
    await server.stop();
  }
});

// A miso of our own: started on a free port, stopped at the end, its log at hand when something fails.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { until } from "./wait.mjs";

export const BINARY = process.env.MISO_BIN ?? fileURLToPath(new URL("../../../target/debug/miso", import.meta.url));
const EMPTY = { sockets: 0, addresses: 0, rooms: 0, peers: 0, transports: 0, producers: 0, consumers: 0 };

export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export async function startServer({ workers = 2, flags = [], binary = BINARY, env = {}, tls = "off", port: given, adminToken = null } = {}) {
  const port = given ?? (await freePort());
  const server = new Server(binary, port, tls === "off" ? "http" : "https", [
    ...["--listen", `127.0.0.1:${port}`, "--media-ip", "127.0.0.1"],
    // Null leaves it to a configuration file.
    ...(tls === null ? [] : ["--tls", tls]),
    ...["--media-port", "0", "--workers", String(workers)],
    // A test is many people at one address.
    ...["--requests-per-address", "--joins-per-address"].filter((flag) => !flags.includes(flag)).flatMap((flag) => [flag, "0"]),
    // Asked to end, it ends, whoever is there.
    ...(flags.includes("--drain-timeout") ? [] : ["--drain-timeout", "0"]),
    ...flags,
  ], env);
  server.adminToken = adminToken;
  await server.start();
  return server;
}

class Server {
  /** What looks inside, where the server wants a token for that. */
  adminToken = null;
  #flags;
  #env;
  #child;
  #exit = null;
  #said = [];

  constructor(binary, port, scheme, flags, env) {
    this.binary = binary;
    this.port = port;
    this.url = `${scheme}://127.0.0.1:${port}`;
    this.#flags = flags;
    this.#env = { ...process.env, ...env };
  }

  async start() {
    this.#child = spawn(this.binary, this.#flags, { stdio: ["ignore", "pipe", "pipe"], env: this.#env });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => this.#said.push(text));
    }
    this.#child.once("error", (error) => (this.#exit = error.message));
    // Not "exit": then its last words may still be in the pipe.
    this.#child.once("close", (code, signal) => (this.#exit ??= `exited with ${code ?? signal}`));
    await until(`miso healthy at ${this.url}`, async () => {
      if (this.#exit !== null) throw new Error(`${this.binary}: ${this.#exit}\n${this.log()}`);
      return fetch(`${this.url}/healthz`).then((response) => response.ok, () => false);
    });
  }

  log() {
    return this.#said.join("");
  }

  /** What the process died of, or null while it lives. */
  get exit() {
    return this.#exit;
  }

  async state() {
    const headers = this.adminToken === null ? {} : { authorization: `Bearer ${this.adminToken}` };
    return (await fetch(`${this.url}/debug/state`, { headers })).json();
  }

  /** Every entry of a list of the inspection API. */
  async list(noun, query = "") {
    const found = [];
    for (;;) {
      const response = await fetch(`${this.url}/api/v1/${noun}?limit=1000&offset=${found.length}${query}`);
      const page = await response.json();
      found.push(...page[noun]);
      if (page[noun].length === 0 || found.length >= page.total) return found;
    }
  }

  /** What there is, as a tree, without numbers: they are never twice the same. */
  async rooms() {
    const nouns = ["rooms", "peers", "transports", "producers", "consumers"];
    const [rooms, peers, ...parts] = await Promise.all(nouns.map((noun) => this.list(noun)));
    const [transports, producers, consumers] = parts.map((part) => part.map(({ stats, ...rest }) => rest));
    const of = (all, { id, roomId }) => all.filter((one) => one.peerId === id && one.roomId === roomId);
    const peer = (one) => ({
      id: one.id,
      displayName: one.displayName,
      transports: of(transports, one),
      producers: of(producers, one),
      consumers: of(consumers, one),
    });
    return rooms.map(({ id, worker }) => ({ id, worker, peers: peers.filter(({ roomId }) => roomId === id).map(peer) }));
  }

  /** Waits until nothing is left: neither in rooms and signalling nor in the media workers. */
  async empty(patience = 5_000) {
    let state;
    const left = () => Object.keys(EMPTY).filter((kind) => state[kind] !== 0);
    const inside = () => ["routers", "transports", "producers", "consumers"].filter((kind) => state.engine[kind] !== 0);
    await until(() => `nothing left, but there is ${JSON.stringify(state)}`, async () => {
      state = await this.state();
      return left().length === 0 && inside().length === 0;
    }, patience);
    return state;
  }

  signal(name) {
    this.#child.kill(name);
  }

  async stop() {
    if (this.#exit !== null) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGTERM");
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(patience);
  }
}

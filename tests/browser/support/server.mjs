// A miso of our own: started on a free port, stopped at the end, its log at hand when something fails.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import { until } from "./wait.mjs";

const BINARY = process.env.MISO_BIN ?? fileURLToPath(new URL("../../../target/release/miso", import.meta.url));

/** A TCP port that was free a moment ago. */
async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** An address of this machine for media. Firefox sends nothing to 127.0.0.1: it makes no candidate to pair with it. */
export function mediaAddress() {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

/** Starts miso with a free port for signalling and one for media; gives its address once it is healthy. */
export async function startServer(...flags) {
  const port = await freePort();
  const media = { address: mediaAddress(), port: await freePort() };
  const server = new Server(`http://127.0.0.1:${port}`, media, [
    ...["--listen", `127.0.0.1:${port}`, "--tls", "off"],
    ...["--media-ip", media.address, "--media-port", String(media.port), "--workers", "1"],
    // Asked to end, it ends, whoever is there.
    ...(flags.includes("--drain-timeout") ? [] : ["--drain-timeout", "0"]),
    ...flags,
  ]);
  await server.start();
  return server;
}

class Server {
  #flags;
  #child;
  #exit;
  #said = [];

  /** `media` is where sound and pictures go. */
  constructor(url, media, flags) {
    this.url = url;
    this.media = media;
    this.#flags = flags;
  }

  async start() {
    const child = spawn(BINARY, this.#flags, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => this.#said.push(text));
    }
    this.#child = child;
    this.#exit = null;
    child.once("error", (error) => (this.#exit = error.message));
    // Not "exit": then its last words may still be in the pipe.
    child.once("close", (code, signal) => (this.#exit ??= `exited with ${code ?? signal}`));
    await until(`miso healthy at ${this.url}`, async () => {
      if (this.#exit !== null) throw new Error(`${BINARY}: ${this.#exit}\n${this.log()}`);
      return fetch(`${this.url}/healthz`).then((response) => response.ok, () => false);
    });
  }

  get pid() {
    return this.#child.pid;
  }

  log() {
    return this.#said.join("");
  }

  /** Live counts of every kind of object. */
  async state() {
    return (await fetch(`${this.url}/debug/state`)).json();
  }

  /** Asks it to end; a server that does not within five seconds is ended. */
  async stop(signal = "SIGTERM") {
    if (this.#exit !== null) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill(signal);
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(patience);
  }
}

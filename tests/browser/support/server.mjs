// A miso of our own: started on a free port, stopped at the end, its log at hand when something fails.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
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

/** Starts miso with a free port for signalling and one for media; gives its address once it is healthy. */
export async function startServer(...flags) {
  const [port, media] = [await freePort(), await freePort()];
  const child = spawn(
    BINARY,
    [
      ...["--listen", `127.0.0.1:${port}`, "--tls", "off"],
      ...["--media-ip", "127.0.0.1", "--media-port", String(media), "--workers", "1"],
      ...flags,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => lines.push(text));
  }
  let exit = null;
  child.once("error", (error) => (exit = error.message));
  child.once("exit", (code, signal) => (exit ??= `exited with ${code ?? signal}`));

  const url = `http://127.0.0.1:${port}`;
  const server = {
    url,
    pid: child.pid,
    log: () => lines.join(""),
    /** Live counts of every kind of object. */
    state: async () => (await fetch(`${url}/debug/state`)).json(),
    stop: async () => {
      if (exit !== null) return;
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await new Promise((resolve) => child.once("exit", resolve));
      clearTimeout(patience);
    },
  };
  await until(`miso healthy at ${url}`, async () => {
    if (exit !== null) throw new Error(`${BINARY}: ${exit}\n${server.log()}`);
    return fetch(`${url}/healthz`).then((response) => response.ok, () => false);
  });
  return server;
}

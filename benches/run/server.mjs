// A server of our own for each case, so that no case inherits another's memory.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const options = ({ http, media }) =>
  [
    ["--tls", "off"],
    ["--listen", `127.0.0.1:${http}`],
    ["--media-ip", "127.0.0.1"],
    ["--media-port", String(media)],
    ["--workers", "1"],
    ["--sockets-per-address", "0"],
    ["--peers-per-room", "2000"],
    ["--drain-timeout", "0"],
    ["--log", "warn"],
  ].flat();

/** Starts a server on its core, lets `use` have it, and ends it. */
export async function withServer({ miso, cores, ports }, use) {
  const url = `http://127.0.0.1:${ports.http}`;
  if (await answers(url)) {
    throw new Error(`another program answers at ${url}; choose other ports with --ports`);
  }
  // taskset becomes the server: the process id is the server's.
  const child = spawn("taskset", ["-c", String(cores.server), miso, ...options(ports)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  try {
    await isUp(child, url);
    return await use({ url, pid: child.pid, idleKib: residentKib(child.pid) });
  } finally {
    child.kill("SIGTERM");
    const killed = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    await ended;
    clearTimeout(killed);
  }
}

async function isUp(child, url) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) {
      throw new Error(`the server ended with ${child.exitCode}`);
    }
    if (await answers(url)) {
      // What starting leaves to do, and the check's own connection.
      await sleep(SETTLE_MS);
      return;
    }
    await sleep(50);
  }
  throw new Error("the server does not answer");
}

async function answers(url) {
  const answer = await fetch(`${url}/healthz`).catch(() => undefined);
  return answer?.ok ?? false;
}

function residentKib(pid) {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}

const PATIENCE_MS = 10_000;
const SETTLE_MS = 500;

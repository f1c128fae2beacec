// A server of our own for each case, so that no case inherits another's memory.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export const URL = "http://127.0.0.1:3100";

const ARGUMENTS = [
  ["--tls", "off"],
  ["--listen", "127.0.0.1:3100"],
  ["--media-ip", "127.0.0.1"],
  ["--media-port", "45000"],
  ["--workers", "1"],
  ["--sockets-per-address", "0"],
  ["--peers-per-room", "2000"],
  ["--log", "warn"],
].flat();

/** Starts a server on one core, lets `use` have it, and ends it. */
export async function withServer(binary, core, use) {
  // taskset becomes the server: the process id is the server's.
  const child = spawn("taskset", ["-c", String(core), binary, ...ARGUMENTS], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended = once(child, "exit");
  try {
    await isUp(child);
    return await use({ pid: child.pid, idleKib: residentKib(child.pid) });
  } finally {
    child.kill("SIGTERM");
    const killed = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    await ended;
    clearTimeout(killed);
  }
}

async function isUp(child) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) {
      throw new Error(`the server ended with ${child.exitCode}`);
    }
    const answer = await fetch(`${URL}/healthz`).catch(() => undefined);
    if (answer?.ok) {
      // What starting leaves to do, and the check's own connection.
      await sleep(SETTLE_MS);
      return;
    }
    await sleep(50);
  }
  throw new Error("the server does not answer");
}

/** Resident memory now. */
export function residentKib(pid) {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}

const PATIENCE_MS = 10_000;
const SETTLE_MS = 500;

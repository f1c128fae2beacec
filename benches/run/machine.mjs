// What a table of figures has to say about where it comes from.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { loadavg, release, arch, type } from "node:os";

/** The machine, the build and the command. */
export function machine(options) {
  return {
    cpu: /^model name\s*: (.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? arch(),
    system: `${type()} ${release()} ${arch()}`,
    cores: cores(),
    load: loadavg()[0],
    commit: execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim(),
    command: command(process.argv.slice(2)),
    date: new Date().toISOString().slice(0, 10),
    runs: options.runs,
    gro: options.gro,
  };
}

function command(options) {
  return options.length === 0 ? "make bench" : `make bench ARGS="${options.join(" ")}"`;
}

/** One core for the server, another for the generator: the first and the last we may use. */
function cores() {
  const status = readFileSync("/proc/self/status", "utf8");
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(status)[1];
  const allowed = list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  if (allowed.length < 2) {
    throw new Error("server and generator need a core each");
  }
  return { server: allowed[0], generator: allowed.at(-1) };
}

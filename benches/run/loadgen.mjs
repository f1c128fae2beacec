// `miso bench`: its flags, and what its JSON calls the figures.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { URL } from "./server.mjs";

/** Runs the generator against the server; returns the case's figures. */
export async function generate(load, seconds, { pid }, { miso, cores, gro }) {
  const options = {
    url: URL,
    rooms: load.rooms,
    publishers: load.publishers,
    subscribers: load.subscribers,
    "packets-per-second": load.packetsPerSecond,
    "packet-size": load.packetSize,
    burst: load.burst,
    duration: seconds,
    verify: load.verify,
    loss: load.loss,
    ramp: load.ramp,
    "join-concurrency": load.joinConcurrency,
    pid,
    json: "-",
  };
  const values = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [`--${name}`, String(value)]);
  const flags = [
    ...(load.audioOnly ? ["--audio-only"] : []),
    ...(load.idle ? ["--idle"] : []),
    ...(gro ? ["--gro"] : []),
  ];
  const command = ["-c", String(cores.generator), miso, "bench", ...values, ...flags];
  const { stdout } = await promisify(execFile)("taskset", command, { maxBuffer: 1 << 26 });
  return figures(JSON.parse(stdout));
}

/** The one place that knows the generator's names. Times in ms, sizes in KiB, CPU in µs. */
function figures(report) {
  return report;
}

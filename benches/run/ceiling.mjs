// The bare thread of benches/ceiling, under the load of a case.

import { execFileSync } from "node:child_process";

/** One measurement. */
export function ceiling({ load, kind }, seconds, { benches, cores, gro }) {
  const options = {
    rooms: load.rooms,
    receivers: load.subscribers,
    streams: load.publishers,
    "packets-per-second": load.packetsPerSecond,
    burst: load.burst,
    payload: load.packetSize,
    seconds,
    "sender-core": cores.server,
    "receiver-core": cores.generator,
    json: "-",
  };
  const values = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const flags = [...(kind === "ramp" ? ["--ramp"] : []), ...(gro ? ["--gro"] : [])];
  return JSON.parse(execFileSync(benches.ceiling, [...values, ...flags], { encoding: "utf8" }));
}

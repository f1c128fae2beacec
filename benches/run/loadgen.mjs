// `miso bench`: its flags, and what its JSON calls the figures.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs the generator against the server; returns the case's figures. */
export async function generate(load, seconds, { url, pid }, { miso, cores, gro, quick }) {
  const options = {
    url,
    rooms: load.rooms,
    publishers: load.publishers,
    subscribers: load.subscribers,
    "packets-per-second": load.ramp === undefined ? load.packetsPerSecond : undefined,
    "packet-size": load.packetSize,
    burst: load.burst,
    duration: seconds,
    "warm-up": quick ? 1 : undefined,
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
function figures({ rows, highestRate, joins, memory, correctness, idle, warnings }) {
  const row = decisive(rows, highestRate);
  const { corrupt, outOfOrder, duplicates, undecryptable, pictureIds, foreign } = correctness;
  return {
    expected: row.expected,
    received: row.received,
    lost: row.lost,
    rate: highestRate ?? row.forwardingRate,
    cpu: row.server?.microsPerPacket ?? undefined,
    mediaCpu: row.server?.mediaMicrosPerPacket ?? undefined,
    p50: row.latency.p50Ms,
    p99: row.latency.p99Ms,
    longest: row.latency.maxMs,
    verified: row.verified,
    bad: corrupt + outOfOrder + duplicates + undecryptable + pictureIds + foreign,
    asked: row.retransmissions?.asked,
    never: row.retransmissions?.never,
    joinAll: joins.seconds,
    joinP50: joins.p50Ms,
    joinP99: joins.p99Ms,
    handshakes: joins.handshakesPerSecond,
    gap: joins.longestGapMs ?? undefined,
    addedGap: joins.longestAddedGapMs ?? undefined,
    residentKib: memory.endKib ?? undefined,
    kibPerReceiver: memory.kibPerReceiver ?? undefined,
    busy: idle?.cpuPercent,
    generatorBusy: 100 * row.generator.mediaThreadShare,
    warnings: [...warnings, ...(correctness.first ? [correctness.first] : [])],
  };
}

/** The only window, or the ramp's step that was the highest without loss; its first if none was. */
function decisive(rows, highestRate) {
  return rows.find(({ forwardingRate }) => forwardingRate === highestRate) ?? rows[0];
}

// Results as Markdown for docs/performance.md.

import { cases } from "./cases.mjs";
import { spread } from "./statistics.mjs";

/** Everything. */
export function markdown({ machine, instructions, pieces, cases: outcomes }) {
  const of = (id, figure) => spread((outcomes[id] ?? []).map((outcome) => outcome[figure]));
  return [
    heading(machine),
    section("Forwarding", forwarding(outcomes, of)),
    section("Highest rate", highest(of)),
    section("At half of the highest rate", sustained(outcomes, of)),
    section("Joining and idling", others(outcomes, of)),
    section("Memory", memory(outcomes, of)),
    section("Against the targets", targets(outcomes, of)),
    section("Pieces", timed(pieces)),
    section("Instructions", counted(instructions)),
    section("What makes figures doubtful", doubts(outcomes)),
    section("What failed", failures(outcomes)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function heading({ cpu, system, cores, load, commit, command, date, runs, gro }) {
  const receivers = gro ? "receivers take bursts whole (UDP_GRO)" : "receivers take single datagrams";
  return (
    `\`${command}\`, ${date}, commit ${commit}. ${cpu}, ${system}; server on core ${cores.server}, ` +
    `generator on core ${cores.generator}; ${receivers}. Median of ${runs} (min–max); the machine's ` +
    `load was ${load.toFixed(1)} at the start.`
  );
}

function forwarding(outcomes, of) {
  const rows = measured(outcomes, "forward").map(({ id, title }) => [
    title,
    count(of(id, "received")),
    count(of(id, "lost")),
    number(of(id, "cpu"), 2),
    number(of(id, "ceiling"), 2),
    number(of(id, "ratio"), 2),
    number(of(id, "p50"), 2),
    number(of(id, "p99"), 2),
  ]);
  const columns = ["case", "received", "lost", "CPU µs per forwarded packet", "ceiling µs"];
  return table([...columns, "ratio", "latency p50 ms", "p99 ms"], rows);
}

function highest(of) {
  const rate = of("ramp", "rate");
  if (rate === undefined) {
    return "";
  }
  const columns = ["", "packets/s of one core", "CPU µs per forwarded packet"];
  return table(columns, [
    ["server", count(rate), number(of("ramp", "cpu"), 2)],
    ["ceiling", count(of("ramp", "ceilingRate")), number(of("ramp", "ceiling"), 2)],
  ]);
}

function sustained(outcomes, of) {
  const rows = measured(outcomes, "sustained").map(({ id, title }) => [
    title,
    count(of(id, "rate")),
    count(of(id, "received")),
    count(of(id, "lost")),
    count(of(id, "verified")),
    count(of(id, "bad")),
    count(of(id, "asked")),
    count(of(id, "never")),
    number(of(id, "p99"), 2),
  ]);
  const columns = ["case", "packets/s", "received", "lost", "verified", "wrong"];
  return table([...columns, "asked for again", "never came", "latency p99 ms"], rows);
}

function others(outcomes, of) {
  const rows = [...measured(outcomes, "join"), ...measured(outcomes, "idle")].map(
    ({ id, title }) => [
      title,
      number(of(id, "joinAll"), 2),
      number(of(id, "joinP50"), 0),
      number(of(id, "joinP99"), 0),
      number(of(id, "handshakes"), 0),
      number(of(id, "gap"), 0),
      number(of(id, "addedGap"), 0),
      number(of(id, "busy"), 2),
    ],
  );
  const columns = ["case", "all connected s", "one joins in p50 ms", "p99 ms"];
  return table([...columns, "handshakes/s", "longest gap ms", "added by us", "% of a core"], rows);
}

function memory(outcomes, of) {
  const each = measured(outcomes, "forward").map(({ id, title }) => [
    title,
    mib(of(id, "residentKib")),
    number(of(id, "kibPerReceiver"), 1),
  ]);
  const idle = measured(outcomes, "idle").map(({ id, title }) => [
    title,
    mib(of(id, "residentKib")),
    number(of(id, "kibPerReceiver"), 1),
  ]);
  const rows = [["idle server", mib(idleKib(outcomes)), ""], ...idle, ...each];
  return table(["case", "resident MiB", "KiB per receiver beyond the first 100"], rows);
}

/** Resident KiB of servers nobody has talked to. */
function idleKib(outcomes) {
  return spread(Object.values(outcomes).flat().map(({ idleKib: one }) => one));
}

/** What the issue asks for, and whether the median reaches it. */
function targets(outcomes, of) {
  const rows = cases.flatMap(({ id, title, must }) =>
    Object.entries(must).flatMap(([figure, bound]) => {
      const found = of(id, figure);
      return found === undefined ? [] : [verdict(`${title}: ${NAMES[figure]}`, figure, bound, found)];
    }),
  );
  const more = [
    ["resident MiB of an idle server", 30, scaled(idleKib(outcomes), 1 / 1024)],
    ["cost per packet, N = 1000 ÷ N = 50", 1.15, quotient(outcomes, "n1000-b8", "n50-b8")],
    ["cost per packet, 50 rooms of 20 ÷ one of 1000", 1.15, quotient(outcomes, "rooms-50x20", "n1000-b8")],
  ];
  rows.push(
    ...more.filter(([, , found]) => found).map(([name, bound, found]) => verdict(name, "", bound, found)),
  );
  return table(["figure", "must reach", "reached", ""], rows);
}

function verdict(name, figure, bound, found) {
  const more = figure === "rate";
  const good = more ? found.median >= bound : found.median <= bound;
  return [name, `${more ? "≥" : "≤"} ${bound}`, number(found, bound < 100 ? 2 : 0), good ? "yes" : "no"];
}

function quotient(outcomes, above, below) {
  const pairs = (outcomes[above] ?? []).map(({ cpu }, run) => cpu / outcomes[below]?.[run]?.cpu);
  return spread(pairs);
}

function timed(pieces) {
  const rows = pieces.map(({ name, nanoseconds, low, high }) => [
    name,
    number({ median: nanoseconds, low, high }, 1),
  ]);
  return table(["piece", "CPU ns"], rows);
}

function counted(instructions) {
  const rows = instructions.map(({ name, count: total, per }) => [
    name,
    total.toLocaleString("en"),
    per === undefined ? "" : Math.round(per).toLocaleString("en"),
  ]);
  return table(["function", "instructions", "per forwarded packet"], rows);
}

function failures(outcomes) {
  const failed = Object.entries(outcomes).flatMap(([id, runs]) =>
    runs.filter(({ error }) => error).map(({ error }) => [id, error.replaceAll(/\s+/g, " ")]),
  );
  return table(["case", "why"], failed);
}

function doubts(outcomes) {
  const doubtful = Object.entries(outcomes).flatMap(([id, runs]) =>
    runs.flatMap(({ warnings = [] }, run) => warnings.map((warning) => [id, run + 1, warning])),
  );
  return table(["case", "run", "warning"], doubtful);
}

function measured(outcomes, kind) {
  return cases.filter((one) => one.kind === kind && outcomes[one.id]?.some(({ error }) => !error));
}

function section(title, body) {
  return body === "" ? "" : `## ${title}\n\n${body}`;
}

function table(columns, rows) {
  if (rows.length === 0) {
    return "";
  }
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

/** `median (low–high)`, or the median alone when there is no spread to see. */
function number(of, digits) {
  if (of === undefined) {
    return "–";
  }
  const [middle, low, high] = [of.median, of.low, of.high].map((value) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  return low === high ? middle : `${middle} (${low}–${high})`;
}

const count = (of) => number(of, 0);

const mib = (of) => number(scaled(of, 1 / 1024), 1);

function scaled(of, by) {
  return of && { median: of.median * by, low: of.low * by, high: of.high * by };
}

const NAMES = {
  cpu: "CPU µs per forwarded packet",
  ratio: "times the ceiling",
  p50: "latency p50, ms",
  p99: "latency p99, ms",
  lost: "packets lost",
  bad: "packets wrong, repeated or out of order",
  busy: "% of a core",
  joinAll: "all connected, s",
  kibPerReceiver: "resident KiB per receiver beyond the first 100",
  never: "packets asked for again that never came",
  gap: "longest gap in media, ms",
  rate: "packets/s of one core",
};

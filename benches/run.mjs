// Everything `make bench` measures, in one go: instruction counts, pieces, and the server under the
// load generator, each case beside the bare thread that only copies, seals and sends.
//
//   make bench ARGS="[--runs N] [--quick] [--gro] [--only CASE,...] [--miso BINARY]
//                    [--ports HTTP,MEDIA]"
//
// Prints Markdown for docs/performance.md and writes target/bench/results.json.

import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { build } from "./run/build.mjs";
import { cases, withNeeded } from "./run/cases.mjs";
import { countInstructions } from "./run/instructions.mjs";
import { machine } from "./run/machine.mjs";
import { measureCase } from "./run/measure.mjs";
import { timePieces } from "./run/pieces.mjs";
import { markdown } from "./run/report.mjs";

const RESULTS = "target/bench";
const PARTS = ["instructions", "pieces"];

const options = readOptions();
const wanted = (id) => options.only.length === 0 || options.only.includes(id);
const results = { machine: machine(options), instructions: [], pieces: [], cases: {} };

const benches = build();
if (wanted("instructions")) {
  progress("instruction counts");
  results.instructions = countInstructions(benches.instructions);
}
if (wanted("pieces")) {
  progress("pieces");
  results.pieces = timePieces(benches, results.machine.cores.server, options.quick);
}
const chosen = withNeeded(cases.filter(({ id }) => wanted(id)));
const setting = { ...options, benches, cores: results.machine.cores };
// Run by run, not case by case, so that a neighbour's busy minute does not fall on one case alone.
for (let run = 1; run <= options.runs; run += 1) {
  for (const one of chosen) {
    progress(`run ${run} of ${options.runs}: ${one.id}`);
    const outcome = await measureCase(one, setting, results.cases);
    (results.cases[one.id] ??= []).push(outcome);
    progress(`  ${JSON.stringify(outcome)}`);
    save();
  }
}
save();
console.log(markdown(results));
const failed = Object.values(results.cases).flat().filter(({ error }) => error !== undefined);
process.exitCode = failed.length === 0 ? 0 : 1;

function readOptions() {
  const { values } = parseArgs({
    options: {
      runs: { type: "string" },
      only: { type: "string", default: "" },
      quick: { type: "boolean", default: false },
      gro: { type: "boolean", default: false },
      ports: { type: "string", default: "3100,45000" },
      miso: { type: "string", default: "target/release/miso" },
    },
  });
  const only = values.only.split(",").filter((id) => id !== "");
  const known = [...PARTS, ...cases.map(({ id }) => id)];
  const unknown = only.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    throw new Error(`no such case: ${unknown.join(", ")}; there are ${known.join(", ")}`);
  }
  const [http, media] = values.ports.split(",").map(Number);
  return { ...values, only, ports: { http, media }, runs: Number(values.runs ?? (values.quick ? 1 : 3)) };
}

function save() {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(`${RESULTS}/results.json`, `${JSON.stringify(results, null, 2)}\n`);
}

function progress(text) {
  console.error(`bench: ${text}`);
}

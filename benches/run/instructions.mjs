// Instruction counts of crates/media/benches/instructions.rs.

import { execFileSync } from "node:child_process";

/** Returns `{ name, count, per }`, where `per` is for each packet that came out of the worker. */
export function countInstructions(binary) {
  // The program asks cargo's variables where its results go.
  const environment = { ...process.env, CARGO_TARGET_DIR: "target" };
  const options = ["--bench", "--output-format=json", "--nosummary"];
  const output = execFileSync(binary, options, {
    encoding: "utf8",
    env: environment,
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line)).map(one);
}

function one({ function_name: name, id, profiles }) {
  const callgrind = profiles.find(({ tool }) => tool === "Callgrind");
  const count = callgrind.data.total.metrics.Ir.values.new;
  const receivers = /^to_(\d+)$/.exec(id)?.[1];
  return {
    name: `${name}, ${id}`.replaceAll("_", " "),
    count,
    per: receivers === undefined ? undefined : count / (PICTURE * Number(receivers)),
  };
}

// Packets of the picture that is forwarded.
const PICTURE = 8;

// What is measured, built as it is shipped.

import { execFileSync } from "node:child_process";

const CARGO = process.env.CARGO ?? "cargo";
const COMMON = ["--locked", "--target-dir", "target"];
const MEDIA = ["-p", "media", "--features", "media/fuzzing"];

/** Builds everything; returns the paths of the bench programs by name. */
export function build() {
  const benches = {
    ...executables(["-p", "miso", "--bench", "ceiling"]),
    ...executables([...MEDIA, "--bench", "pieces", "--bench", "worker", "--bench", "instructions"]),
  };
  // Last, because a bench's build leaves a server behind that has what only tests ask for.
  execFileSync(CARGO, ["build", "--release", ...COMMON], { stdio: ["ignore", "inherit", "inherit"] });
  return benches;
}

function executables(what) {
  const format = ["--no-run", "--message-format", "json-render-diagnostics"];
  const output = execFileSync(CARGO, ["bench", ...COMMON, ...what, ...format], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const messages = output.split("\n").filter((line) => line.startsWith("{"));
  const artifacts = messages.map((line) => JSON.parse(line));
  const benches = artifacts.filter(({ target, executable }) => {
    return executable && target.kind.includes("bench");
  });
  return Object.fromEntries(benches.map(({ target, executable }) => [target.name, executable]));
}

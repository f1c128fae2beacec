// Times of crates/media/benches/pieces.rs and worker.rs.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const RESULTS = "target/criterion";

/** Runs both on one core; returns `{ name, nanoseconds, low, high }`. */
export function timePieces({ pieces, worker }, core, quick) {
  const started = Date.now();
  const options = ["--bench", "--noplot", "--quiet", ...(quick ? ["--quick"] : SHORT)];
  for (const binary of [pieces, worker]) {
    execFileSync("taskset", ["-c", String(core), binary, ...options], {
      env: { ...process.env, CRITERION_HOME: RESULTS },
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  const files = readdirSync(RESULTS, { recursive: true })
    .filter((name) => name.endsWith("new/benchmark.json"))
    .map((name) => join(RESULTS, name))
    .filter((name) => statSync(name).mtimeMs >= started);
  return files.map(one).sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

function one(file) {
  const { full_id: name } = JSON.parse(readFileSync(file, "utf8"));
  const estimates = join(dirname(file), "estimates.json");
  const { median } = JSON.parse(readFileSync(estimates, "utf8"));
  const { lower_bound: low, upper_bound: high } = median.confidence_interval;
  return { name, nanoseconds: median.point_estimate, low, high };
}

// CPU time of the thread varies little.
const SHORT = ["--warm-up-time", "1", "--measurement-time", "2", "--sample-size", "30"];

#!/usr/bin/env bash
# Runs fuzz targets for a while each, starting from the committed seeds; fails at the first crash.
#
#   crates/fuzz/smoke.sh [SECONDS [TARGET…]]      30 seconds of every target by default
#
# Needs cargo-fuzz (`cargo install cargo-fuzz --locked`) and the stable toolchain: no sanitizer.
# With one: `RUSTC_BOOTSTRAP=1 FUZZ_FLAGS= crates/fuzz/smoke.sh`.
set -euo pipefail

cd "$(dirname "$0")/../.."
seconds=${1:-30}
shift || true
flags=${FUZZ_FLAGS--s none}
targets=${*:-$(cargo fuzz list --fuzz-dir crates/fuzz)}

# shellcheck disable=SC2086  # flags are words
cargo fuzz build --fuzz-dir crates/fuzz $flags
for target in $targets; do
  corpus=crates/fuzz/corpus/$target
  mkdir -p "$corpus"
  echo "== $target: $seconds s"
  log=crates/fuzz/corpus/$target.log
  status=0
  # shellcheck disable=SC2086
  cargo fuzz run --fuzz-dir crates/fuzz $flags "$target" "$corpus" "crates/fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 -max_len=4096 -print_final_stats=1 \
    >"$log" 2>&1 || status=$?
  grep -E 'number_of_executed_units|average_exec_per_sec|peak_rss_mb' "$log" || true
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log"
    echo "$target failed: the input is in crates/fuzz/artifacts/$target"
    exit 1
  fi
done

#!/bin/sh
# Runs the headless tests. MISO_BIN and MISO_FAULTS_BIN name binaries to test; what is not named is built.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build() {
  cargo build --quiet --manifest-path "$root/Cargo.toml" --bin miso "$@"
}
if [ -z "${MISO_FAULTS_BIN:-}" ]; then
  build --features fault-injection --target-dir "$root/target/faults"
  MISO_FAULTS_BIN=$root/target/faults/debug/miso
fi
if [ -z "${MISO_BIN:-}" ]; then
  build
  MISO_BIN=$root/target/debug/miso
fi
export MISO_BIN MISO_FAULTS_BIN
cd "$here"
[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund
exec npm test --silent

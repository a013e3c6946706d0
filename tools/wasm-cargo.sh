#!/usr/bin/env bash
# Runs cargo for the browser: `tools/wasm-cargo.sh clippy -p frontend -- -D warnings`.
# The toolchain is the one that browser-toolchain.sh finds. It may be another than the one in use for the
# rest, so it has a target folder of its own: neither makes the other compile again.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/browser-toolchain.sh

use_browser_toolchain || {
    echo "Rust cannot compile for the browser yet. Run: make setup" >&2
    exit 1
}
subcommand=$1
shift
exec cargo "$subcommand" --target "$browser_target" --target-dir target/wasm "$@"

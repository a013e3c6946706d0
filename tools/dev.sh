#!/usr/bin/env bash
# Serves the debug build, and builds and starts it again whenever a source file changes.
# It looks once a second for files that are newer than the last build. A file watcher would answer sooner, but
# needs a program to install, and none sees changes on every kind of mounted folder.
# A build that fails leaves the running server alone until the next change.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

watched=(app frontend server src style public migrations tools/bundle Cargo.toml Cargo.lock)
last_build=target/last-development-build
server=

changed() {
    [ -n "$(find "${watched[@]}" -type f -newer "$last_build" -print -quit 2>/dev/null)" ]
}

build() {
    # What is saved while it builds is newer than this, and will be seen.
    touch "$last_build"
    tools/build-bundle.sh --development && cargo build --bin signalbox --locked
}

stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null
        wait "$server" 2>/dev/null
        server=
    fi
}

start() {
    stop
    target/debug/signalbox "$@" &
    server=$!
}

trap stop EXIT
trap 'exit 130' INT TERM
mkdir -p target

if build; then start "$@"; fi
while sleep 1; do
    if changed; then
        echo "Something changed: building again."
        if build; then start "$@"; fi
    fi
done

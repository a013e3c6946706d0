#!/usr/bin/env bash
# Runs every test: Rust's, those in a real browser against the release build, then attacks on it.
# A part that fails does not keep the next from running, but the whole then fails, and says which it was.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

failed=()
part() {
    local name=$1
    shift
    echo "== $name"
    "$@" || failed+=("$name")
}

part "Rust tests" make --no-print-directory test-rust
part "Browser tests" make --no-print-directory test-e2e
# Last, and with nothing beside it: it measures how long answers take.
part "Attacks" make --no-print-directory test-security

if [ ${#failed[@]} -gt 0 ]; then
    printf 'Failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "All tests passed."

#!/usr/bin/env bash
# Makes sure that there are Postgres' programs: the tests start a server of their own, in a temporary folder.
# Tries: Debian's package, which also sets up a server of the system; no test touches that one.
# Already there: initdb, on the PATH or where Debian keeps it.
set -euo pipefail
cd "$(dirname "$0")/.."

for place in /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$place" ]; then exit 0; fi
done
if command -v initdb >/dev/null; then exit 0; fi

exec tools/install-debian-packages.sh postgresql

#!/usr/bin/env bash
# Makes sure that the engines which tests start for themselves are there: Redis and PostgreSQL, the programs only.
# Tries: Debian's packages. No service of theirs is used or touched; tests start their own in temporary folders.
# Already there: redis-server is on the PATH, and postgres too, or where Debian puts it.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
if [ ${#missing[@]} -gt 0 ]; then tools/install-debian-packages.sh "${missing[@]}"; fi

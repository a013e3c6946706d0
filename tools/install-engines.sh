#!/usr/bin/env bash
# Makes sure that the engines which tests start for themselves are there, and the proxy that they put in front: Redis, PostgreSQL and
# nginx, the programs only.
# Tries: Debian's packages. No service of theirs is used, touched or started; tests start their own in temporary folders.
# Already there: redis-server is on the PATH, and postgres and nginx too, or where Debian puts them.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx)
if [ ${#missing[@]} -gt 0 ]; then tools/install-debian-packages.sh "${missing[@]}"; fi

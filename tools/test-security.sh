#!/usr/bin/env bash
# Attacks the release build, on this machine and nowhere else, and says as a table what it bore: made-up requests of each role, slow clients,
# guessed passwords. `tools/test-security.sh slow` runs a part alone; security/__main__.py lists them.
set -euo pipefail
cd "$(dirname "$0")/.."

# A thousand slow clients are a thousand open files, here and in the server.
ulimit -n 4096 2>/dev/null || true
exec python3 tools/security "$@"

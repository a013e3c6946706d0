#!/usr/bin/env bash
# Makes sure that what attacks the server in `make test-security` is there: Python 3.10 or newer, schemathesis, slowhttptest.
# Tries: Debian's packages; schemathesis from PyPI, in an environment of its own.
# Already there: the commands are on the PATH, and the environment is as its list says.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
command -v python3 >/dev/null || missing+=(python3 python3-venv)
command -v slowhttptest >/dev/null || missing+=(slowhttptest)
if [ ${#missing[@]} -gt 0 ]; then tools/install-debian-packages.sh "${missing[@]}"; fi
tools/install-python-packages.sh schemathesis

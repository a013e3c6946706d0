#!/usr/bin/env bash
# Makes sure that the Debian packages named as arguments are installed.
# Tries: apt-get as root, else through sudo, else it prints the command that the person has to run.
# Already there: dpkg calls every one of them installed.
set -euo pipefail

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}\n' "$@" 2>/dev/null | grep -cx installed)" -eq $# ]
}

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi

if ! command -v apt-get >/dev/null; then
    echo "This system has no apt-get. Install what these Debian packages hold, then run make again: $*" >&2
    exit 1
fi
if installed "$@"; then exit 0; fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "Missing packages. Run as root, then run make again: apt-get install $*" >&2
    exit 1
fi

# A package with a service starts it, nginx on port 80. Nobody here needs one: as long as this file is there none is started.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
fi

echo "Installing Debian packages: $*"
export DEBIAN_FRONTEND=noninteractive
# A list that could not be refreshed may still name the packages, so only the installation decides.
"${as_root[@]}" apt-get update -qq || true
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "$@" </dev/null || {
    echo "apt-get could not install them. Install them by hand, then run make again: $*" >&2
    exit 1
}

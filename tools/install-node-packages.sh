#!/usr/bin/env bash
# Makes sure that the npm packages of the folders named as arguments (`tools`, `end2end`, `bench`) are installed, just
# as their package-lock.json says.
# Tries: `npm ci`, without the packages' own install scripts: none of ours needs one.
# Already there: the folder's node_modules keeps a copy of the lock file that it was installed from.
set -euo pipefail
cd "$(dirname "$0")/.."

for folder in "$@"; do
    lock=$folder/package-lock.json
    if cmp --silent "$lock" "$folder/node_modules/.installed-from"; then continue; fi
    echo "Installing npm packages in $folder"
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp "$lock" "$folder/node_modules/.installed-from"
done

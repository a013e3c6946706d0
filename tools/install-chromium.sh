#!/usr/bin/env bash
# Makes sure that there is a Chromium for the browser tests.
# Tries: Debian's package; elsewhere (Ubuntu's package of that name is a snap, which tests cannot start in
# many places) the download by Playwright, whose npm packages must be installed before.
# Already there: the environment's CHROMIUM, one of the paths that playwright.config.ts looks at, or a
# download by Playwright that is complete.
set -euo pipefail
cd "$(dirname "$0")/.."

for browser in "${CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
    if [ -x "$browser" ]; then exit 0; fi
done

if grep -qx 'ID=debian' /etc/os-release 2>/dev/null; then
    exec tools/install-debian-packages.sh chromium
fi

# It leaves at once when it finds its download complete.
(cd end2end && npx playwright install chromium) || {
    echo "Install Chromium, or name it in the environment's CHROMIUM, then run make again." >&2
    exit 1
}

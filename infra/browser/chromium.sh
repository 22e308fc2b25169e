#!/bin/sh
# Installs Chromium for the browser tests where that can be done: as root, with apt-get. Elsewhere it says how, and
# the browser tests are skipped (with CI=true a missing browser fails them).
set -eu
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ -n "${CHROME:-}" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Chromium for the browser tests"
  log=$(mktemp)
  if { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium fonts-noto-core; } >"$log" 2>&1; then
    rm -f "$log"
    exit 0
  fi
  tail -n 5 "$log"
fi
echo "no Chromium: the browser tests will be skipped. Install it (Debian and Ubuntu: apt-get install chromium; Fedora:"
echo "dnf install chromium; macOS: brew install chromium), or set CHROME to a Chrome or Chromium binary."

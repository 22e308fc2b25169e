#!/bin/sh
# Installs Chromium for the browser tests, and the fonts of the golden pictures, where that can be done: as root, with
# apt-get. Elsewhere it says how, and the tests are skipped (with CI=true a missing browser or font fails them).
set -eu
fonts="fonts-inter fonts-dejavu-core fonts-noto-core fonts-noto-color-emoji"
browser=${CHROME:-}
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then browser=$name; fi
done
missing=0
for file in Inter-Regular DejaVuSansMono NotoSansArabic-Regular NotoSansHebrew-Regular NotoColorEmoji; do
  [ -n "$(find /usr/share/fonts -name "$file.*" 2>/dev/null | head -n 1)" ] || missing=1
done
if [ -n "$browser" ] && [ "$missing" = 0 ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Chromium and fonts for the browser tests"
  log=$(mktemp)
  if { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $( [ -n "$browser" ] || echo chromium ) $fonts; } >"$log" 2>&1; then
    rm -f "$log"
    exit 0
  fi
  tail -n 5 "$log"
fi
if [ -n "$browser" ]; then
  echo "the fonts of the golden pictures are missing, so that pictures are not compared: on Debian and Ubuntu"
  echo "apt-get install $fonts"
  exit 0
fi
echo "no Chromium: the browser tests will be skipped. Install it (Debian and Ubuntu: apt-get install chromium; Fedora:"
echo "dnf install chromium; macOS: brew install chromium), or set CHROME to a Chrome or Chromium binary."

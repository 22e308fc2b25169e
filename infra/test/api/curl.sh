#!/bin/sh
# Installs curl, with which the tests run the commands that /docs prints, as readers do, where that can be done: as root, with
# apt-get. Elsewhere it says how, and those tests are skipped (with CI=true a missing curl fails them).
set -eu
if command -v curl >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing curl for the tests of the documentation"
  log=$(mktemp)
  if { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends curl; } >"$log" 2>&1; then
    rm -f "$log"
    exit 0
  fi
  tail -n 5 "$log"
  rm -f "$log"
fi
echo "no curl: the tests of the documentation's commands will be skipped. Install it (Debian and Ubuntu: apt-get install curl;"
echo "Fedora: dnf install curl; macOS has it)."

#!/bin/sh
# Installs what is not Go of the tools of infra/test/callers, a generator of Python clients and Schemathesis, with pip into
# .engines/callers/ (ignored by git). Without Python it says what to do, and those tests are skipped (with CI=true they fail).
set -eu
cd "$(dirname "$0")/../../.."
at=.engines/callers
wanted="openapi-python-client==0.29.1 schemathesis==4.32.5"
if [ "$(cat "$at/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
if ! command -v python3 >/dev/null 2>&1 || ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && apt-get install -y -qq python3 python3-venv >/dev/null || true
  fi
fi
if ! python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
  echo "no Python 3.10 or newer with venv: the tests of generated clients and of Schemathesis will be skipped. Install python3-venv."
  exit 0
fi
rm -rf "$at"
python3 -m venv "$at"
# shellcheck disable=SC2086 # the versions are words of their own
if "$at/bin/pip" install --quiet --disable-pip-version-check $wanted; then
  echo "$wanted" > "$at/installed"
else
  echo "pip cannot fetch $wanted: the tests of generated clients and of Schemathesis will be skipped"
fi

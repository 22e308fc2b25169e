#!/usr/bin/env bash
# MiniStack from PyPI, without Docker, on loopback, in the foreground. Needs Python 3.10 or newer.
#   PORT=4566   INSTALL_ONLY=1 installs into ENGINE_DIR and ends
# Health is at /_ministack/health, the mailbox at /_ministack/ses/messages; POST /_ministack/reset empties it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${ENGINE_DIR:-$here/../../../.engines/ministack}
port=${PORT:-4566}
version=1.5.33
mkdir -p "$dir/tmp" && cd "$dir"
if [ ! -f "venv/.ok-$version" ]; then
  rm -rf venv && "${PYTHON:-python3}" -m venv venv
  venv/bin/pip install -q --disable-pip-version-check "ministack[full]==$version" >&2
  touch "venv/.ok-$version"
fi
[ -z "${INSTALL_ONLY:-}" ] || exit 0
export BIND_HOST=127.0.0.1 GATEWAY_PORT=$port MINISTACK_HOST=127.0.0.1 LAMBDA_EXECUTOR=local TMPDIR=$PWD/tmp
export LOG_LEVEL=${LOG_LEVEL:-WARNING} AWS_EC2_METADATA_DISABLED=true IOT_MTLS_ENABLED=0 # MQTT, on every address
exec venv/bin/ministack

#!/usr/bin/env bash
# moto's server from PyPI, on loopback, in the foreground, with one DynamoDB request at a time: its own threads lose
# updates in transactions. Needs Python 3.10 or newer.
#   PORT=5000   INSTALL_ONLY=1 installs into ENGINE_DIR and ends
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${ENGINE_DIR:-$here/../../../.engines/moto}
version=5.2.1
mkdir -p "$dir" && cd "$dir"
if [ ! -f "venv/.ok-$version" ]; then
  rm -rf venv && "${PYTHON:-python3}" -m venv venv
  venv/bin/pip install -q --disable-pip-version-check "moto[server]==$version" >&2
  touch "venv/.ok-$version"
fi
[ -z "${INSTALL_ONLY:-}" ] || exit 0
cat > serve.py <<'P'
import logging
import os
import threading

from werkzeug.serving import run_simple

from moto.core.common_models import BaseModel
from moto.server import DomainDispatcherApplication, create_backend_app

port = int(os.environ["MOTO_PORT"])
logging.getLogger("werkzeug").setLevel(logging.WARNING)

# Every transaction copies its table, and every copy is kept for the dashboard: gigabytes after some thousand.
tracked = BaseModel.__new__
BaseModel.__new__ = lambda cls, *a, **k: object.__new__(cls) if cls.__module__.startswith("moto.dynamodb") else tracked(cls)

app = DomainDispatcherApplication(create_backend_app)
gate = threading.Lock()


def serve(env, start):
    if not env.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
        return app(env, start)
    with gate:  # the answer is made inside of app()
        return list(app(env, start))


run_simple("127.0.0.1", port, serve, threaded=True)
P
export MOTO_PORT=${PORT:-5000}
exec venv/bin/python serve.py

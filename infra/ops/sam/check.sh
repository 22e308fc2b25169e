#!/usr/bin/env bash
# make sam-check: what AWS's own tools say of the template, and every function built by them for both processors, each
# artifact looked at. The CLI comes from PyPI, into .engines/ (342 MB).
set -euo pipefail
cd "$(dirname "$0")/../../.."
version=1.170.0
venv=.engines/sam/venv
if [ ! -f ".engines/sam/.ok-$version" ]; then
  mkdir -p .engines/sam
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check "aws-sam-cli==$version"
  touch ".engines/sam/.ok-$version"
fi
[ "${1:-}" != install ] || exit 0
export PATH=$PATH:$PWD/$venv/bin # last, so that a newer cfn-lint counts
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1
export CGO_ENABLED=0 GOTOOLCHAIN=go1.26.10 GOFLAGS='-tags=lambda.norpc -ldflags=-s -trimpath -buildvcs=false'

# The three do not find the same.
echo "== sam validate" && sam validate
echo "== sam validate --lint" && sam validate --lint
echo "== cfn-lint $(cfn-lint --version)" && cfn-lint template.yaml functions/*/template.yaml infra/ops/*.yaml
mkdir -p .aws-sam
for architecture in ${ARCHITECTURES:-arm64 x86_64}; do
  folder=.aws-sam/check-$architecture
  echo "== sam build for $architecture"
  sam build --build-dir "$folder" --parameter-overrides "Architecture=$architecture Origin=https://portal.example.com MailFrom=invites@mail.example.com" >"$folder.log" 2>&1 ||
    { tail -20 "$folder.log"; exit 1; }
  "$venv/bin/python" infra/run/template/aliases.py "$folder"
  GOFLAGS='' go run ./infra/ops/sam/artifacts -dir "$folder" -architecture "$architecture"
done

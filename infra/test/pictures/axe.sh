#!/bin/sh
# Fetches axe-core, which judges the pages' accessibility in the tests of infra/test/pictures, with npm into .axe/ (ignored by
# git). Without npm it says what to do, and those tests are skipped (with CI=true they fail).
set -eu
version=4.14.1
sum=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c
cd "$(dirname "$0")/../../.."
file=.axe/axe-$version.min.js
if [ -f "$file" ]; then exit 0; fi
if ! command -v npm >/dev/null 2>&1; then
  echo "no npm, so no axe-core: the accessibility tests will be skipped. Install Node's npm, or put axe-core $version's"
  echo "axe.min.js at $file."
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p .axe
if (cd "$work" && npm pack --silent "axe-core@$version" >/dev/null 2>&1) && tar xzf "$work/axe-core-$version.tgz" -C "$work" package/axe.min.js; then
  if [ "$(sha256sum "$work/package/axe.min.js" | cut -d' ' -f1)" != "$sum" ]; then
    echo "axe-core $version is not what it was when its sum was written down; not used"
    exit 1
  fi
  mv "$work/package/axe.min.js" "$file"
else
  echo "npm cannot fetch axe-core $version: the accessibility tests will be skipped"
fi

#!/bin/sh
# Installs n8n from npm into .engines/n8n (ignored by git, some 1.5 GB) for the test of infra/run/realn8n, unless it is there.
# No package's install script runs, but that of sqlite3, whose binding is fetched or compiled (g++, make, python3).
set -eu
version=1.123.81 # the last of the 1.x, which Node 20 runs; 2.x wants Node 22 or 24
cd "$(dirname "$0")/../../.."
dir=.engines/n8n
if [ -f "$dir/complete-$version" ]; then exit 0; fi
command -v npm >/dev/null 2>&1 || { echo "n8n needs Node 20.19 or newer with npm; neither is here"; exit 1; }
mkdir -p "$dir"
# xlsx is asked for from a host that is not the registry; the registry's own version serves as well here.
cat > "$dir/package.json" <<JSON
{"private": true, "dependencies": {"n8n": "$version"}, "overrides": {"xlsx": "0.18.5"}}
JSON
(cd "$dir" && npm install --ignore-scripts --no-audit --no-fund --omit=dev --loglevel=error)
(cd "$dir/node_modules/sqlite3" && { ../.bin/prebuild-install -r napi || { headers=$(dirname "$(dirname "$(command -v node)")"); if [ -d "$headers/include/node" ]; then ../.bin/node-gyp rebuild --nodedir="$headers"; else ../.bin/node-gyp rebuild; fi; }; })
touch "$dir/complete-$version"

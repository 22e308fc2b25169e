#!/usr/bin/env bash
# Keycloak, from Maven Central, unpacked: prints the folder. The test that signs in at it starts and stops it, on loopback. Needs Java 17,
# Maven and unzip.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${ENGINE_DIR:-$here/../../../.engines/keycloak}
version=26.0.7
mkdir -p "$dir" && cd "$dir"
if [ ! -f "keycloak-$version/.ok" ]; then
  rm -rf "keycloak-$version"
  mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" -DoutputDirectory=. >&2
  unzip -q "keycloak-quarkus-dist-$version.zip" && rm "keycloak-quarkus-dist-$version.zip"
  touch "keycloak-$version/.ok"
fi
cd "keycloak-$version" && pwd

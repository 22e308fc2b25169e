#!/usr/bin/env bash
# ElasticMQ from Maven Central: SQS in memory, on loopback, in the foreground. Needs Java 17 and Maven.
#   PORT=9324   INSTALL_ONLY=1 installs into ENGINE_DIR and ends
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${ENGINE_DIR:-$here/../../../.engines/elasticmq}
port=${PORT:-9324}
version=1.7.1
mkdir -p "$dir" && cd "$dir"
if [ ! -f "lib/.ok-$version" ]; then
  cat > pom.xml <<P
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>elasticmq</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>org.elasticmq</groupId><artifactId>elasticmq-server_3</artifactId><version>$version</version>
  </dependency></dependencies>
</project>
P
  rm -rf lib
  mvn -B -q dependency:copy-dependencies -DoutputDirectory=lib -DincludeScope=runtime >&2
  touch "lib/.ok-$version"
fi
[ -z "${INSTALL_ONLY:-}" ] || exit 0
cat > elasticmq.conf <<C
include classpath("reference.conf")
node-address { protocol = http, host = "127.0.0.1", port = $port, context-path = "" }
rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = $port, sqs-limits = strict }
rest-stats { enabled = false }
aws { region = us-east-1, accountId = 000000000000 }
generate-node-address = false
pekko.http.server.parsing.ignore-illegal-header-for = ["authorization"]
C
exec java -Xmx256m -Dconfig.file=elasticmq.conf -cp 'lib/*' org.elasticmq.server.Main

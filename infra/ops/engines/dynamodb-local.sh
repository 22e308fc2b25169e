#!/usr/bin/env bash
# DynamoDB Local, AWS's own, from Maven Central: in memory, on loopback, in the foreground. Needs Java 17 and Maven.
#   PORT=8000   INSTALL_ONLY=1 installs into ENGINE_DIR and ends
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${ENGINE_DIR:-$here/../../../.engines/dynamodb-local}
version=3.3.1
sdk=2.54.15 # the release names AWS SDK 2.48.3, of which four artifacts are not to be had: the BOM lifts all of them
mkdir -p "$dir" && cd "$dir"
if [ ! -f "lib/.ok-$version-$sdk" ]; then
  cat > pom.xml <<P
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>dynamodb-local</artifactId><version>1</version><packaging>pom</packaging>
  <dependencyManagement><dependencies><dependency>
    <groupId>software.amazon.awssdk</groupId><artifactId>bom</artifactId><version>$sdk</version><type>pom</type><scope>import</scope>
  </dependency></dependencies></dependencyManagement>
  <dependencies><dependency>
    <groupId>software.amazon.dynamodb</groupId><artifactId>DynamoDBLocal</artifactId><version>$version</version>
  </dependency></dependencies>
</project>
P
  rm -rf lib
  mvn -B -q dependency:copy-dependencies -DoutputDirectory=lib -DincludeScope=runtime >&2
  touch "lib/.ok-$version-$sdk"
fi
# The server has no option for the address and would listen on all of them: this launcher narrows it.
if [ ! -f Loopback.class ] || [ "lib/.ok-$version-$sdk" -nt Loopback.class ]; then
  cat > Loopback.java <<'J'
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

public class Loopback {
  public static void main(String[] args) throws Exception {
    DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(args);
    var server = DynamoDBProxyServer.class.getDeclaredField("server");
    server.setAccessible(true);
    for (Connector c : ((Server) server.get(proxy)).getConnectors()) ((ServerConnector) c).setHost("127.0.0.1");
    proxy.safeStart();
    proxy.join();
  }
}
J
  javac -cp 'lib/*' Loopback.java
fi
[ -z "${INSTALL_ONLY:-}" ] || exit 0
exec env DDB_LOCAL_TELEMETRY=0 java -Xmx512m -Djava.library.path=lib -cp '.:lib/*' Loopback \
  -inMemory -sharedDb -disableTelemetry -port "${PORT:-8000}"

#!/usr/bin/env bash
# LocalStack without Docker: the community edition 4.14.0, the last that starts without a token, from PyPI, on
# loopback, in the foreground. Needs Python 3.12 or 3.13, Java 17 and Maven.
#   PORT=4566   INSTALL_ONLY=1 installs into ENGINE_DIR and ends
#
# Its DynamoDB is DynamoDB Local, which it would download; here it is the one that infra/ops/engines/dynamodb-local.sh
# installs from Maven Central.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
engines=$(cd "$here/../../.." && pwd)/.engines
dir=${ENGINE_DIR:-$engines/localstack}
dynamodb=${DYNAMODB_DIR:-$engines/dynamodb-local}
port=${PORT:-4566}
version=4.14.0
mkdir -p "$dir" "$dynamodb" && dir=$(cd "$dir" && pwd) && dynamodb=$(cd "$dynamodb" && pwd) && cd "$dir"

# The package says Python 3.10 or newer; its sources need 3.12 (PEP 695).
python=
for p in ${PYTHON:-} "$HOME"/.pyenv/versions/3.13.*/bin/python "$HOME"/.pyenv/versions/3.12.*/bin/python python3.13 python3.12; do
  if command -v "$p" >/dev/null; then python=$p; break; fi
done
[ -n "$python" ] || { echo "LocalStack needs Python 3.12 or 3.13: set PYTHON" >&2; exit 1; }
if [ ! -f "venv/.ok-$version" ]; then
  rm -rf venv && "$python" -m venv venv
  # Held back are three that moved on since: cbor2 6 lost a module, pyOpenSSL 26 a method, the fork of twisted 26 wants
  # what is not installed.
  venv/bin/pip install -q --disable-pip-version-check "localstack-core[runtime]==$version" 'cbor2<6' 'pyopenssl<26' 'localstack-twisted<26' >&2
  touch "venv/.ok-$version"
fi
INSTALL_ONLY=1 ENGINE_DIR="$dynamodb" "$here/../engines/dynamodb-local.sh"

# What it takes for its own downloads: the marker of DynamoDB Local, a java that starts ours, and a Lambda runtime.
lib=$dir/fs/var/lib/localstack/lib
mkdir -p "$lib/dynamodb-local/2/DynamoDBLocal_lib" "$lib/java/21/bin" "$lib/lambda-runtime/v0.1.41-pre/x86_64/var/rapid"
touch "$lib/dynamodb-local/2/DynamoDBLocal.jar" "$lib/lambda-runtime/v0.1.41-pre/x86_64/var/rapid/init"
cat > "$lib/java/21/bin/java" <<J
#!/usr/bin/env bash
real=$(readlink -f "$(command -v java)")
case " \$* " in
*/DynamoDBLocal.jar\ *)
  while [ "\$1" != -jar ]; do shift; done
  shift 2
  exec "\$real" -Xmx512m -Djava.library.path=$dynamodb/lib -cp "$dynamodb:$dynamodb/lib/*" Loopback -disableTelemetry "\$@" ;;
*) exec "\$real" "\$@" ;;
esac
J
chmod +x "$lib/java/21/bin/java"
[ -z "${INSTALL_ONLY:-}" ] || exit 0

export OVERRIDE_IN_DOCKER=0 # a /.dockerenv would have it write to /var/lib/localstack
export FILESYSTEM_ROOT=$dir/fs GATEWAY_LISTEN=127.0.0.1:$port LOCALSTACK_HOST=127.0.0.1:$port
export SERVICES=${SERVICES:-dynamodb,sqs,sns,events,scheduler,ssm,secretsmanager,cloudformation,ses,iam,sts,s3,lambda,kms,logs}
export SQS_ENDPOINT_STRATEGY=path # otherwise the URLs of queues carry a name that only public DNS resolves
export DYNAMODB_IN_MEMORY=1 DYNAMODB_REMOVE_EXPIRED_ITEMS=0
export DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 DNS_ADDRESS=0 # nothing calls out, and no DNS server starts
export EAGER_SERVICE_LOADING=0 LS_LOG=${LS_LOG:-info}
cat > serve.py <<'P'
# GATEWAY_LISTEN's host counts for IPv6 only; this has it count for IPv4 too.
import functools

from twisted.internet import endpoints

endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")

# Without Docker a function can be made and never invoked; making one would otherwise look for an image.
from localstack.services.lambda_.invocation import docker_runtime_executor

docker_runtime_executor.DockerRuntimeExecutor.prepare_version = classmethod(lambda cls, version: None)

from localstack.runtime.main import main

main()
P
exec venv/bin/python serve.py

#!/bin/sh
# What sam local needs where there is no registry to pull images from: a Docker engine (Debian's docker.io), where none
# answers, and a base image of 2 MB for static binaries, made of busybox. As root; it may be run again.
#   LOOPBACK_PORTS="4566"   ports of this machine's loopback that containers reach at host.docker.internal
set -eu
image=latchkey-lambda:base
state=${STATE:-/var/tmp/latchkey-sam}
export DEBIAN_FRONTEND=noninteractive
mkdir -p "$state"

need=
command -v dockerd >/dev/null 2>&1 || docker info >/dev/null 2>&1 || need="docker.io iptables"
dpkg -s busybox-static >/dev/null 2>&1 || need="$need busybox-static"
if [ -n "$need" ]; then
  apt-get update -q >"$state/apt.log" 2>&1
  # shellcheck disable=SC2086
  apt-get install -q -y --no-install-recommends $need >>"$state/apt.log" 2>&1 || { tail -20 "$state/apt.log" >&2; exit 1; }
fi

if ! docker info >/dev/null 2>&1; then
  setsid nohup dockerd --pidfile /var/run/docker.pid >"$state/dockerd.log" 2>&1 </dev/null &
  tries=0
  until docker info >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -le 120 ] || { tail -20 "$state/dockerd.log" >&2; exit 1; }
    sleep 0.5
  done
  echo "docker was started: end it with kill $(cat /var/run/docker.pid)"
fi

if ! docker image inspect "$image" >/dev/null 2>&1; then
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  mkdir -p "$root/bin" "$root/tmp" "$root/opt" "$root/etc/ssl/certs" "$root/var/task" "$root/var/runtime" "$root/var/rapid"
  chmod 755 "$root" && chmod 1777 "$root/tmp"
  cp /bin/busybox "$root/bin/busybox"
  for applet in sh mv chmod; do ln -s busybox "$root/bin/$applet"; done # what the CLI's own Dockerfile calls
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  if [ -r /etc/ssl/certs/ca-certificates.crt ]; then cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"; fi
  # What the CLI derives from the base is not made anew by itself.
  docker image rm -f latchkey-lambda:rapid-x86_64 >/dev/null 2>&1 || true
  tar -C "$root" -c . | docker import --change 'ENV PATH=/bin LANG=en_US.UTF-8 LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime' \
    --change 'WORKDIR /var/task' - "$image" >/dev/null
fi

# sam local watches each function's folder with an instance of its own; the usual 128 are fewer than there are functions.
if [ "$(cat /proc/sys/fs/inotify/max_user_instances)" -lt 1024 ]; then sysctl -q -w fs.inotify.max_user_instances=1024; fi

gateway=$(ip -4 -o addr show docker0 | awk '{sub("/.*", "", $4); print $4; exit}')
for port in ${LOOPBACK_PORTS:-}; do
  sysctl -q -w net.ipv4.conf.docker0.route_localnet=1
  set -- PREROUTING -i docker0 -d "$gateway" -p tcp --dport "$port" -j DNAT --to-destination "127.0.0.1:$port"
  iptables -t nat -C "$@" 2>/dev/null || iptables -t nat -A "$@"
done

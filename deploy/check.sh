#!/usr/bin/env bash
# The files of this folder as the programs that read them see them. Each says what it checked.
set -euo pipefail
cd "$(dirname "$0")"
PATH="$PWD/.venv/bin:$PATH:/usr/sbin"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

hadolint Dockerfile
echo "Dockerfile: hadolint finds nothing"

# Built where there is an engine, started as compose does, and asked whether it is well.
if docker info >/dev/null 2>&1; then
    docker build --quiet --tag miso:check --file Dockerfile ..
    container=$(docker run --detach miso:check)
    trap 'docker rm --force "$container" >/dev/null; rm -rf "$work"' EXIT
    tries=30
    until docker exec "$container" /usr/local/bin/miso health; do
        ((tries--)) || { docker logs "$container"; exit 1; }
        sleep 1
    done
    echo "Dockerfile: built, and the container is healthy"
else
    echo "Dockerfile: NOT BUILT, there is no engine here"
fi

check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml
echo "compose.yaml: as the compose specification has it"

# The unit with a program that is there, as an installation has one.
mkdir "$work/unit"
sed "s,^ExecStart=/usr/bin/miso ,ExecStart=$(command -v true) ,; /^Documentation=/d" miso.service > "$work/unit/miso.service"
systemd-analyze verify "$work/unit/miso.service"
exposure=$(systemd-analyze security --offline=true --threshold=20 "$work/unit/miso.service" | tail -1)
echo "miso.service: ${exposure#→ }; 2.0 at most"

# HAProxy reads the certificate, too.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=sfu.example.org \
    -keyout "$work/pem" -out "$work/cert" 2>/dev/null
cat "$work/cert" >> "$work/pem"
sed "s,/etc/haproxy/sfu.example.org.pem,$work/pem," haproxy/haproxy.cfg > "$work/haproxy.cfg"
haproxy -c -q -f "$work/haproxy.cfg"
echo "haproxy.cfg: understood"
# nginx is run: tests/headless/suite/nginx.test.mjs.

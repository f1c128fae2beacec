#!/usr/bin/env bash
# Makes a certificate for development, signed by an authority of its own, beside this script.
#
#   certs/make-dev-cert.sh [NAME_OR_IP…]      localhost, 127.0.0.1 and ::1 are always in it
#
# Import dev-ca.pem on the devices that shall trust it.
set -euo pipefail
cd "$(dirname "$0")"
umask 077

names=DNS:localhost,IP:127.0.0.1,IP:::1
for name in "$@"; do
  case $name in
    *:* | [0-9]*.[0-9]*.[0-9]*.[0-9]*) names=$names,IP:$name ;;
    *) names=$names,DNS:$name ;;
  esac
done

if [ ! -f dev-ca.pem ] || [ ! -f dev-ca-key.pem ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
    -subj "/CN=miso development authority" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout dev-ca-key.pem -out dev-ca.pem
fi

request=$(mktemp) extensions=$(mktemp)
trap 'rm -f "$request" "$extensions"' EXIT
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=miso development" \
  -keyout dev-key.pem -out "$request"
cat >"$extensions" <<END
subjectAltName=$names
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
END
# Apple devices refuse more than 825 days.
openssl x509 -req -in "$request" -CA dev-ca.pem -CAkey dev-ca-key.pem -days 397 \
  -set_serial "0x$(openssl rand -hex 16)" -extfile "$extensions" -out dev-cert.pem

echo "miso --tls certs/dev-cert.pem,certs/dev-key.pem      for $names"

#!/bin/sh
# Makes the Secret `sanwang` once: key and passwords as deploy/compose/first-start.sh makes them. Put your ClickHouse's
# password in their place if it has one already, and keep hash.key apart: it cannot be made again.
#   sh deploy/kubernetes/secrets.sh [--dry-run=client --output=yaml]
set -eu
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
SECRETS=$folder sh "$(dirname "$0")/../compose/first-start.sh" >&2
kubectl create secret generic sanwang --namespace sanwang \
    --from-file="$folder/worker/hash.key" --from-file="$folder/worker/clickhouse_password" "$@"

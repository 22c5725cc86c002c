#!/bin/sh
# Each file /run/secrets/NOTIFIER_… is a setting: secrets come by files, so that no description of the container shows them.
set -eu
for file in "${SECRETS:-/run/secrets}"/NOTIFIER_*; do
    [ -f "$file" ] || continue
    export "${file##*/}=$(cat "$file")"
done
exec "$@"

#!/bin/sh
# Runs the official SDKs against a scripted sandbox: tests/sdk/run.sh path/to/atlas-sandbox
# Needs node 20 and, once, the packages of package-lock.json (npm ci runs when they are missing).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sandbox=${1:?usage: run.sh path/to/atlas-sandbox}
state=$(mktemp -d)
sandbox_pid=
finish() {
    [ -z "$sandbox_pid" ] || kill "$sandbox_pid" 2>/dev/null || true
    [ -z "$sandbox_pid" ] || wait "$sandbox_pid" 2>/dev/null || true
    rm -rf "$state"
}
trap finish EXIT INT TERM

[ -d "$here/node_modules/openai" ] || (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund >&2)

"$sandbox" --mode scripted --state-dir "$state" >"$state/ready.json" 2>"$state/log" &
sandbox_pid=$!
tries=0
until [ -s "$state/ready.json" ]; do
    kill -0 "$sandbox_pid" 2>/dev/null || { cat "$state/log" >&2; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || { echo "the sandbox did not become ready" >&2; exit 1; }
    sleep 0.1
done
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$state/ready.json")

export NODE_EXTRA_CA_CERTS="$state/ca.pem" SANDBOX_URL="https://localhost:$port"
node "$here/sdk_conformance.mjs"
node "$here/wire_faults.mjs"

#!/bin/sh
# Runs the official SDKs against a scripted sandbox, checks every fault on the wire, and that the sandbox ends when it
# is told to: tests/sdk/run.sh path/to/atlas-sandbox
# Needs node 20 and the packages of package-lock.json (npm ci runs when they are missing).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sandbox=${1:?usage: run.sh path/to/atlas-sandbox}
state=$(mktemp -d)
sandbox_pid='' clients_pid=''
end() { [ -z "$1" ] || { kill "$1" 2>/dev/null && wait "$1" 2>/dev/null; } || true; }
finish() {
    end "$clients_pid"
    end "$sandbox_pid"
    rm -rf "$state"
}
trap finish EXIT
trap 'exit 1' INT TERM

# wait_for PID WHAT COMMAND…: until the command succeeds; 20 seconds at most, and while the process lives.
wait_for() {
    pid=$1 what=$2 tries=0
    shift 2
    until "$@"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 200 ] || ! kill -0 "$pid" 2>/dev/null; then
            cat "$state/log" >&2
            echo "$what did not happen" >&2
            exit 1
        fi
        sleep 0.1
    done
}

[ -d "$here/node_modules/openai" ] || (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund >&2)

"$sandbox" --mode scripted --state-dir "$state" >"$state/ready.json" 2>"$state/log" &
sandbox_pid=$!
wait_for "$sandbox_pid" "the start of the sandbox" grep -q ready "$state/ready.json"
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$state/ready.json")

export NODE_EXTRA_CA_CERTS="$state/ca.pem" SANDBOX_URL="https://localhost:$port"
node "$here/sdk_conformance.mjs"
node "$here/wire_faults.mjs"

node "$here/open_sockets.mjs" >"$state/open" &
clients_pid=$!
wait_for "$clients_pid" "the opening of sockets" grep -q open "$state/open"
kill -TERM "$sandbox_pid"
gone() { ! kill -0 "$sandbox_pid" 2>/dev/null; }
wait_for "$clients_pid" "the end of the sandbox" gone
code=0
wait "$sandbox_pid" || code=$?
sandbox_pid=''
if [ "$code" -ne 0 ] || grep -q "Sanitizer" "$state/log"; then
    cat "$state/log" >&2
    echo "the sandbox ended with exit code $code" >&2
    exit 1
fi
echo "the sandbox ends when told to, with everything open"

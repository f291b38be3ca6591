#!/usr/bin/env bash
# script/server says what is wrong before it builds anything: half a set of keys, a port that is none, a port
# that is taken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
unset DEEPGRAM_API_KEY ANTHROPIC_API_KEY OPENAI_API_KEY ATLAS_PORT
failures=0

# refuses COMPLAINT NAME=VALUE...: script/server in this environment ends at once with this complaint.
refuses() {
    local complaint=$1 output status=0
    shift
    output=$(timeout 20 env "$@" script/server 2>&1 </dev/null) || status=$?
    if [ "$status" -ne 1 ] || [[ $output != *"$complaint"* ]]; then
        printf '%s\n' "with $*: expected status 1 and '$complaint'" "  got $status and: $output"
        failures=$((failures + 1))
    fi
}

refuses 'not: DEEPGRAM_API_KEY ANTHROPIC_API_KEY' OPENAI_API_KEY=x
refuses 'not: OPENAI_API_KEY' DEEPGRAM_API_KEY=x ANTHROPIC_API_KEY=x
refuses "must be a port number, not 'http'" ATLAS_PORT=http
refuses "must be a port number, not '70000'" ATLAS_PORT=70000

# A listener on any free port, which it names before it waits to be ended.
coproc listener {
    python3 -u -c 'import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1])
sys.stdin.read()'
}
read -r port <&"${listener[0]}"
refuses "port $port of 127.0.0.1 is taken" "ATLAS_PORT=$port"

if [ "$failures" -gt 0 ]; then
    echo "server: $failures wrong answers"
    exit 1
fi
echo "server: refuses what cannot work"

#!/usr/bin/env bash
# Proves that check.sh finds a forbidden include: each line below is put into a checkout of its own that is
# otherwise clean, and must lead to the verdict beside it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# expect VERDICT FILE INCLUDE: VERDICT is "ok" or a part of the complaint.
expect() {
    local verdict=$1 file=$2 include=$3 output status=0
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/include/atlas/audio" "$tree/$(dirname "$file")"
    echo '#include <vector>' >"$tree/include/atlas/audio/clean.hpp"
    printf '// a comment\n#include %s\n' "$include" >"$tree/$file"
    output=$("$here/check.sh" "$tree") || status=$?
    if [ "$verdict" = ok ]; then
        if [ "$status" -eq 0 ]; then return; fi
    elif [ "$status" -eq 1 ] && [[ $output == *"$file:2: "*"$verdict"* ]]; then
        return
    fi
    echo "$file with $include: expected '$verdict', got status $status and: $output"
    failures=$((failures + 1))
}

expect ok src/conversation/talk.cpp '<variant>'
expect ok src/conversation/talk.cpp '"atlas/conversation/events.hpp"'
expect ok src/conversation/talk.cpp '"conversation/private.hpp"'
expect ok src/providers/openai/speech.cpp '"../listener.hpp"'
expect ok src/net/http_client.cpp '<curl/curl.h>'
expect ok src/net/socket.cpp '<sys/socket.h>'
expect ok src/net/stream.hpp '<boost/beast/core.hpp>'
expect ok src/call/call.cpp '"atlas/providers/language_model.hpp"'
expect ok src/main.cpp '"atlas/server/gateway.hpp"'
expect ok include/atlas/net/loop.hpp '<functional>'
expect ok tools/call/main.cpp '<CLI/CLI.hpp>'

# An arrow that points back, or across.
expect 'audio may not include atlas/net/loop.hpp' include/atlas/audio/ring.hpp '"atlas/net/loop.hpp"'
expect 'conversation may not include atlas/audio/ring.hpp' src/conversation/talk.cpp '"atlas/audio/ring.hpp"'
expect 'net may not include atlas/call/call.hpp' src/net/listener.cpp '"atlas/call/call.hpp"'
expect 'providers may not include atlas/conversation/events.hpp' src/providers/deepgram/v2.cpp '<atlas/conversation/events.hpp>'
expect 'call may not include atlas/server/config.hpp' src/call/call.cpp '"atlas/server/config.hpp"'
expect 'server may not include the private header net/stream.hpp' src/server/gateway.cpp '"net/stream.hpp"'
expect 'server may not include ../net/stream.hpp' src/server/gateway.cpp '"../net/stream.hpp"'
expect 'net may not include ../../tools/sandbox/report.hpp' src/net/tls.cpp '"../../tools/sandbox/report.hpp"'
expect 'call may not include support/fake_caller.hpp' src/call/call.cpp '"support/fake_caller.hpp"'
expect 'tools/sandbox may not include atlas/net/sse_parser.hpp' tools/sandbox/sse.cpp '"atlas/net/sse_parser.hpp"'

# A library in the wrong folder, or in a header.
expect 'conversation may not include the library header nlohmann/json.hpp' src/conversation/talk.cpp '<nlohmann/json.hpp>'
expect 'audio may not include the library header sys/socket.h' src/audio/ring.cpp '<sys/socket.h>'
expect 'providers may not include the library header curl/curl.h' src/providers/openai/speech.cpp '<curl/curl.h>'
expect 'call may not include the library header boost/beast' src/call/call.cpp '<boost/beast/websocket.hpp>'
expect 'no public header may include boost/beast' include/atlas/net/websocket.hpp '<boost/beast/websocket.hpp>'
expect 'no public header may include curl/curl.h' include/atlas/net/http_client.hpp '<curl/curl.h>'
expect 'no public header may include nlohmann/json.hpp' include/atlas/protocol/codec.hpp '<nlohmann/json.hpp>'
expect 'no public header may include spdlog/spdlog.h' include/atlas/observe/log.hpp '  <spdlog/spdlog.h>'

# An empty tree proves nothing, and a new folder has to be given its rule.
rm -rf "${tree:?}"/*
if "$here/check.sh" "$tree" >/dev/null 2>&1; then echo "an empty tree passed"; failures=$((failures + 1)); fi
mkdir -p "$tree/src/util" && echo '#include <vector>' >"$tree/src/util/things.cpp"
if "$here/check.sh" "$tree" >/dev/null 2>&1; then echo "a folder without a rule passed"; failures=$((failures + 1)); fi

if [ "$failures" -gt 0 ]; then
    echo "layers: check.sh gave $failures wrong verdicts"
    exit 1
fi
echo "layers: check.sh gives the right verdicts"

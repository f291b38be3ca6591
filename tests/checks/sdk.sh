#!/usr/bin/env bash
# The services' own client libraries against the sandbox. They need node 20, which Debian 12 does not have:
# with an older one this is skipped, visibly.
#
#   tests/checks/sdk.sh PATH_TO_ATLAS_SANDBOX
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

version=$(node --version 2>/dev/null || echo none)
if ! [[ $version =~ ^v([0-9]+)\. && ${BASH_REMATCH[1]} -ge 20 ]]; then
    echo "skipped: the client libraries need node 20 or later, this is $version"
    exit 77
fi
# The Realtime conversation, driven in real time, was once seen to wait in vain on an overloaded machine: a
# second try tells a fault from a busy machine.
sh "$here/../sdk/run.sh" "$@" && exit 0
echo "the first try failed; a second one decides"
exec sh "$here/../sdk/run.sh" "$@"

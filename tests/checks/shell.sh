#!/usr/bin/env bash
# Fails when shellcheck complains about one of the scripts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# The files that say themselves that they are shell.
mapfile -t scripts < <(grep -rlE '^(#!.*\b(ba)?sh$|# shellcheck shell=)' --exclude-dir=node_modules script .ci tests tools | sort)
if [ ${#scripts[@]} -lt 5 ]; then
    echo "shell: only ${#scripts[@]} scripts found" >&2
    exit 1
fi
shellcheck -x -S warning "${scripts[@]}"
echo "shell: ${#scripts[@]} scripts are clean"

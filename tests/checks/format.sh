#!/usr/bin/env bash
# Fails when a source is not as clang-format writes it.
#
#   tests/checks/format.sh [--fix]     --fix rewrites the files instead
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

how=(--dry-run -Werror)
if [ "${1:-}" = --fix ]; then how=(-i); fi
find include src tests tools bench \( -name node_modules -prune \) -o \( -name '*.hpp' -o -name '*.cpp' \) -print0 |
    xargs -0 --no-run-if-empty clang-format "${how[@]}"

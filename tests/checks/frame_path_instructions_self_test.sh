#!/usr/bin/env bash
# The count of instructions sees what it is there for: a slower frame path fails, a quicker one is told, and
# neither a missing figure nor a program that does not run passes.
#
#   frame_path_instructions_self_test.sh PROGRAM
set -euo pipefail
check=$(dirname "${BASH_SOURCE[0]}")/frame_path_instructions.sh
program=$1
command -v valgrind >/dev/null || exit 77

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
complain() {
    echo "frame_path_instructions_self_test: $*" >&2
    cat "$scratch/log" >&2
    exit 1
}
# against HEAR SPEAK: runs the check with these stored figures.
against() {
    printf 'hear_frame %s\nspeak_frame %s\n' "$1" "$2" >"$scratch/figures"
    "$check" "$program" "$scratch/figures" >"$scratch/log" 2>&1
}

against 99999999 99999999 || complain "a quicker frame path failed"
[ "$(grep -c "improved: store the new figure" "$scratch/log")" -eq 2 ] || complain "improvements were not told"
hear=$(sed -n 's/^hear_frame: \([0-9]*\) .*/\1/p' "$scratch/log")
speak=$(sed -n 's/^speak_frame: \([0-9]*\) .*/\1/p' "$scratch/log")

against "$hear" "$speak" || complain "its own figures failed"
if against $((hear * 9 / 10)) "$speak"; then complain "a tenth more for hearing passed"; fi
if against "$hear" $((speak * 9 / 10)); then complain "a tenth more for speaking passed"; fi
if against "$hear" ""; then complain "a missing figure passed"; fi
program=/bin/true
if against "$hear" "$speak"; then complain "a program without the frame path passed"; fi
program=/bin/false
if against "$hear" "$speak"; then complain "a program that failed passed"; fi
echo "frame_path_instructions: sees what it should"

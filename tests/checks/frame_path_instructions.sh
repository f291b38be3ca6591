#!/usr/bin/env bash
# Fails when the frame path needs more instructions than is stored in bench/frame_path_instructions.txt: a
# figure that stays the same on every machine, where a clock does not. 5 % more are let pass.
#
#   frame_path_instructions.sh PROGRAM [--store | FIGURES]
#
#   PROGRAM   atlas-frame-path
#   --store   writes the figures that are measured now
#   FIGURES   another file to compare with
#
# Without valgrind it is skipped (exit 77), in CI (CI=true) it fails.
set -euo pipefail

program=$1
figures=$(dirname "${BASH_SOURCE[0]}")/../../bench/frame_path_instructions.txt
store=no
case ${2:-} in
    --store) store=yes ;;
    ?*) figures=$2 ;;
esac
frames=1000

if ! command -v valgrind >/dev/null; then
    echo "frame_path_instructions: valgrind is missing (Debian package valgrind)" >&2
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 77
fi

# The C library chooses memcpy and log by the processor: here always those that any x86-64 has.
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-AVX_Fast_Unaligned_Load,-FMA,-FMA4,-ERMS,-FSRM,-BMI1,-BMI2,-LZCNT,-MOVBE,-RTM,-SSSE3,-SSE4_1,-SSE4_2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# count FUNCTION: prints the instructions of one frame, inside that function.
count() {
    local total
    if ! valgrind --tool=callgrind --callgrind-out-file="$scratch/out" --toggle-collect="$1" "$program" >"$scratch/log" 2>&1; then
        cat "$scratch/log" >&2
        return 1
    fi
    total=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$scratch/log")
    if [ "${total:-0}" -lt $((frames * 100)) ]; then
        echo "frame_path_instructions: nothing was counted in $1: ${total:-no total}" >&2
        return 1
    fi
    echo $(((total + frames / 2) / frames))
}

stored() { sed -n "s/^$1 \([0-9][0-9]*\)\$/\1/p" "$figures"; }

verdict=0
for function in hear_frame speak_frame; do
    now=$(count "$function")
    echo "$function $now" >>"$scratch/now"
    if [ "$store" = yes ]; then continue; fi
    then=$(stored "$function")
    if [ -z "$then" ]; then
        echo "$figures: no figure for $function" >&2
        exit 1
    fi
    echo "$function: $now instructions a frame, stored $then"
    if [ $((now * 100)) -gt $((then * 105)) ]; then
        echo "$function: more than 5 % above the stored figure. If that is worth it, store the new one:" \
            "tests/checks/frame_path_instructions.sh PROGRAM --store" >&2
        verdict=1
    elif [ $((now * 100)) -lt $((then * 95)) ]; then
        echo "$function: improved: store the new figure (tests/checks/frame_path_instructions.sh PROGRAM --store)"
    fi
done
if [ "$store" = yes ]; then
    { sed -n '/^#/p' "$figures" 2>/dev/null || true; cat "$scratch/now"; } >"$scratch/file"
    cp "$scratch/file" "$figures"
    cat "$figures"
fi
exit $verdict

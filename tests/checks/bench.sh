#!/usr/bin/env bash
# script/bench without a measurement: its help and its list of rows agree with what it does, and the page is what
# the stored results say.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
complain() {
    echo "bench: $*" >&2
    exit 1
}
export PYTHONDONTWRITEBYTECODE=1

script/bench --help >"$scratch/help"
for option in --quick --long --only --resume --no-build --build --minutes --list --report --page --store; do
    grep -q -- "$option" "$scratch/help" || complain "--help does not tell about $option"
    grep -q -- "\"$option\"\|$option)\|$option |\|| $option" script/bench script/benchmark/__main__.py ||
        complain "$option is not taken"
done
script/bench --list >"$scratch/rows"
[ "$(wc -l <"$scratch/rows")" -ge 20 ] || complain "--list names only $(wc -l <"$scratch/rows") rows"
if script/bench --no-build --only nothing-like-it >"$scratch/log" 2>&1; then complain "a row that does not exist was taken"; fi
grep -q "there is no such row" "$scratch/log" || complain "a row that does not exist is not told: $(cat "$scratch/log")"

python3 tests/checks/bench_test.py

# The page is made of the last stored run and nothing else.
if compgen -G 'bench/results/*.json' >/dev/null; then
    script/bench --report --page "$scratch/benchmarks.md" >/dev/null
    diff docs/benchmarks.md "$scratch/benchmarks.md" >&2 ||
        complain "docs/benchmarks.md is not what script/bench --report writes: change the template, then run that"
fi

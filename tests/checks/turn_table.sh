#!/usr/bin/env bash
# docs/turn-taking.md is about the code as it is: every event and command has its place in it, and every test
# that it names exists.
set -euo pipefail
cd "$(dirname "$0")/../.."

page=docs/turn-taking.md
problems=0
complain() {
    echo "$page: $*" >&2
    problems=$((problems + 1))
}

# The alternatives of `using NAME = std::variant<...>;` in a header.
alternatives() {
    tr '\n' ' ' <"$1" | grep -o "using $2 = *std::variant<[^;]*>;" | sed 's/.*<//; s/>;//' | tr -d ' ' | tr ',' '\n'
}

for event in $(alternatives include/atlas/conversation/events.hpp Event); do
    grep -q "\`$event\`" "$page" || complain "the event $event is missing"
done
for command in $(alternatives include/atlas/conversation/commands.hpp Command); do
    grep -q "\`$command\`" "$page" || complain "the command $command is missing"
done

tests=$(grep -rhoE 'TEST(_F|_P)?\([A-Za-z]+, *[A-Za-z]+\)' tests/conversation | sed -E 's/.*, *([A-Za-z]+)\)/\1/')
rows=0
while IFS= read -r named; do
    rows=$((rows + 1))
    grep -qx "$named" <<<"$tests" || complain "there is no test $named in tests/conversation"
done < <(sed -n '/^## Transitions/,/^## Deadlines/p' "$page" | grep '^|' | tail -n +3 | sed -E 's/.*`([A-Za-z]+)` \|$/\1/')

[ "$rows" -ge 40 ] || complain "the table of transitions has only $rows rows"
for file in $(grep -oE 'src/conversation/conversation[a-z_]*\.cpp' "$page" | sort -u); do
    [ -f "$file" ] || complain "$file does not exist"
done
[ "$problems" -eq 0 ] || exit 1
echo "$rows transitions, each with its test"

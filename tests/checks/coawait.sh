#!/usr/bin/env bash
# Name it, then await it. g++ 12.2 destroys braced aggregates, capturing lambdas and temporaries of ?: twice
# when they stand in the same statement as co_await, without a warning. So such a statement may hold one
# co_await, and no brace, no lambda and no ?: beside it. `detached` is refused too: it swallows exceptions.
#
#   tests/checks/coawait.sh [FILE...]     every source of this checkout unless given
set -euo pipefail

if [ $# -eq 0 ]; then
    cd "$(dirname "${BASH_SOURCE[0]}")/../.."
    mapfile -t sources < <(find include src tests tools -name '*.hpp' -o -name '*.cpp' | sort)
    set -- "${sources[@]}"
fi

awk '
    FNR == 1 { statement = ""; in_comment = 0 }

    {
        code = bare($0)
        if (code ~ /(^|[^A-Za-z0-9_])detached([^A-Za-z0-9_]|$)/) report(FNR, "detached swallows exceptions")
        if (statement == "") start = FNR
        # A statement ends with its semicolon; a line that opens or closes a block ends what came before.
        while ((at = index(code, ";")) > 0) {
            judge(statement " " substr(code, 1, at - 1))
            statement = ""
            start = FNR
            code = substr(code, at + 1)
        }
        statement = statement " " code
        if (statement ~ /^[ \t]*$/) { statement = ""; next }
        if (code ~ /[{}:][ \t]*$/ && !(statement ~ /co_await/ && code ~ /:[ \t]*$/)) {
            sub(/(\)|else|do|try)[a-z ]*\{[ \t]*$/, "", statement)
            judge(statement)
            statement = ""
        }
    }

    # The line without comments, strings and characters.
    function bare(line,    out, at) {
        out = ""
        if (in_comment) {
            if (!(at = index(line, "*/"))) return ""
            line = substr(line, at + 2)
            in_comment = 0
        }
        gsub(/"(\\.|[^"\\])*"/, "\"\"", line)
        gsub(/\047(\\.|[^\047\\])\047/, "0", line)
        sub(/\/\/.*/, "", line)
        while ((at = index(line, "/*")) > 0) {
            out = out substr(line, 1, at - 1)
            line = substr(line, at + 2)
            if (!(at = index(line, "*/"))) { in_comment = 1; return out }
            line = substr(line, at + 2)
        }
        return out line
    }

    function judge(text,    at, before, after) {
        if (!(at = index(text, "co_await"))) return
        before = substr(text, 1, at - 1)
        after = substr(text, at + length("co_await"))
        sub(/.*(\)|else|do|try)[a-z ]*\{/, "", before)         # the block it stands in
        gsub(/\[\[[^]]*\]\]/, "", before)                      # [[attribute]]
        sub(/auto[ &]*\[[^]]*\][ \t]*=/, "", before)           # auto [a, b] =
        if (after ~ /co_await/) report(start, "two co_await in a statement")
        else if ((before after) ~ /\{/) report(start, "a brace in a statement with co_await")
        else if ((before after) ~ /(^|[^A-Za-z0-9_)\] ])[ ]*\[/) report(start, "a lambda in a statement with co_await")
        else if ((before after) ~ /\?/) report(start, "?: in a statement with co_await")
    }

    function report(line, text) { printf "%s:%d: %s\n", FILENAME, line, text; faults++ }

    END { if (faults) { print "coawait: name it, then await it"; exit 1 } }
' "$@"
echo "coawait: $# files keep to the rule"

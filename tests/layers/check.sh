#!/usr/bin/env bash
# Fails when a folder includes what tests/layers/rules.txt does not allow it.
#
#   tests/layers/check.sh [ROOT]     ROOT is a checkout; this one unless given
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:-$here/../..}"

# The files under the rules; src/*.cpp itself (main) may include everything.
files() {
    local folder
    for folder in include/atlas src tools; do
        if [ -d "$folder" ]; then find "$folder" -mindepth 2 \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' \); fi
    done | grep -v '^src/boost/' | sort
}

mapfile -t sources < <(files)
if [ ${#sources[@]} -eq 0 ]; then
    echo "layers: no source found in $PWD" >&2
    exit 1
fi

awk -v rules="$here/rules.txt" '
    function trim(text) { gsub(/^ +| +$/, "", text); return text }
    function starts(text, prefix) { return substr(text, 1, length(prefix)) == prefix }

    BEGIN {
        FS = "|"
        while ((getline line < rules) > 0) {
            if (line ~ /^#/ || split(line, field, "|") < 3) continue
            name = trim(field[1])
            folders[name] = " " trim(field[2]) " "
            libraries[name] = trim(field[3])
        }
        sub(/^! */, "", libraries["headers"])
        posix = "^(sys|netinet|arpa|linux|net)/|^(unistd|fcntl|poll|signal|pthread|sched|dlfcn|netdb|strings|malloc|execinfo|time|spawn|ifaddrs)\\.h$"
    }

    # include/atlas/net/tls.hpp and src/net/tls.cpp are of net; tools/call/main.cpp is of tools/call.
    FNR == 1 {
        split(FILENAME, part, "/")
        if (part[1] == "include") folder = part[3]
        else if (part[1] == "src") folder = part[2]
        else folder = "tools/" part[2]
        if (!(folder in folders)) report(FILENAME, 1, "folder " folder " has no line in tests/layers/rules.txt")
    }

    /^[ \t]*#[ \t]*include/ {
        target = $0
        sub(/^[ \t]*#[ \t]*include[ \t]*/, "", target)
        quoted = starts(target, "\"")
        target = substr(target, 2)
        sub(/[">].*/, "", target)
        if (quoted) check_own(target); else check_library(target)
    }

    function check_own(target,    part) {
        if (target ~ /\.\.\//) {
            if (!starts(resolve(target), home())) report(FILENAME, FNR, folder " may not include " target)
            return
        }
        split(target, part, "/")
        if (part[1] == "atlas") {
            if (part[2] != folder && !index(folders[folder], " " part[2] " "))
                report(FILENAME, FNR, folder " may not include " target)
        } else if (!starts(FILENAME, "tools/") && part[1] ~ /^(tests|support|tools|sandbox)$/) {
            report(FILENAME, FNR, folder " may not include " target)
        } else if (starts(FILENAME, "src/") && part[1] in folders && part[1] != folder) {
            report(FILENAME, FNR, folder " may not include the private header " target)
        } else if (starts(FILENAME, "tools/") && ("tools/" part[1]) in folders && "tools/" part[1] != folder) {
            report(FILENAME, FNR, folder " may not include " target)
        }
    }

    # The part of the tree that is one folder in the sense of the rules, such as src/net/.
    function home(    part) {
        split(FILENAME, part, "/")
        return part[1] == "include" ? "include/atlas/" part[3] "/" : part[1] "/" part[2] "/"
    }

    function resolve(target,    path) {
        path = FILENAME
        sub(/[^\/]*$/, target, path)
        while (path ~ /[^\/]+\/\.\.\//) sub(/[^\/]+\/\.\.\//, "", path)
        return path
    }

    function check_library(target,    list, count, i) {
        if (starts(target, "atlas/")) { check_own(target); return }
        if (target !~ /\// && target !~ /\.h$/) return
        if (starts(FILENAME, "include/")) {
            count = split(libraries["headers"], list, " ")
            for (i = 1; i <= count; i++)
                if (starts(target, list[i])) { report(FILENAME, FNR, "no public header may include " target); return }
        }
        count = split(libraries[folder], list, " ")
        for (i = 1; i <= count; i++)
            if (list[i] == "posix" ? target ~ posix : starts(target, list[i])) return
        report(FILENAME, FNR, folder " may not include the library header " target)
    }

    function report(file, line, text) { printf "%s:%d: %s\n", file, line, text; faults++ }

    END {
        if (faults) { printf "layers: %d forbidden includes (rules: tests/layers/rules.txt)\n", faults; exit 1 }
    }
' "${sources[@]}"
echo "layers: ${#sources[@]} files keep to the rules"

# shellcheck shell=bash
# What the scripts share. Sourced, not run: it sets root and defines a few words.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Every argument is a line.
say() { printf '%s\n' "$@"; }
warn() { printf '%s\n' "$@" >&2; }

# die MESSAGE...: every argument is a line.
die() {
    printf '%s\n' "${0##*/}: $1" >&2
    shift
    if [ $# -gt 0 ]; then printf '  %s\n' "$@" >&2; fi
    exit 1
}

# Prints the comment block at the head of the running script: its help text.
usage() { awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$0"; }

# Compile jobs. A file that instantiates a WebSocket over TLS takes 1.2 GB, so memory counts as much as cores.
build_jobs() {
    local cores available
    cores=$(nproc)
    available=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
    if [ "${available:-1}" -lt "$cores" ]; then cores=$available; fi
    if [ "$cores" -lt 1 ]; then cores=1; fi
    printf '%s\n' "${ATLAS_JOBS:-$cores}"
}

# A line a minute while something long runs, so that neither a person nor CI takes it for dead. Its own
# processes are none but this shell, which ends with the script.
still_running() {
    local title=$1 started=$SECONDS silence beats=0
    exec {silence}<> <(:)
    while kill -0 $$ 2>/dev/null; do
        read -r -t 5 -u "$silence" || true
        beats=$((beats + 1))
        if [ $((beats % 12)) -eq 0 ]; then say "  $title: $((SECONDS - started)) s so far"; fi
    done
}

# quietly TITLE LOG COMMAND...: one line when it works, the end of the log when it does not.
quietly() {
    local title=$1 log=$2 started=$SECONDS beat status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    still_running "$title" &
    beat=$!
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$beat"
    wait "$beat" 2>/dev/null || true
    if [ "$status" -eq 0 ]; then
        say "$title ($((SECONDS - started)) s)"
        return
    fi
    warn "$title failed:"
    # The compiler's own words where there are any: with ninja they stand above the end of the log.
    if grep -q 'error:' "$log"; then
        grep -A 12 -m 5 'error:' "$log" | cut -c -300 | sed -n 1,40p >&2
    else
        tail -n 40 "$log" >&2
    fi
    die "the whole output is in $log"
}

# configure PRESET: cmake when the build folder has none yet; afterwards ninja reruns it when needed.
configure() {
    if [ -f "$root/build/$1/build.ninja" ]; then return; fi
    quietly "configured $1" "$root/build/$1.configure.log" cmake -S "$root" --preset "$1"
}

# build PRESET TARGET...
build() {
    local preset=$1
    shift
    configure "$preset"
    quietly "built $preset: ${*:-everything}" "$root/build/$preset.build.log" \
        ninja -C "$root/build/$preset" -j "$(build_jobs)" "$@"
}

# packages GROUP...: the lines of packages.txt in these groups, first column.
packages() {
    awk -v groups=" $* " '!/^#/ && NF && index(groups, " " $2 " ") { print $1 }' "$root/script/packages.txt"
}

# shellcheck shell=bash disable=SC2034,SC2154
# Starting and ending the programs of a script, by process id. Sourced after common.sh.

# prefixed NAME: its input, every line with the name before it. It ignores the terminal's Ctrl-C, so that the
# last words of a program are still seen.
prefixed() {
    trap '' INT TERM
    exec sed -u "s/^/$1 | /"
}

# start NAME COMMAND...: runs it in the background with its lines prefixed; its id is in $started. It gets
# a session of its own, so the terminal's Ctrl-C reaches the script alone, which ends it in order; and it
# is told to end if the script itself is killed.
start() {
    local name=$1
    shift
    setsid setpriv --pdeathsig TERM "$@" > >(prefixed "$name") 2>&1 </dev/null &
    started=$!
}

# end PID NAME SECONDS: asks, waits, insists. Its exit code is the process's own.
end() {
    local pid=$1 name=$2 tenths=$(($3 * 10))
    if [ -z "$pid" ]; then return; fi
    kill -TERM "$pid" 2>/dev/null || true
    while [ "$tenths" -gt 0 ] && kill -0 "$pid" 2>/dev/null; do
        sleep 0.1
        tenths=$((tenths - 1))
    done
    if kill -KILL "$pid" 2>/dev/null; then warn "$name did not end in $3 s and was killed"; fi
    wait "$pid" 2>/dev/null
}

# wait_until SECONDS PID NAME CONDITION...: fails when the process ends first or the time is up.
wait_until() {
    local tenths=$(($1 * 10)) pid=$2 name=$3
    shift 3
    until "$@" >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null || die "$name ended before it was ready; its last words stand above"
        [ "$tenths" -gt 0 ] || die "$name was not ready in time; its last words stand above"
        sleep 0.1
        tenths=$((tenths - 1))
    done
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start_sandbox WORK_FOLDER ARGUMENT...: sets sandbox_pid, and the gateway's provider variables to it.
start_sandbox() {
    local work=$1 sandbox_port variable
    shift
    mkdir -p "$work"
    : >"$work/ready"
    setsid setpriv --pdeathsig TERM "$root/build/release/tools/sandbox/atlas-sandbox" --port 0 \
        --state-dir "$work" "$@" >"$work/ready" 2> >(prefixed sandbox >&2) </dev/null &
    sandbox_pid=$!
    wait_until 30 "$sandbox_pid" "the sandbox" grep -q '"ready"' "$work/ready"
    sandbox_port=$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' "$work/ready" | head -n 1)
    ATLAS_CA_FILE=$(sed -n 's/.*"ca": *"\([^"]*\)".*/\1/p' "$work/ready" | head -n 1)
    DEEPGRAM_URL=wss://localhost:$sandbox_port
    ANTHROPIC_BASE_URL=https://localhost:$sandbox_port
    OPENAI_BASE_URL=https://localhost:$sandbox_port/v1
    for variable in DEEPGRAM_API_KEY ANTHROPIC_API_KEY OPENAI_API_KEY; do printf -v "$variable" sandbox; done
    export ATLAS_CA_FILE DEEPGRAM_URL ANTHROPIC_BASE_URL OPENAI_BASE_URL
    export DEEPGRAM_API_KEY ANTHROPIC_API_KEY OPENAI_API_KEY
}

# A person speaking; of pocketsphinx-testdata.
recording=/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0870.wav

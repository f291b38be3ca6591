#!/usr/bin/env bash
# Our fly.toml has no fault, and script/check-fly finds every fault it claims to find: each line below spoils
# a copy of sample.toml with sed and must lead to exactly the complaint beside it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
check=$here/../../script/check-fly
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
spoiled=$folder/fly.toml
failures=0 cases=0

complain() {
    printf '%s\n' "$@"
    failures=$((failures + 1))
}

# spoil COMPLAINT SED: the only line of output must contain the complaint.
spoil() {
    local output status=0
    cases=$((cases + 1))
    sed -E "$2" "$here/sample.toml" >"$spoiled"
    if cmp -s "$spoiled" "$here/sample.toml"; then complain "sed changed nothing: $2"; fi
    output=$("$check" "$spoiled" 2>&1) || status=$?
    if [ "$status" -ne 1 ] || [[ $output != *"$1"* ]] || [ "$(wc -l <<<"$output")" -ne 1 ]; then
        complain "$2" "  expected: $1" "  got ($status): $output"
    fi
}

# allow SED: still without fault.
allow() {
    local output
    cases=$((cases + 1))
    sed -E "$1" "$here/sample.toml" >"$spoiled"
    if ! output=$("$check" "$spoiled" 2>&1); then complain "$1" "  expected no fault" "  got: $output"; fi
}

"$check" || complain "fly.toml of this checkout has a fault"
allow ''
allow 's/"10m"/"5m0.5s"/'
allow 's/^\[\[vm\]\]/[vm]/'
allow 's/^\[\[metrics\]\]/[metrics]/'
allow 's/auto_stop_machines = "off"/auto_stop_machines = false/'

# Unknown keys, at every level, also where flyctl's strict mode is blind.
spoil 'killtimeout: unknown key, which flyctl drops in silence; did you mean kill_timeout?' 's/^kill_timeout/killtimeout/'
spoil 'http_service.max_machines_running: unknown key' 's/^force_https.*/max_machines_running = 3/'
spoil 'http_service.concurrency.limit: unknown key' 's/^soft_limit/limit/'
spoil 'http_service.checks.intervall: unknown key' '0,/^interval/s/^interval/intervall/'
spoil 'services.ports.handler: unknown key' 's/^handlers/handler/'
spoil 'services.protokoll: unknown key' 's/^protocol/protokoll/'
spoil 'vm.memroy: unknown key' 's/^memory/memroy/'
spoil 'metrics.route: unknown key' 's,^path = "/metrics",route = "/metrics",'
spoil 'restart.retry: unknown key' 's/^retries/retry/'
spoil 'build.docker_file: unknown key' 's/^dockerfile/docker_file/'
spoil 'checks.alive.kind: unknown key' 's/^timeout = "2s"$/timeout = "2s"/;/checks.alive/a kind = "x"'

# Types.
spoil 'kill_timeout: must be a duration with a unit, like "30s" or "10m", not 300' 's/^kill_timeout.*/kill_timeout = 300/'
spoil "kill_timeout: must be a duration with a unit, like \"30s\" or \"10m\", not '300'" 's/^kill_timeout.*/kill_timeout = "300"/'
spoil 'http_service.checks.interval: must be a duration' 's/^interval = "10s"/interval = 10000/'
spoil 'deploy.wait_timeout: must be a duration' 's/"10m"/"ten minutes"/'
spoil 'http_service.checks: needs double brackets' 's/^\[\[http_service.checks\]\]/[http_service.checks]/'
spoil 'restart: needs double brackets: [[restart]]' 's/^\[\[restart\]\]/[restart]/'
spoil 'http_service: must be one table' 's/^\[http_service\]/[[http_service]]/'
spoil 'env.PORT: must be a string, in quotes, not 8080' 's/^PORT.*/PORT = 8080/'
spoil 'http_service.force_https: must be true or false' 's/^force_https.*/force_https = "yes"/'
spoil 'http_service.concurrency.soft_limit: must be a whole number' 's/^soft_limit.*/soft_limit = 40.5/'
spoil 'http_service.auto_stop_machines: must be one of off, stop, suspend' 's/^auto_stop_machines.*/auto_stop_machines = "never"/'
spoil 'deploy.strategy: must be one of canary, rolling, immediate, bluegreen' 's/"bluegreen"/"blue-green"/'
spoil 'restart.policy: must be one of always, never, on-failure' 's/"on-failure"/"sometimes"/'
spoil 'http_service.concurrency.type: must be one of connections, requests' 's/"connections"/"sockets"/'
spoil 'kill_signal: must be one of' 's/"SIGTERM"/"TERM"/'
spoil 'http_service.internal_port: is missing' '0,/^internal_port/{/^internal_port/d}'
spoil 'metrics.port: is missing' '/^port = 9091/d'
spoil 'is no TOML' 's/^\[env\]/[env/'

# Values.
spoil 'app: is missing' '/^app/d'
spoil 'app: becomes a host name' 's/"sample"/"My_App"/'
spoil 'primary_region: no such region' 's/"iad"/"virginia"/'
spoil 'kill_signal: the gateway drains on SIGTERM and SIGINT, not on SIGQUIT' 's/"SIGTERM"/"SIGQUIT"/'
spoil 'kill_timeout: the platform gives at most 300 s, not 400 s' 's/"300s"/"400s"/'
spoil 'deploy.wait_timeout: must be longer than kill_timeout (300 s against 300 s)' 's/"10m"/"5m"/'
spoil 'deploy.wait_timeout: must be longer than kill_timeout (300 s against 300 s)' '/^wait_timeout/d'
spoil 'env.ATLAS_DRAIN_SECONDS: must be less than kill_timeout (300 s against 300 s)' 's/"285"/"300"/'
spoil 'env.ATLAS_DRAIN_SECONDS: must be less than kill_timeout (285 s against 5 s)' '/^kill_timeout/d'
spoil 'env.ATLAS_DRAIN_SECONDS: must be a whole number of seconds' 's/"285"/"285s"/'
spoil 'env.FLY_REGION: names that begin with FLY_' '/^PORT/a FLY_REGION = "iad"'
spoil 'env.OPENAI_API_KEY: looks like a secret: use fly secrets set' '/^PORT/a OPENAI_API_KEY = "x"'
spoil 'http_service.internal_port: is 8081, but the gateway listens on env PORT, 8080' 's/^internal_port = 8080/internal_port = 8081/'
spoil 'http_service.internal_port: is 8080, but the gateway listens on env PORT, 9000' 's/^PORT.*/PORT = "9000"/'
spoil 'services[0].internal_port: no such port: 84430' 's/8443/84430/'
spoil 'services[0].ports[0].handlers: no such handler' 's/"tls", "proxy_proto"/"https", "tls"/'
spoil 'services[0].ports[0].force_https: needs the handler "http"' '/^port = 443/a force_https = true'
spoil 'services[0].ports[0]: needs port' '/^port = 443/d'
spoil 'metrics.port: is 9092, but env METRICS_PORT is 9091' 's/^port = 9091/port = 9092/'
spoil 'metrics.port: is the public port' 's/9091/8080/'
spoil 'http_service.concurrency: soft_limit 70 is above hard_limit 60' 's/^soft_limit.*/soft_limit = 70/'
spoil 'http_service.concurrency.soft_limit: must be at least 1, not 0' 's/^soft_limit.*/soft_limit = 0/'
spoil 'http_service.concurrency.hard_limit: is missing' '/^hard_limit/d'
spoil 'env.ATLAS_MAX_CALLS: 60 must be below http_service.concurrency.hard_limit 60' 's/"55"/"60"/'
spoil 'http_service.auto_stop_machines: must be "off"' 's/auto_stop_machines = "off"/auto_stop_machines = "stop"/'
spoil 'http_service.min_machines_running: has no effect' '/^force_https/a min_machines_running = 2'
spoil 'http_service.checks.interval: must be 1 s to 60 s, not 120 s' 's/^interval = "10s"/interval = "2m"/'
spoil 'http_service.checks.timeout: must be 1 s to 60 s, not 0.5 s' '0,/^timeout/s/^timeout.*/timeout = "500ms"/'
spoil 'http_service.checks.grace_period: must be at most 60 s, not 61 s' 's/"1m0s"/"1m1s"/'
spoil 'http_service.checks.path: must begin with a slash' 's,^path = "/health",path = "health",'
spoil 'checks.alive.port: is missing' '/^port = 8080/d'
spoil 'no service has a check' '/^\[\[http_service.checks\]\]/,/^grace_period/d;/^\[\[services.tcp_checks\]\]/,/^timeout/d'
spoil 'http_service.processes: no such process group' 's/^processes.*/processes = ["web"]/'
spoil 'vm.size: no such size' 's/"shared-cpu-1x"/"shared-cpu-3x"/'
spoil 'vm.memory: must be a multiple of 256 MB, not 300 MB' 's/"512mb"/"300mb"/'
spoil 'vm.memory: shared-cpu-1x has at most 2048 MB, not 4096 MB' 's/"512mb"/"4gb"/'
spoil "vm.memory: must be like \"512mb\", not 'plenty'" 's/"512mb"/"plenty"/'
spoil 'deploy.strategy: bluegreen cannot be used with mounts' '$a [[mounts]]\nsource = "data"\ndestination = "/data"'
spoil 'build.compression_level: must be 0 to 9, not 10' 's/^compression_level.*/compression_level = 10/'

if [ "$failures" -gt 0 ]; then
    echo "fly: $failures of $cases cases failed"
    exit 1
fi
echo "fly: fly.toml is sound, and check-fly gives the right verdict in $cases cases"

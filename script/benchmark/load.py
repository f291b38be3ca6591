"""One run of `atlas-call load` against a fresh gateway and a fresh sandbox."""

import json
import re
import subprocess
import time

from . import machine
from .programs import Certificate, Failed, Gateway, Sandbox, end, last_words, spawn

NOT_REPORTED = 3  # the load side was the bottleneck


def switches(pid):
    """How often the process's main thread went to sleep by itself: its wake-ups."""
    found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", machine.read(f"/proc/{pid}/status"), re.MULTILINE)
    return int(found.group(1)) if found else 0


def buckets(metrics, name):
    """A histogram of the gateway's as [upper bound in ms, share of all up to it]."""
    found = {}
    for key, value in metrics.items():
        bound = re.fullmatch(name + r'_bucket\{le="([0-9.e-]+)"\}', key)
        if bound:
            found[round(float(bound.group(1)) * 1000, 3)] = value
    total = metrics.get(f"{name}_count", 0)
    return [[bound, round(found[bound] / total, 4)] for bound in sorted(found)] if total else []


def arguments(row, url, sandbox, gateway, tls, json_file):
    given = [
        "load", "--url", url, "--calls", row["calls"], "--ramp", row["ramp"], "--duration", row["duration"],
        "--sandbox", sandbox.control, "--gateway-pid", gateway.pid, "--json", json_file, "--show-anyway",
    ]
    for option in ("codec", "frame_ms", "latency", "call_ms", "talk_ms", "interrupt_every", "in_rate", "out_rate"):
        if option in row:
            given += ["--" + option.replace("_", "-"), row[option]]
    if tls:
        given += ["--ca", tls.certificate]
    return [str(word) for word in given]


def start_callers(place, row, sandbox, gateway, tls=None):
    """The process, and the file its report will be in."""
    json_file = place.work / "load.json"
    json_file.unlink(missing_ok=True)
    command = [place.program("atlas-call")] + arguments(row, gateway.url, sandbox, gateway, tls, json_file)
    return spawn(command, place.caller_core, place.work / "callers.log"), json_file


def wait(process, row, every=0.1, ticks=()):
    """Until it ends; calls each of `ticks` with the seconds since the start."""
    began = time.monotonic()
    limit = row["ramp"] + row["duration"] + 60
    while process.poll() is None:
        passed = time.monotonic() - began
        if passed > limit:
            end(process)
            raise Failed(f"atlas-call load did not end within {limit:.0f} s")
        for tick in ticks:
            tick(passed)
        try:
            process.wait(every)
        except subprocess.TimeoutExpired:
            pass


def report_of(place, process, json_file):
    try:
        found = json.loads(machine.read(json_file))
    except ValueError:
        words = last_words(place.work / "callers.log")
        raise Failed(f"atlas-call load left no report (status {process.returncode}):\n{words}") from None
    if "failed" in found:
        raise Failed(f"no run: {found['failed']} {found.get('problems', '')}")
    return found


def run(place, row, group=None, after_start=None, every=0.1):
    """The report of the run with what this script saw itself beside it.

    `after_start(gateway, sandbox)` gives functions to call while the load runs.
    """
    quiet = machine.Quiet()
    tls = Certificate(place) if row.get("tls") else None
    with Sandbox(place) as sandbox, Gateway(place, sandbox, max(150, row["calls"]), tls, group) as gateway:
        time.sleep(0.3)
        ticks = list(after_start(gateway, sandbox)) if after_start else []
        before, began = switches(gateway.pid), time.monotonic()
        process, json_file = start_callers(place, row, sandbox, gateway, tls)
        try:
            wait(process, row, every, ticks)
        finally:
            end(process)
        seconds = time.monotonic() - began
        if gateway.process.poll() is not None:
            raise Failed(f"the gateway ended by itself:\n{last_words(gateway.log)}")
        report = report_of(place, process, json_file)
        report["wakeups_per_second"] = round((switches(gateway.pid) - before) / seconds)
        metrics = gateway.metrics()
        report["loop_lag_max_ms"] = round(metrics.get("atlas_loop_lag_seconds", 0) * 1000, 2)
        report["loop_late"] = buckets(metrics, "atlas_loop_late_seconds")
    report["quiet"] = quiet.done()
    return report


def held(report):
    """No call was dropped and nothing was heard late: the emulated machine carries this many."""
    return report["errors"] == 0 and report.get("frames", {}).get("late", 1) == 0

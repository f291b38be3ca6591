"""Rows that are more than one load run: beyond capacity, many short calls, start, size."""

import math
import os
import socket
import statistics
import subprocess
import time

from . import load, machine
from .programs import Failed, Gateway, Sandbox, end

def floor(place, quick):
    """What the operating system takes for the same messages, and for the same wake-ups, without any gateway."""
    quiet = machine.Quiet()
    cores = {place.gateway_core, place.caller_core}

    def ask(*arguments):
        command = [place.program("atlas-socket-floor")] + [str(word) for word in arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                              preexec_fn=lambda: os.sched_setaffinity(0, cores))
        if done.returncode != 0:
            raise Failed(done.stderr.strip())
        return [float(line) for line in done.stdout.split()]

    seconds, turns = (2, 100) if quick else (3, 300)
    cpu = {f"{frame}": ask(100, frame, seconds)[0] for frame in (20, 40, 60)}
    return {"calls": 100, "cpu_ms_per_call_second": cpu, "turn_ms": summary(ask("turns", turns)), "quiet": quiet.done()}


UPGRADE = (
    "GET /v1/voice HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Sec-WebSocket-Protocol: atlas.v1\r\n\r\n"
).encode()


def percentile(values, share):
    """The smallest value that this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else 0


def summary(values):
    return {
        "count": len(values),
        "p50": round(percentile(values, 0.5), 3),
        "p99": round(percentile(values, 0.99), 3),
        "max": round(max(values, default=0), 3),
    }


def refused(port):
    """Milliseconds from connecting to the whole head of a refusal, and its status."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(UPGRADE)
        head = connection.recv(4096)
    return (time.monotonic() - began) * 1000, head.split(b" ", 2)[1].decode() if head.startswith(b"HTTP/") else ""


def beyond(place, row, per_second=20):
    """A full gateway that is asked for further calls all the time: how soon it refuses, and what the calls it
    has feel of it."""
    quiet = machine.Quiet()
    times, answers = [], {}
    with Sandbox(place) as sandbox, Gateway(place, sandbox, row["calls"]) as gateway:
        process, json_file = load.start_callers(place, row, sandbox, gateway)

        def ask(passed):
            # A second after the ramp every place is taken.
            if passed < row["ramp"] + 1 or passed > row["ramp"] + row["duration"]:
                return
            try:
                took, status = refused(gateway.port)
            except OSError as error:
                took, status = 0, type(error).__name__
            answers[status] = answers.get(status, 0) + 1
            if status == "503":
                times.append(took)

        try:
            load.wait(process, row, 1 / per_second, [ask])
        finally:
            end(process)
        report = load.report_of(place, process, json_file)
    report["refusals"] = {"ms": summary(times), "answers": answers}
    report["quiet"] = quiet.done()
    return report


def slope(points):
    """Of the straight line nearest to (x, y) points."""
    if len(points) < 3:
        return 0.0
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def churn(place, row):
    """Thousands of short calls, each with a turn: resident memory against the number of calls that are over."""
    series = []

    def after_start(gateway, _):
        def sample(_):
            calls = int(gateway.metrics().get("atlas_calls_admitted_total", 0))
            series.append((calls, machine.memory_kb(gateway.pid)["resident"]))

        return [sample]

    report = load.run(place, row, after_start=after_start, every=1.0)
    settled = [point for point in series if point[0] >= series[-1][0] / 3] if series else []
    report["memory"] = {
        "series": series[:: max(1, len(series) // 60)],
        "kb_first": settled[0][1] if settled else 0,
        "kb_last": settled[-1][1] if settled else 0,
        "calls": settled[-1][0] - settled[0][0] if settled else 0,
        "bytes_per_call": round(slope(settled) * 1024, 1),
    }
    return report


def start(place, times):
    """From fork to the first healthy answer, again and again; and what an idle gateway holds."""
    quiet = machine.Quiet()
    found, cpu, memory = [], [], []
    with Sandbox(place) as sandbox:
        for _ in range(times):
            with Gateway(place, sandbox, 150) as gateway:
                found.append(gateway.healthy_ms)
                cpu.append(gateway.healthy_cpu_ms)
                time.sleep(0.2)
                memory.append(machine.memory_kb(gateway.pid) | {"parts": machine.mappings_kb(gateway.pid)})
    middle = sorted(memory, key=lambda one: one["resident"])[len(memory) // 2]
    return {"healthy_ms": summary(found), "healthy_cpu_ms": summary(cpu), "idle_kb": middle, "quiet": quiet.done()}


def size(place, root):
    """The program with and without its symbols, and the image as script/image last left it."""
    program = place.program("atlas-voice")
    stripped = place.work / "stripped"
    try:
        subprocess.run(["strip", "-o", stripped, program], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise Failed(f"strip: {error}") from error
    found = {"binary_bytes": os.path.getsize(program), "stripped_bytes": os.path.getsize(stripped)}
    listing = root / "build" / "image" / "contents.txt"
    if listing.exists():
        lines = [line.split(maxsplit=1) for line in machine.read(listing).splitlines()]
        files = [(int(parts[0]), parts[1].strip()) for parts in lines if len(parts) == 2]
        found["image"] = {
            "bytes": sum(bytes_ for bytes_, _ in files),
            "files": len(files),
            "at": time.strftime("%Y-%m-%d", time.gmtime(listing.stat().st_mtime)),
            "largest": files[:8],
        }
    return found

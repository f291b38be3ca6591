"""Where the gateway's time goes: perf samples of it while calls are under way."""

import collections
import re
import shutil
import subprocess

from . import load
from .programs import Failed, end, spawn

HERTZ = 999
SECONDS = 8

# The first that fits one of the frames below the sample, from the innermost outwards.
KERNEL_WORK = (
    ("kernel: sending", r"sys_(send|write|writev)"),
    ("kernel: receiving", r"sys_(recv|read|readv)"),
    ("kernel: waiting (epoll, timers)", r"sys_(epoll|timerfd|poll|futex|clock_nanosleep)"),
    ("kernel: connections", r"sys_(connect|accept|socket|close|shutdown|setsockopt|getsockopt)"),
    ("kernel: memory", r"(page_fault|sys_(brk|mmap|munmap|madvise))"),
)
LIBRARIES = (
    ("encryption (libcrypto)", r"libcrypto"),
    ("TLS (libssl)", r"libssl"),
    ("HTTP client (libcurl, libnghttp2)", r"libcurl|libnghttp2"),
    ("Opus", r"libopus"),
    ("resampler", r"libspeexdsp"),
    ("log", r"libspdlog|libfmt"),
    ("C++ library", r"libstdc\+\+"),
)
OWN = (
    ("JSON (nlohmann)", r"nlohmann"),
    ("HTTP (Beast)", r"boost::beast"),
    ("event loop (Asio)", r"boost::asio"),
    ("audio", r"atlas::audio"),
    ("conversation", r"atlas::conversation"),
    ("client protocol", r"atlas::protocol"),
    ("provider clients", r"atlas::providers"),
    ("net", r"atlas::net"),
    ("call", r"atlas::call"),
    ("observe, server", r"atlas::(observe|server)"),
)
MEMORY = (
    r"^((__)?(libc_)?(malloc|free|cfree|calloc|realloc)|_int_(malloc|free|realloc)"
    r"|malloc_consolidate|unlink_chunk.*|tcache.*)$"
)


def frames_of(sample):
    """(symbol, program or library) from the innermost outwards."""
    found = []
    for line in sample.splitlines():
        parts = re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line)
        if parts:
            found.append((parts.group(1).split("+0x")[0], parts.group(2).rsplit("/", 1)[-1]))
    return found


def kind_of(frames):
    symbol, where = frames[0]
    if where.startswith("[") and where != "[vdso]":
        for name, pattern in KERNEL_WORK:
            if any(re.search(pattern, frame) for frame, _ in frames):
                return name
        return "kernel: other"
    for name, pattern in LIBRARIES:
        if re.search(pattern, where):
            return name
    if where.startswith("libc.") or where.startswith("libc-"):
        return "allocator" if re.search(MEMORY, symbol) else "C library (copying, locks)"
    if where.startswith("atlas-voice"):
        for name, pattern in OWN:
            if re.search(pattern, symbol):
                return name
        return "other own code"
    return "other"


def count(text):
    """Shares of all samples, by kind of work and by function."""
    samples = [frames for frames in map(frames_of, text.split("\n\n")) if frames]
    if not samples:
        raise Failed("perf took no samples")
    kinds = collections.Counter(kind_of(frames) for frames in samples)
    functions = collections.Counter(f"{frames[0][0][:100]} ({frames[0][1]})" for frames in samples)

    def shares(counter, most):
        return [[name, round(times / len(samples), 4)] for name, times in counter.most_common(most)]

    return {"samples": len(samples), "kinds": shares(kinds, 40), "functions": shares(functions, 20)}


def run(place, row):
    if not shutil.which("perf"):
        raise Failed("perf is missing (Debian package linux-perf)")
    data = place.work / "perf.data"
    recorders = []

    def after_start(gateway, _):
        def record(passed):
            if not recorders and passed > row["ramp"] + 1:
                command = ["perf", "record", "-F", HERTZ, "-g", "-p", gateway.pid, "-o", data, "sleep", SECONDS]
                recorders.append(
                    spawn([str(word) for word in command], place.caller_core, place.work / "perf.log")
                )

        return [record]

    try:
        report = load.run(place, row | {"duration": max(row["duration"], SECONDS + 4)}, after_start=after_start)
    finally:
        for recorder in recorders:
            end(recorder)
    done = subprocess.run(
        ["perf", "script", "-i", data, "-F", "ip,sym,dso"], capture_output=True, text=True, timeout=120, check=False
    )
    return {"load": report, "calls": row["calls"], **count(done.stdout)}

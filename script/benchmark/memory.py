"""Where the memory of a call is: by mapping from the kernel, and what was allocated for from heaptrack."""

import pathlib
import re
import shutil
import subprocess
import time

from . import load, machine
from .programs import Failed, Gateway, Sandbox, end

PRELOAD = pathlib.Path("/usr/lib/heaptrack/libheaptrack_preload.so")
INTERPRET = pathlib.Path("/usr/lib/heaptrack/libexec/heaptrack_interpret")

# The first that fits one of the frames, from the innermost outwards.
KINDS = (
    ("TLS", r"SSL_|ssl3_|tls_|ssl_|CRYPTO_|BIO_|X509|EVP_|OPENSSL|ossl_|ASN1|asio::ssl"),
    ("HTTP/2 (nghttp2)", r"nghttp2"),
    ("HTTP client (curl)", r"curl|Curl"),
    ("Opus", r"opus"),
    ("resampler", r"speex"),
    ("HTTP (Beast)", r"boost::beast"),
    ("JSON", r"nlohmann"),
    ("metrics", r"prometheus"),
    ("log", r"spdlog"),
    ("pacer and sound", r"atlas::audio"),
    ("conversation", r"atlas::conversation"),
    ("client protocol", r"atlas::protocol"),
    ("provider clients", r"atlas::providers"),
    ("call", r"atlas::call"),
    ("net", r"atlas::net"),
    ("event loop (Asio)", r"boost::asio"),
)


def kind_of(stack):
    """`stack` from the outermost inwards, as a flame graph's line has it."""
    for frame in reversed(stack.split(";")):
        for name, pattern in KINDS:
            if re.search(pattern, frame):
                return name
    return "other"


def by_kind(flames):
    """Bytes by kind, of "outer;inner;innermost BYTES" lines."""
    found = {}
    for line in flames.splitlines():
        stack, _, size = line.rpartition(" ")
        if size.isdigit():
            kind = kind_of(stack)
            found[kind] = found.get(kind, 0) + int(size)
    return found


def peak(place, calls, seconds):
    """What was allocated at the moment when most was, by kind, with this many calls."""
    raw, packed, flames = (place.work / f"heap.{end}" for end in ("raw", "txt", "flames"))
    row = {"calls": calls, "ramp": 2, "duration": seconds}
    preload = {"LD_PRELOAD": str(PRELOAD), "DUMP_HEAPTRACK_OUTPUT": str(raw)}
    with Sandbox(place) as sandbox, Gateway(place, sandbox, 150, preload=preload) as gateway:
        process, _ = load.start_callers(place, row, sandbox, gateway)
        try:
            load.wait(process, row)
        finally:
            end(process)
    with open(raw, "rb") as source, open(packed, "wb") as target:
        subprocess.run([INTERPRET], stdin=source, stdout=target, stderr=subprocess.DEVNULL, timeout=120, check=False)
    subprocess.run(
        ["heaptrack_print", "-f", packed, "--flamegraph-cost-type", "peak", "-F", flames],
        capture_output=True, timeout=120, check=False,
    )
    raw.unlink(missing_ok=True)
    return by_kind(machine.read(flames))


def run(place, row, quick):
    """Mappings idle and busy, socket buffers of the kernel, and where heaptrack exists the account per call."""
    moments = {}

    def after_start(gateway, _):
        moments["idle"] = machine.mappings_kb(gateway.pid)
        moments["idle_sockets"] = machine.socket_buffers_kb()

        def look(passed):
            if "busy" not in moments and passed > row["ramp"] + row["duration"] - 1.5:
                moments["busy"] = machine.mappings_kb(gateway.pid)
                moments["busy_sockets"] = machine.socket_buffers_kb()

        return [look]

    report = load.run(place, row, after_start=after_start)
    found = {"load": report, "calls": row["calls"], **moments}
    if not (PRELOAD.exists() and INTERPRET.exists() and shutil.which("heaptrack_print")):
        found["heap_missing"] = "heaptrack is missing (Debian package heaptrack)"
        return found
    few, many = (1, 6) if quick else (2, 22)
    seconds = 4 if quick else 10
    began = time.monotonic()
    small, large = peak(place, few, seconds), peak(place, many, seconds)
    if not large:
        raise Failed("heaptrack saw no allocation")
    found["heap"] = {
        "calls": [few, many],
        "took_s": round(time.monotonic() - began, 1),
        "bytes_per_call": {
            kind: round((large.get(kind, 0) - small.get(kind, 0)) / (many - few)) for kind in set(small) | set(large)
        },
        "bytes_without_calls": {
            kind: round(small.get(kind, 0) - (large.get(kind, 0) - small.get(kind, 0)) / (many - few) * few)
            for kind in set(small) | set(large)
        },
    }
    return found

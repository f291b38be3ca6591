"""What the kernel says: of this machine, of a process, and of how quiet it was while something was measured."""

import os
import pathlib
import platform
import re
import resource
import subprocess

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


def read(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def output(*command):
    """What the command prints, or nothing when it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def cores():
    return sorted(os.sched_getaffinity(0))


def describe():
    """The machine and the versions, for the results."""
    cpu = re.search(r"model name\s*:\s*(.*)", read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", read("/proc/meminfo"))
    system = re.search(r'PRETTY_NAME="(.*)"', read("/etc/os-release"))
    packages = {
        name: output("dpkg-query", "-W", "-f", "${Version}", name)
        for name in ("g++-12", "libboost1.81-dev", "libssl3", "libcurl4", "libnghttp2-14", "libopus0")
    }
    return {
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "virtual": "hypervisor" in read("/proc/cpuinfo"),
        "cores": len(cores()),
        "memory_mb": int(memory.group(1)) // 1024 if memory else 0,
        "system": system.group(1) if system else platform.system(),
        "kernel": re.match(r"[\d.]*", platform.release()).group(),
        "compiler": output("g++", "--version").partition("\n")[0],
        "packages": {name: version for name, version in packages.items() if version},
    }


class Quiet:
    """How much of the machine others used between its making and done(), in cores."""

    def __init__(self):
        self.began = self._now()

    def _now(self):
        # Of the first line: user, nice, system, idle, iowait, irq, softirq, steal.
        ticks = [int(word) for word in read("/proc/stat").partition("\n")[0].split()[1:9]]
        own = sum(
            usage.ru_utime + usage.ru_stime
            for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        )
        up = float(read("/proc/uptime").split()[0])
        busy = sum(ticks) - ticks[3] - ticks[4] - ticks[7]
        return up, busy / TICK, ticks[7] / TICK, own

    def done(self):
        """Only after the own children have been waited for: their time is known then."""
        time, busy, steal, own = (now - then for now, then in zip(self._now(), self.began))
        time = max(time, 0.01)
        return {"others": round(max(busy - own, 0) / time, 3), "stolen": round(steal / time, 3)}


def memory_kb(pid):
    """Resident and private memory of a process, from /proc/PID/smaps_rollup."""
    text = read(f"/proc/{pid}/smaps_rollup")

    def total(name):
        return sum(int(kb) for kb in re.findall(rf"^{name}\w*:\s+(\d+) kB", text, re.MULTILINE))

    return {"resident": total("Rss"), "own": total("Private_")}


def mappings_kb(pid):
    """Resident memory by what is mapped: heap, stack, other anonymous memory, the program, libraries."""
    found = {}
    kind = "other"
    for line in read(f"/proc/{pid}/smaps").splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            words = line.split(maxsplit=5)
            name = words[5] if len(words) > 5 else ""
            kind = kind_of_mapping(name)
        elif line.startswith("Rss:"):
            found[kind] = found.get(kind, 0) + int(line.split()[1])
    return found


def kind_of_mapping(name):
    if name == "[heap]":
        return "heap"
    if name.startswith("[stack"):
        return "stack"
    if not name or name.startswith("["):
        return "other anonymous"
    return "program" if name.endswith("/atlas-voice") else "libraries and files"


def cpu_ns(pid):
    """CPU time of all threads of a process in nanoseconds."""
    return sum(
        int((read(stat).split() or ["0"])[0]) for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    )


def socket_buffers_kb():
    """Memory of all TCP sockets of the machine, as the kernel accounts it."""
    found = re.search(r"^TCP:.* mem (\d+)", read("/proc/net/sockstat"), re.MULTILINE)
    return int(found.group(1)) * PAGE // 1024 if found else 0

"""Fly's shared-cpu-1x on this machine: a control group with a sixteenth of a core and 512 MB.

The group is made below the script's own, in version 1 or 2 of the kernel's interface, whichever holds the cpu
and memory controllers. It is removed again.
"""

import os
import pathlib
import time

from . import machine

PERIOD_US = 80_000
QUOTA_US = 5_000
MEMORY_BYTES = 512 * 1024 * 1024
NEW_MACHINE_BANK_S = 5.0  # what Fly gives a new machine; it may save up to 500 s
FULL_BANK_S = 500.0


class NotPossible(Exception):
    """Control groups cannot be made here; the text says why."""


def hierarchies(mounts, own):
    """Where the cpu and memory controllers are: (version, {controller: folder of this process}).

    `mounts` is /proc/self/mounts, `own` /proc/self/cgroup (cgroups(7)).
    """
    places = {}
    for line in own.splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(",") if names else [""]:
            places[name] = path.lstrip("/")
    old, new = {}, None
    for line in mounts.splitlines():
        words = line.split()
        if len(words) < 4:
            continue
        _, folder, kind, options = words[:4]
        if kind == "cgroup2":
            new = pathlib.Path(folder)
        elif kind == "cgroup":
            for name in {"cpu", "memory"} & set(options.split(",")):
                old[name] = pathlib.Path(folder, places.get(name, ""))
    if len(old) == 2:
        return 1, old
    if new is None:
        raise NotPossible("no control groups are mounted")
    own_folder = new / places.get("", "")
    return 2, {"cpu": own_folder, "memory": own_folder}


class Group:
    """One control group; `with Group() as group:` makes and removes it. Tests bring a kernel of their own."""

    def __init__(self, mounts=None, own=None, mkdir=os.mkdir, rmdir=os.rmdir):
        self.name = f"atlas-bench-{os.getpid()}"
        self.mkdir, self.rmdir = mkdir, rmdir
        mounts = machine.read("/proc/self/mounts") if mounts is None else mounts
        own = machine.read("/proc/self/cgroup") if own is None else own
        self.version, self.parents = hierarchies(mounts, own)
        self.folders = []
        self.cpu = self.memory = None

    def __enter__(self):
        try:
            if self.version == 1:
                self.cpu = self._make(self.parents["cpu"])
                self.memory = self._make(self.parents["memory"])
                self._write(self.memory / "memory.limit_in_bytes", MEMORY_BYTES)
            else:
                self.cpu = self.memory = self._make_unified(self.parents["cpu"])
                self._write(self.memory / "memory.max", MEMORY_BYTES)
            self.limit(QUOTA_US)
        except (OSError, NotPossible) as error:
            self.remove()
            raise NotPossible(f"control groups (version {self.version}) cannot be set up here: {error}") from error
        return self

    def __exit__(self, *_):
        self.remove()

    def _make(self, parent):
        folder = parent / self.name
        self.mkdir(folder)
        self.folders.append(folder)
        return folder

    def _make_unified(self, own):
        """Below the own group if that may have children with controllers, else beside it or higher up."""
        place = own
        while (place / "cgroup.controllers").exists():
            self._offer_controllers(place)
            folder = self._make(place)
            if (folder / "cpu.max").exists() and (folder / "memory.max").exists():
                return folder
            self.rmdir(self.folders.pop())
            place = place.parent
        raise NotPossible(f"neither {own} nor a group above it has the cpu and memory controllers for children")

    def _offer_controllers(self, place):
        for name in ("+cpu", "+memory"):
            try:
                self._write(place / "cgroup.subtree_control", name)
            except OSError:
                pass  # a group with processes of its own may not: the next one up is tried

    @staticmethod
    def _write(path, value):
        with open(path, "w", encoding="ascii") as file:
            file.write(str(value))

    def limit(self, quota_us, burst_us=0):
        """So much CPU in every period. The kernel saves up `burst_us` of what is not used, at most a quota."""
        if self.version == 1:
            self._write(self.cpu / "cpu.cfs_burst_us", 0)
            self._write(self.cpu / "cpu.cfs_period_us", PERIOD_US)
            self._write(self.cpu / "cpu.cfs_quota_us", quota_us)
            self._write(self.cpu / "cpu.cfs_burst_us", burst_us)
        else:
            if (self.cpu / "cpu.max.burst").exists():
                self._write(self.cpu / "cpu.max.burst", 0)
            self._write(self.cpu / "cpu.max", f"{quota_us} {PERIOD_US}")
            if burst_us:
                self._write(self.cpu / "cpu.max.burst", burst_us)

    def join(self):
        """Moves the calling process in: for a child between fork and exec."""
        for folder in self.folders:
            self._write(folder / "cgroup.procs", 0)

    def throttling(self):
        """Periods that went by, and those in which the group had to stand still."""
        words = machine.read(self.cpu / "cpu.stat").split()
        stat = dict(zip(words[::2], words[1::2]))
        return {"periods": int(stat.get("nr_periods", 0)), "throttled": int(stat.get("nr_throttled", 0))}

    def remove(self):
        """The kernel takes a moment to forget the last process that was in it."""
        for folder in self.folders:
            for _ in range(100):
                try:
                    self.rmdir(folder)
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.05)
        self.folders = []


class Bank:
    """Fly's bank, which the kernel does not have: what is not used of the share is saved, and while something
    is saved a whole core may be used. tick() every 20 ms or so."""

    def __init__(self, group, pid, seconds=NEW_MACHINE_BANK_S):
        self.group, self.pid, self.seconds = group, pid, seconds
        self.at, self.used = time.monotonic(), machine.cpu_ns(pid)
        self.open = None
        self.empty_s = 0.0
        self._set(True)

    def tick(self):
        now, used = time.monotonic(), machine.cpu_ns(self.pid)
        passed = now - self.at
        self.seconds += passed * QUOTA_US / PERIOD_US - (used - self.used) / 1e9
        self.seconds = min(max(self.seconds, 0.0), FULL_BANK_S)
        self.at, self.used = now, used
        if not self.open:
            self.empty_s += passed
        self._set(self.seconds > 0)

    def _set(self, is_open):
        if is_open != self.open:
            self.group.limit(PERIOD_US if is_open else QUOTA_US)
            self.open = is_open

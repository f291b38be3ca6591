"""How many calls an emulated shared-cpu-1x carries."""

from . import load
from .cgroup import QUOTA_US, Bank, Group

SHARE = 62.5  # ms of CPU a second
GOAL = 150
STEPS = (150, 120, 100, 80, 64, 50, 40, 32, 25, 20, 16, 12, 9, 7, 5, 3, 1)


def attempt(place, calls, seconds, burst_us=0, bank=False, frame_ms=40):
    """One run inside the group; its report with how often the group stood still."""
    row = {"calls": calls, "ramp": max(4, calls // 8), "duration": seconds, "frame_ms": frame_ms}
    banks = []
    with Group() as group:
        group.limit(QUOTA_US, burst_us)

        def after_start(gateway, _):
            if not bank:
                return []
            banks.append(Bank(group, gateway.pid))
            return [lambda _: banks[0].tick()]

        report = load.run(place, row, group, after_start, every=0.02)
        report["throttling"] = group.throttling()
        report["cgroup_version"] = group.version
    if banks:
        report["bank_left_s"] = round(banks[0].seconds, 2)
        report["bank_empty_s"] = round(banks[0].empty_s, 1)
    report["calls"] = calls
    report["held"] = load.held(report)
    return report


def candidates(cpu_ms):
    """The goal first; when it is missed, down from what the cost of a call lets expect."""
    expected = SHARE / cpu_ms * 1.3 if cpu_ms else GOAL
    return [GOAL] + [step for step in STEPS if step < GOAL and step <= expected]


def search(place, cpu_ms, seconds, most_attempts=4, long_seconds=0):
    """Attempts until one is held; with `long_seconds` that one is repeated for so long, and must hold again."""
    attempts = []
    for calls in candidates(cpu_ms)[:most_attempts]:
        try:
            attempts.append(attempt(place, calls, seconds))
            if attempts[-1]["held"] and long_seconds:
                attempts.append(attempt(place, calls, long_seconds))
        except load.Failed as error:  # so far beyond what it carries that nothing works
            attempts.append({"calls": calls, "held": False, "failed": str(error).splitlines()[0]})
        if attempts[-1]["held"]:
            break
    return {"attempts": attempts}


def with_saving(place, found, seconds, burst_us=0, bank=False):
    """The first number that was too many, with CPU time saved up; the largest tried when none was."""
    tried = found.get("attempts", []) if found else []
    failed = [one["calls"] for one in tried if not one["held"]]
    good = [one["calls"] for one in tried if one["held"]]
    calls = min(failed) if failed else max(good, default=20)
    return {"attempts": [attempt(place, calls, seconds, burst_us, bank)]}


"""How many calls an emulated shared-cpu-1x carries."""

from . import load
from .cgroup import QUOTA_US, Bank, Group

SHARE = 62.5  # ms of CPU a second
GOAL = 150
STEPS = (150, 120, 100, 80, 64, 50, 40, 32, 25, 20, 16, 12, 9, 7, 5, 3, 1)


def attempt(place, calls, seconds, burst_us=0, bank=False):
    """One run; again, if it was not held but the load side was late: then it says nothing of the gateway."""
    report = run(place, calls, seconds, burst_us, bank)
    if not report["held"] and not report["valid"]:
        report = run(place, calls, seconds, burst_us, bank)
    return report


def run(place, calls, seconds, burst_us, bank, frame_ms=40):
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


def too_many(one):
    """Not held, and the load side was not to blame."""
    return not one["held"] and one.get("valid", True)


def expected(cpu_ms):
    """The step nearest below what the cost of a call lets expect."""
    most = SHARE / cpu_ms if cpu_ms else GOAL
    return next((step for step in STEPS[1:] if step <= most), STEPS[-1])


def following(calls, held, tried):
    """The next number: on from what is expected, down until one is held, up until one is not; or nothing."""
    place = STEPS.index(calls) + (-1 if held else 1)
    return STEPS[place] if 0 <= place < len(STEPS) and STEPS[place] not in tried else None


def search(place, cpu_ms, seconds, most_attempts=4, long_seconds=0):
    """The goal first; if it is missed, around what the cost of a call lets expect. With `long_seconds` the most
    that were held are tried again for so long."""
    attempts, tried, calls = [], set(), GOAL
    while calls and len(attempts) < most_attempts:
        tried.add(calls)
        attempts.append(safely(place, calls, seconds))
        if calls == GOAL:
            calls = None if attempts[-1]["held"] else expected(cpu_ms)
        else:
            calls = following(calls, attempts[-1]["held"], tried)
    good = [one["calls"] for one in attempts if one["held"]]
    if good and long_seconds:
        attempts.append(safely(place, max(good), long_seconds))
    return {"attempts": attempts}


def safely(place, calls, seconds):
    try:
        return attempt(place, calls, seconds)
    except load.Failed as error:  # so far beyond what it carries that nothing works
        return {"calls": calls, "held": False, "failed": str(error).splitlines()[0]}


def with_saving(place, found, seconds, burst_us=0, bank=False):
    """The first number that was too many, with CPU time saved up; the largest tried when none was."""
    tried = found.get("attempts", [])
    failed = [one["calls"] for one in tried if too_many(one)]
    good = [one["calls"] for one in tried if one["held"]]
    calls = min(failed) if failed else max(good, default=20)
    return {"attempts": [attempt(place, calls, seconds, burst_us, bank)]}


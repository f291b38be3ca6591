"""The goals and what was measured for them. A goal that was not measured as it stands is not met."""

from . import fly as emulated
from . import results as stored

MET, MISSED, OPEN = "met", "missed", "not shown"
FLY_CALLS, FLY_SECONDS = 150, 300
TURN_CALLS = 500
BUSY_CALLS = 50  # with fewer, what a process costs by itself counts too much
CHURN_CALLS, CHURN_BYTES = 20_000, 50


class Goal:
    def __init__(self, key, what, goal, measured="not measured", verdict=OPEN, row=None):
        self.key, self.what, self.goal = key, what, goal
        self.measured, self.verdict, self.row = measured, verdict, row


def result(rows, name):
    return rows.get(name, {}).get("result", {})


def valid(rows, name):
    found = result(rows, name)
    return found if found.get("valid") and "gateway" in found else {}


def largest(rows, *series):
    """The valid load row with the most calls, of rows whose names begin with one of these: BUSY_CALLS at least."""
    found = [
        (valid(rows, name)["options"]["calls"], name)
        for name in rows
        if name.startswith(series) and valid(rows, name) and calls_of(rows, name) >= BUSY_CALLS
    ]
    return max(found)[1] if found else None


def judged(good):
    return MET if good else MISSED


def calls_of(rows, name):
    return result(rows, name)["options"]["calls"]


def cpu(rows, key, what, limit, names):
    goal = Goal(key, what, f"≤ {limit} ms")
    measured = [(valid(rows, name)["gateway"]["cpu_ms_per_call_second"], name) for name in names if valid(rows, name)]
    if measured:
        worst, goal.row = max(measured)
        goal.measured = f"{worst:.2f} ms at {calls_of(rows, goal.row)} calls"
        goal.verdict = judged(worst <= limit)
    return goal


def cpu_goals(rows):
    most = largest(rows, "ws-pcm20-n")
    return [
        cpu(rows, "cpu-60", "CPU per busy call-second, TLS to the providers included, 40–60 ms frames", 0.4,
            ["ws-pcm40-n100", "ws-pcm60-n100"]),
        cpu(rows, "cpu-20", "… 20 ms frames", 0.6, [most] if most else []),
    ]


def flat(rows):
    goal = Goal("flat", "cost per call from 10 calls on", "flat: at most 1.2 × that of 10")
    few, most = valid(rows, "ws-pcm20-n10"), largest(rows, "ws-pcm20-n")
    if few and most and calls_of(rows, most) > 10:
        ratio = valid(rows, most)["gateway"]["cpu_ms_per_call_second"] / few["gateway"]["cpu_ms_per_call_second"]
        goal.row, goal.measured = most, f"{ratio:.2f} × at {calls_of(rows, most)} calls"
        goal.verdict = judged(ratio <= 1.2)
    return goal


def fly(rows):
    what = "busy calls on the emulated `shared-cpu-1x`, sustained 5 minutes"
    goal = Goal("fly", what, "≥ 150, none dropped, none late")
    attempts = result(rows, "fly").get("attempts", [])
    good = [one for one in attempts if one["held"]]
    bad = [one["calls"] for one in attempts if emulated.too_many(one)]
    if not good and not bad:
        return goal
    goal.row = "fly"
    if not good:
        goal.measured, goal.verdict = f"fewer than {min(bad)}", MISSED
        return goal
    best = max(good, key=lambda one: (one["calls"], one["seconds"]))
    goal.measured = f"{best['calls']} for {best['seconds']:.0f} s" + (f"; {min(bad)} were too many" if bad else "")
    if best["calls"] >= FLY_CALLS:
        goal.verdict = MET if best["seconds"] >= FLY_SECONDS else OPEN
    elif bad:
        goal.verdict = MISSED
    return goal


def added(rows):
    goal = Goal("added", "added per turn at 500 calls on a full core", "p50 ≤ 0.5 ms, p99 ≤ 2 ms")
    most = largest(rows, "ws-pcm20-n", "ws-pcm40-n", "ws-pcm60-n")
    if not most:
        return goal
    stage, calls = valid(rows, most)["stages_ms"]["added"], calls_of(rows, most)
    if not stage["count"]:
        return goal
    goal.row = most
    goal.measured = f"p50 {stage['p50']:.2f} ms, p99 {stage['p99']:.2f} ms at {calls} calls"
    good = stage["p50"] <= 0.5 and stage["p99"] <= 2
    goal.verdict = MISSED if not good else MET if calls >= TURN_CALLS else OPEN
    return goal


def barge_in(rows):
    goal = Goal("barge-in", "recogniser's event → flush at the caller", "p99 ≤ 5 ms")
    most = largest(rows, "ws-pcm20-n", "ws-pcm40-n", "ws-pcm60-n")
    stage = valid(rows, most)["stages_ms"]["barge_in"] if most else {"count": 0}
    if stage["count"]:
        goal.row = most
        goal.measured = f"p99 {stage['p99']:.2f} ms of {stage['count']} at {calls_of(rows, most)} calls"
        goal.verdict = judged(stage["p99"] <= 5)
    return goal


def memory_goals(rows):
    call = Goal("memory", "memory per busy call", "≤ 0.2 MB")
    most = largest(rows, "ws-pcm20-n")
    if most:
        value = valid(rows, most)["gateway"]["mb_per_call"]
        call.row, call.measured = most, f"{value:.2f} MB at {calls_of(rows, most)} calls"
        call.verdict = judged(value <= 0.2)
    idle = Goal("idle", "memory, idle (resident)", "≤ 15 MB")
    kb = result(rows, "start").get("idle_kb")
    if kb:
        idle.row = "start"
        idle.measured = f"{kb['resident'] / 1024:.1f} MB, of it {kb['own'] / 1024:.1f} MB its own"
        idle.verdict = judged(kb["resident"] <= 15 * 1024)
    return [call, idle]


def start_and_size(rows):
    start = Goal("start", "start → healthy", "≤ 50 ms")
    found = result(rows, "start").get("healthy_ms")
    if found:
        start.row = "start"
        start.measured = f"p50 {found['p50']:.0f} ms, max {found['max']:.0f} ms of {found['count']}"
        start.verdict = judged(found["p50"] <= 50)
    image = Goal("image", "image", "≤ 30 MB")
    found = result(rows, "size").get("image")
    if found:
        image.row = "size"
        image.measured = f"{found['bytes'] / 1e6:.1f} MB ({found['at']})"
        image.verdict = judged(found["bytes"] <= 30e6)
    return [start, image]


def allocations():
    return Goal(
        "allocations", "own allocations per frame", "0",
        "0, counted by `tests/call/frame_path_test.cpp` in every run of `script/test`", MET,
    )


def burst(rows):
    goal = Goal("burst", "200 calls that begin within one second: ready", "p99 ≤ 250 ms")
    ready = result(rows, "burst-n200").get("ready", {})
    if ready.get("ms", {}).get("count"):
        goal.row = "burst-n200"
        goal.measured = f"p99 {ready['ms']['p99']:.0f} ms, {ready['calls']} of {ready['placed']} calls"
        goal.verdict = judged(ready["ms"]["p99"] <= 250 and ready["calls"] == ready["placed"] >= 200)
    return goal


def beyond(rows):
    what = "beyond capacity: refusal; added p99 of the calls it has"
    goal = Goal("beyond", what, "≤ 10 ms; at most 1.5 × that without")
    found, without = valid(rows, "beyond"), valid(rows, "ws-pcm20-n100")
    if not found or not found["refusals"]["ms"]["count"]:
        return goal
    refusal, felt = found["refusals"]["ms"]["p99"], found["stages_ms"]["added"]["p99"]
    goal.row = "beyond"
    goal.measured = f"p99 {refusal:.1f} ms of {found['refusals']['ms']['count']}; {felt:.2f} ms"
    if refusal > 10:
        goal.verdict = MISSED
    elif without:
        goal.measured += f" (without: {without['stages_ms']['added']['p99']:.2f} ms)"
        goal.verdict = judged(felt <= 1.5 * without["stages_ms"]["added"]["p99"])
    return goal


def churn(rows):
    goal = Goal("churn", "memory over 20,000 short calls", f"does not grow (≤ {CHURN_BYTES} bytes a call)")
    found = result(rows, "churn").get("memory")
    if found and found["calls"]:
        goal.row = "churn"
        goal.measured = f"{found['bytes_per_call']:.0f} bytes a call over {found['calls']} calls"
        # Those after the first third, in which memory settles. With fewer, calls that happen to hold more sound
        # at the end than at the beginning look like growth: nothing is shown either way.
        enough = found["calls"] >= CHURN_CALLS * 0.6
        goal.verdict = judged(found["bytes_per_call"] <= CHURN_BYTES) if enough else OPEN
    return goal


def judge(rows):
    """Every goal, in the order of the page."""
    goals = [*cpu_goals(rows), flat(rows), fly(rows), added(rows), barge_in(rows), *memory_goals(rows)]
    goals += [*start_and_size(rows), allocations(), burst(rows), beyond(rows), churn(rows)]
    for goal in goals:
        if goal.row and stored.noisy(result(rows, goal.row)):
            goal.measured += " (noisy)"
    return goals

"""The rows: what is measured, how long it takes, and whether it belongs to the short table."""

from . import cgroup, fly, load, memory, micro, profile, special


class Row:
    """One row. `measure(context)` gives its result; `seconds` is what it takes, about, `longer` what --long adds."""

    def __init__(self, name, about, seconds, measure, quick=False, longer=0):
        self.name, self.about, self.seconds, self.measure = name, about, seconds, measure
        self.quick, self.longer = quick, longer

    def takes(self, context):
        return self.seconds * 0.4 if context.quick else self.seconds + (self.longer if context.long else 0)


class Context:
    """What a row needs to know: places, whether the run is short or long, and the rows before it."""

    def __init__(self, place, root, quick, long, results):
        self.place, self.root, self.quick, self.long, self.results = place, root, quick, long, results

    def result(self, name):
        return self.results.rows.get(name, {}).get("result", {})


def load_row(name, about, calls, quick=False, duration=15, **more):
    # A call costs most while it begins: not more than 40 of them a second.
    ramp = more.pop("ramp", max(2, -(-calls // 40)))

    def measure(context):
        short = {"duration": 5, "ramp": min(ramp, 2)} if context.quick else {}
        return load.run(context.place, {"calls": calls, "ramp": ramp, "duration": duration, **more, **short})

    return Row(name, about, ramp + duration + 4, measure, quick)


def cost_of_call(context):
    """CPU of a call-second in a row that is like those of the emulated machine."""
    for name in ("ws-pcm40-n100", "ws-pcm20-n100", "ws-pcm20-n50", "ws-pcm20-n10"):
        found = context.result(name).get("gateway", {}).get("cpu_ms_per_call_second")
        if found:
            return found
    return None


def fly_search(context):
    if context.quick:
        return {"attempts": [fly.attempt(context.place, 8, 6)]}
    return fly.search(context.place, cost_of_call(context), 20, 4, 300 if context.long else 0)


def fly_saving(**more):
    return lambda context: fly.with_saving(
        context.place, context.result("fly"), 6 if context.quick else 20, **more
    )


def churn(context):
    calls, seconds = (10, 8) if context.quick else (120, 500) if context.long else (120, 45)
    row = {"calls": calls, "ramp": 3, "duration": seconds, "call_ms": 3000, "talk_ms": 600, "interrupt_every": 0}
    return special.churn(context.place, row)


def rows():
    """In the order in which they run: what the goals need comes first."""
    table = [
        Row("size", "program and image", 2, lambda c: special.size(c.place, c.root), True),
        Row("start", "process start to healthy; an idle gateway's memory", 12,
            lambda c: special.start(c.place, 3 if c.quick else 20), True),
        Row("floor", "what the operating system takes for the same messages", 20,
            lambda c: special.floor(c.place, c.quick), True),
        Row("instructions", "callgrind's count for the frame path", 25,
            lambda c: micro.instructions(c.place, c.root), True),
    ]
    for calls in (1, 10, 50, 100, 150, 200):
        table.append(load_row(f"ws-pcm20-n{calls}", f"{calls} calls, plain, 20 ms frames of PCM", calls,
                              quick=calls == 10, frame_ms=20, duration=20 if calls <= 10 else 15))
    table += [
        load_row("ws-pcm40-n100", "100 calls, plain, 40 ms frames of PCM", 100, frame_ms=40),
        load_row("ws-pcm60-n100", "100 calls, plain, 60 ms frames of PCM", 100, frame_ms=60),
        load_row("wss-pcm20-n100", "100 calls over TLS, 20 ms frames of PCM", 100, frame_ms=20, tls=True),
        load_row("wss-pcm60-n100", "100 calls over TLS, 60 ms frames of PCM", 100, frame_ms=60, tls=True),
        load_row("wss-pcm20-n10", "10 calls over TLS, 20 ms frames of PCM", 10, quick=True, frame_ms=20, tls=True),
        load_row("ws-opus20-n50", "50 calls, plain, 20 ms frames of Opus", 50, codec="opus", frame_ms=20),
        load_row("ws-opus60-n50", "50 calls, plain, 60 ms frames of Opus", 50, quick=True, codec="opus",
                 frame_ms=60),
        load_row("ws-pcm20-published", "100 calls, providers as slow as published", 100, frame_ms=20,
                 latency="published", duration=20),
        load_row("ws-pcm60-n300", "300 calls, plain, 60 ms frames of PCM", 300, frame_ms=60),
        load_row("ws-pcm60-n500", "500 calls, plain, 60 ms frames of PCM", 500, frame_ms=60),
        load_row("burst-n200", "200 calls that begin within one second", 200, ramp=1, duration=6, frame_ms=40),
        Row("beyond", "100 calls on a gateway for 100, and 20 more attempts a second", 24, lambda c: special.beyond(
            c.place, {"calls": 10, "ramp": 1, "duration": 5} if c.quick else
            {"calls": 100, "ramp": 3, "duration": 15, "frame_ms": 20}), True),
        Row("churn", "short calls, one after the other: memory", 55, churn, True, 460),
        Row("fly", "emulated shared-cpu-1x, no CPU time saved", 150, fly_search, True, 340),
        Row("fly-burst", "… with the kernel's burst of 5 ms", 42, fly_saving(burst_us=cgroup.QUOTA_US), True),
        Row("fly-bank", "… with a new machine's bank of 5 s", 42, fly_saving(bank=True), True),
        Row("profile", "where the time goes, 50 calls", 22,
            lambda c: profile.run(c.place, {"calls": 10 if c.quick else 50, "ramp": 2, "duration": 12,
                                            "frame_ms": 20}), True),
        Row("memory", "where the memory is, 50 calls", 55,
            lambda c: memory.run(c.place, {"calls": 10 if c.quick else 50, "ramp": 2,
                                           "duration": 6 if c.quick else 12}, c.quick), True),
        Row("micro", "the pieces of our own code", 60, lambda c: micro.clock(c.place, c.quick), True),
    ]
    return table

"""The parts of the page about calls: load, the emulated machine, extremes."""

import re

from . import results
from .markdown import mb, number, table


LOAD_HEAD = [
    "row", "calls", "CPU, ms a call-second", "of a core", "MB a call", "turns", "added p50, ms", "added p99, ms",
    "barge-in p99, ms", "late frames", "errors",
]


def load_line(name, row):
    """One load row: what it costs and what it adds, or why it is not reported."""
    if "failed" in row:
        return [name, f"not measured: {row['failed'].splitlines()[0]}"] + ["–"] * 9
    found = row["result"]
    calls = found["options"]["calls"]
    if not found["valid"]:
        return [name, f"{calls}, not reported: {'; '.join(found['bottlenecks'])}"] + ["–"] * 9
    stages, gateway = found["stages_ms"], found["gateway"]
    added, barge_in = stages["added"], stages["barge_in"]
    return [
        name + ("\\*" if results.noisy(found) else ""),
        calls,
        number(gateway["cpu_ms_per_call_second"]),
        f"{gateway['cpu_seconds'] / found['seconds'] * 100:.0f} %",
        number(gateway["mb_per_call"]),
        added["count"],
        number(added.get("p50")),
        number(added.get("p99")),
        number(barge_in.get("p99")),
        found["frames"]["late"],
        found["errors"],
    ]


def load_table(rows):
    named = [name for name in rows if re.match(r"wss?-|burst-", name)]
    if not named:
        return "Not measured yet."
    return table(LOAD_HEAD, [load_line(name, rows[name]) for name in named], range(1, 11))


def lag_table(rows):
    """How late the loop ran in the load rows: the share of its looks at the clock, up to each bound."""
    named = [name for name in rows if re.match(r"wss?-|burst-", name) and rows[name].get("result", {}).get("loop_late")]
    if not named:
        return "Not measured yet."
    bounds = [bound for bound, _ in rows[named[0]]["result"]["loop_late"] if bound <= 50]
    lines = []
    for name in named:
        shares = dict(map(tuple, rows[name]["result"]["loop_late"]))
        lines.append([name] + [f"{shares.get(bound, 0) * 100:.1f}" for bound in bounds])
    return table(["row"] + [f"≤ {bound:g} ms" for bound in bounds], lines, range(1, len(bounds) + 1))


def floor(rows):
    """What the machine takes for itself: beside what the gateway takes in the rows that are like it."""
    row = rows.get("floor", {})
    if "result" not in row:
        return "Not measured yet."
    found = row["result"]
    turn = found["turn_ms"]
    lines = []
    for frame, cpu in found["cpu_ms_per_call_second"].items():
        like = rows.get(f"ws-pcm{frame}-n100", {}).get("result", {})
        lines.append([f"CPU, ms a call-second, {frame} ms frames, {found['calls']} calls", number(cpu),
                      number(like.get("gateway", {}).get("cpu_ms_per_call_second"))])
    added = rows.get("ws-pcm20-n10", {}).get("result", {}).get("stages_ms", {}).get("added", {})
    for share in ("p50", "p99"):
        lines.append([f"added to a turn, ms, {share}, 10 calls", number(turn[share]), number(added.get(share))])
    return table(["what", "the least", "the gateway"], lines, range(1, 3))


def fly_table(rows):
    lines = []
    for name, title in (("fly", "nothing saved"), ("fly-burst", "kernel's burst, 5 ms"), ("fly-bank", "bank of 5 s")):
        row = rows.get(name)
        if not row:
            continue
        if "failed" in row:
            lines.append([title, f"not measured: {row['failed']}"] + ["–"] * 6)
            continue
        lines += [fly_line(title, one) for one in row["result"]["attempts"]]
    head = ["CPU time saved", "calls", "measured, s", "CPU, ms a call-second", "periods it stood still", "late frames",
            "added p99, ms", "errors"]
    if not lines:
        return "Not measured yet."
    said = table([*head, ""], [line + [""] * (9 - len(line)) for line in lines], range(1, 8))
    versions = {one["cgroup_version"] for row in rows.values() for one in attempts(row) if "cgroup_version" in one}
    return said + "".join(f"\n\nControl groups of version {version}." for version in sorted(versions))


def attempts(row):
    return row.get("result", {}).get("attempts", [])


def fly_line(title, one):
    if "failed" in one:
        return [title, one["calls"], f"nothing: {one['failed']}"] + ["–"] * 5 + ["did not hold"]
    stood = one["throttling"]
    held = "held" if one["held"] else "did not hold" if one["valid"] else "not reported"
    if not one["valid"]:
        held += ": " + "; ".join(one["bottlenecks"])
    if "bank_empty_s" in one:
        held += f"; bank empty for {one['bank_empty_s']:.0f} s"
    share = stood["throttled"] / stood["periods"] * 100 if stood["periods"] else 0
    return [
        title, one["calls"], f"{one['seconds']:.0f}", number(one["gateway"]["cpu_ms_per_call_second"]),
        f"{share:.0f} %", one["frames"]["late"], number(one["stages_ms"]["added"].get("p99"), 1), one["errors"], held,
    ]


def extremes(rows):
    """Prose of the rows that are no load table."""
    said = []
    found = rows.get("beyond", {}).get("result")
    if found:
        refusals = found["refusals"]
        answers = ", ".join(f"{count} × {status}" for status, count in sorted(refusals["answers"].items()))
        said.append(
            f"**Beyond capacity**: a gateway for {found['options']['calls']} calls that has them was asked for "
            f"{sum(refusals['answers'].values())} more ({answers}). A refusal took p50 {refusals['ms']['p50']:.1f} ms, "
            f"p99 {refusals['ms']['p99']:.1f} ms from connecting on."
        )
    found = rows.get("burst-n200", {}).get("result")
    if found and found.get("ready", {}).get("ms", {}).get("count"):
        ready = found["ready"]
        said.append(
            f"**A burst**: {ready['placed']} calls in {found['options']['ramp_ms'] / 1000:.0f} s: ready after p50 "
            f"{ready['ms']['p50']:.1f} ms, p99 {ready['ms']['p99']:.1f} ms. Sandbox and callers have one core together "
            "where the machine has two: their share is in it."
        )
    found = rows.get("churn", {}).get("result")
    if found:
        memory = found["memory"]
        said.append(
            f"**Short calls**: {found['ready']['placed']} calls of {found['options']['call_ms'] / 1000:.0f} s, "
            f"{found['options']['calls']} at once, {found['errors']} errors. Resident memory over the last "
            f"{memory['calls']}: {mb(memory['kb_first'])} MB, then {mb(memory['kb_last'])} MB: "
            f"{memory['bytes_per_call']:.0f} bytes a call (slope of the straight line nearest to a sample a second)."
        )
    return "\n\n".join(said) or "Not measured yet."

"""The parts of the page about what things cost: start, size, time, memory, the pieces of the code."""

from . import micro
from .markdown import mb, number, table


def start_and_size(rows):
    said = []
    found = rows.get("start", {}).get("result")
    if found:
        parts = ", ".join(f"{kind} {mb(kb)}" for kind, kb in by_size(found["idle_kb"]["parts"]))
        healthy = found["healthy_ms"]
        said.append(
            f"From the start of the process to the first healthy answer of `/health`: p50 {healthy['p50']:.1f} ms, "
            f"max {healthy['max']:.1f} ms of {healthy['count']}, {found['healthy_cpu_ms']['p50']:.1f} ms of it CPU "
            f"time. Idle it has {mb(found['idle_kb']['resident'])} MB resident, of it {mb(found['idle_kb']['own'])} MB "
            f"its own; in MB: {parts}."
        )
    found = rows.get("size", {}).get("result")
    if found:
        said.append(
            f"The program has {found['binary_bytes'] / 1e6:.1f} MB, without symbols, as in the image, "
            f"{found['stripped_bytes'] / 1e6:.1f} MB."
        )
        image = found.get("image")
        if image:
            lines = [[f"{size / 1e6:.2f}", f"`{name}`"] for size, name in image["largest"]]
            said.append(
                f"The image ({image['at']}) has {image['bytes'] / 1e6:.1f} MB in {image['files']} files; the largest:"
            )
            said.append(table(["MB", "file"], lines, [0]))
        else:
            said.append("The image has not been built here: `script/image` does, and prints its size.")
    return "\n\n".join(said) or "Not measured yet."


def by_size(parts):
    return sorted(parts.items(), key=lambda part: -part[1])


def profile(rows):
    row = rows.get("profile", {})
    if "result" not in row:
        return "Not measured: " + row.get("failed", "not yet") + "."
    found = row["result"]
    kinds = table(["work", "share"], [[name, f"{share * 100:.1f} %"] for name, share in found["kinds"]], [1])
    functions = table(
        ["function", "share"], [[f"`{name}`", f"{share * 100:.1f} %"] for name, share in found["functions"][:12]], [1]
    )
    samples = f"{found['samples']} samples at {found['calls']} calls."
    return "\n\n".join([samples, kinds, "The functions with the most time of their own:", functions])


def memory(rows):
    row = rows.get("memory", {})
    if "result" not in row:
        return "Not measured: " + row.get("failed", "not yet") + "."
    found = row["result"]
    calls, idle, busy = found["calls"], found["idle"], found["busy"]
    names = sorted(set(idle) | set(busy), key=lambda name: -busy.get(name, 0))
    lines = [
        [name, mb(idle.get(name, 0)), mb(busy.get(name, 0)), number((busy.get(name, 0) - idle.get(name, 0)) / calls, 0)]
        for name in names
    ]
    grown = found["busy_sockets"] - found["idle_sockets"]
    lines.append(["TCP buffers of the whole machine (kernel)", mb(found["idle_sockets"]), mb(found["busy_sockets"]),
                  number(grown / calls, 0)])
    said = table(["resident, of the process", "idle, MB", f"{calls} calls, MB", "KB a call"], lines, [1, 2, 3])
    heap = found.get("heap")
    if not heap:
        return said + f"\n\nWhat the heap is used for: not measured, {found.get('heap_missing', 'no reason known')}."
    per_call, without = heap["bytes_per_call"], heap["bytes_without_calls"]
    kinds = [kind for kind in per_call if abs(per_call[kind]) + abs(without[kind]) > 512]
    kinds.sort(key=lambda kind: -per_call[kind])
    lines = [[kind, number(per_call[kind] / 1024, 1), number(without[kind] / 1024, 0)] for kind in kinds]
    lines.append(["**sum**", number(sum(per_call.values()) / 1024, 1), number(sum(without.values()) / 1024, 0)])
    few, many = heap["calls"]
    return (f"{said}\n\nWhat was allocated for at the moment when most was (heaptrack, {many} calls against {few}):\n\n"
            + table(["for", "KB a call", "KB without calls"], lines, [1, 2]))


def micro_table(rows):
    row = rows.get("micro", {})
    if "result" not in row:
        return "Not measured: " + row.get("failed", "not yet") + "."
    found = row["result"]["cpu_us"]
    lines = []
    for what, name, per_second in micro.ROWS:
        if name in found:
            cost = found[name]
            digits = 2 if cost < 10 else 1 if cost < 100 else 0
            in_a_second = f"{cost * per_second / 1000:.3f} ms" if per_second else "–"
            lines.append([what, f"{cost:.{digits}f} µs", in_a_second])
    result = row["result"]
    return (f"The least of {result['repetitions']} repetitions of {result['min_time_s']} s.\n\n"
            + table(["what", "CPU", "per call-second"], lines, [1, 2]))


def instructions(rows):
    row = rows.get("instructions", {})
    if "result" not in row:
        return "Not measured: " + row.get("failed", "not yet") + "."
    names = {"hear_frame": "20 ms of pcm16 16 kHz, heard", "speak_frame": "20 ms of pcm16 24 kHz, spoken"}
    lines = [[names.get(name, name), f"{one['now']:,}", f"{one['stored']:,}"]
             for name, one in row["result"]["frames"].items()]
    return table(["frame", "instructions", "stored, with 5 % of grace"], lines, [1, 2])

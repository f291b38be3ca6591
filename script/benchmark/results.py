"""The stored runs: bench/results/TIME-COMMIT.json, one file a run, every row with its own time and commit."""

import json
import os
import pathlib
import time

from . import machine

FORMAT = 1
NOISY = 0.1  # cores that others used
NOTE = "bench-sources.txt"


class Results:
    def __init__(self, path, data):
        self.path, self.data = pathlib.Path(path) if path else None, data

    @property
    def rows(self):
        return self.data["rows"]

    def put(self, name, about, result=None, failed=None):
        row = {"about": about, "at": now(), "commit": self.data["commit"]}
        row |= {"failed": failed} if failed else {"result": result}
        self.rows[name] = row
        self.save()

    def save(self):
        if not self.path:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(fresh, self.path)


def now():
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime())


def sources(root):
    """The last commit that changed a program; with a + when the sources are not as in it."""
    git, where = ("git", "-C", str(root)), ("--", "CMakeLists.txt", "cmake", "include", "src", "tools")
    name = machine.output(*git, "log", "-1", "--abbrev=8", "--format=%h", *where) or "unknown"
    return name + ("+" if machine.output(*git, "status", "--porcelain", *where) else "")


def note_build(build, root):
    """After a build: what the programs in this folder are made of."""
    pathlib.Path(build, NOTE).write_text(sources(root) + "\n", encoding="utf-8")


def commit(build):
    """What the programs were made of, as noted after their build; "unknown" when they are newer than that."""
    note, program = pathlib.Path(build, NOTE), pathlib.Path(build, "src", "atlas-voice")
    if not note.exists() or (program.exists() and program.stat().st_mtime > note.stat().st_mtime):
        return "unknown"
    return note.read_text(encoding="utf-8").strip()


def stored(folder):
    """All stored runs, the oldest first."""
    return sorted(pathlib.Path(folder).glob("*.json"))


def load(path):
    data = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    if data.get("format") != FORMAT:
        raise ValueError(f"{path}: not results of this script (format {data.get('format')}, not {FORMAT})")
    return Results(path, data)


def fresh(path, build):
    return Results(path, {
        "format": FORMAT, "at": now(), "commit": commit(build), "machine": machine.describe(), "rows": {},
    })


def begin(folder, build, continues):
    """The results a run writes to. One that continues takes the rows of the last run over, and its file too if
    that is of the same commit; what is measured again replaces them."""
    name = f"{time.strftime('%Y-%m-%d-%H%M', time.gmtime())}-{commit(build).rstrip('+')}.json"
    results = fresh(pathlib.Path(folder, name), build)
    old = stored(folder)
    if continues and old:
        last = load(old[-1])
        results.data["rows"] = last.rows
        if last.data["commit"] == results.data["commit"]:
            results.path = last.path
    return results


def before(folder, results):
    """The stored run before this one, or nothing."""
    older = [path for path in stored(folder) if not results.path or path.name < results.path.name]
    return load(older[-1]) if older else None


def noisy(result):
    if any(noisy(attempt) for attempt in result.get("attempts", [])):
        return True
    quiet = (result.get("load") or result).get("quiet") or {}
    return quiet.get("others", 0) > NOISY or quiet.get("stolen", 0) > NOISY


def figures(result):
    """The figures of a row that are compared from run to run; less is better in all of them."""
    found = {}
    if not result.get("valid", True):
        return found
    gateway, stages = result.get("gateway", {}), result.get("stages_ms", {})
    if "gateway" in result:
        found["CPU, ms a call-second"] = gateway.get("cpu_ms_per_call_second")
        found["memory, MB a call"] = gateway.get("mb_per_call")
    found["added p99, ms"] = stages.get("added", {}).get("p99")
    found["barge-in p99, ms"] = stages.get("barge_in", {}).get("p99")
    found["healthy p50, ms"] = result.get("healthy_ms", {}).get("p50")
    found["stripped program, MB"] = round(result.get("stripped_bytes", 0) / 1e6, 2) or None
    for name, counted in result.get("frames", {}).items():
        if isinstance(counted, dict) and "now" in counted:
            found[f"{name}, instructions"] = counted["now"]
    return {name: value for name, value in found.items() if value}


def compare(results, old):
    """(row, figure, then, now, change) of everything both have measured; change as a share."""
    found = []
    for name, row in results.rows.items():
        then = old.rows.get(name, {}).get("result")
        if not then or "result" not in row or old.rows[name]["at"] == row["at"]:
            continue
        earlier = figures(then)
        for figure, value in figures(row["result"]).items():
            if figure in earlier:
                found.append((name, figure, earlier[figure], value, value / earlier[figure] - 1))
    return found

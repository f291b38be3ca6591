"""docs/benchmarks.md: the prose of bench/benchmarks.template.md with tables made of stored results.

The page is a function of the template, the findings and the results, and of nothing else.
"""

import re

from . import goals, page_cost, page_load, results
from . import table as measurements
from .markdown import table

VERDICTS = {goals.MET: "**met**", goals.MISSED: "**missed**", goals.OPEN: "not shown"}


def goal_table(rows):
    lines = [[goal.what, goal.goal, goal.measured, VERDICTS[goal.verdict]] for goal in goals.judge(rows)]
    return table(["what", "goal", "measured", ""], lines)


def findings(rows, text):
    """The findings whose goals are not met: "## KEY" and what is known of the cause."""
    known = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    lines = []
    for goal in goals.judge(rows):
        cause = known.get(goal.key)
        if goal.verdict == goals.MISSED or (goal.verdict == goals.OPEN and cause):
            cause = " ".join((cause or "the cause has not been looked for yet.").split())
            lines.append(f"- **{goal.what.lstrip('… ')}**: {cause}")
    return "\n".join(lines) or "Nothing is known to be missed."


def machine_table(data):
    found = data["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    kind = ", virtual" if found["virtual"] else ""
    return table(["", ""], [
        ["measured", f"{data['at']} UTC, commit {data['commit']}"],
        ["machine", f"{found['cpu']}, {found['cores']} cores{kind}, {found['memory_mb'] / 1024:.0f} GB"],
        ["system", f"{found['system']}, Linux {found['kernel']}"],
        ["compiler", found["compiler"]],
        ["libraries", packages],
    ])


def noise(data):
    """Rows that were disturbed, and those of another time."""
    said = []
    disturbed = [name for name, row in data["rows"].items() if results.noisy(row.get("result", {}))]
    if disturbed:
        said.append(
            f"\\* **Noisy**: others used more than {results.NOISY} cores of the machine meanwhile: "
            f"{', '.join(disturbed)}."
        )
    older = {}
    for name, row in data["rows"].items():
        if row["commit"] != data["commit"]:
            older.setdefault((row["commit"], row["at"][:10]), []).append(name)
    for (commit, day), names in sorted(older.items()):
        said.append(f"Of commit {commit}, {day}: {', '.join(names)}.")
    missing = [f"{name} ({row['failed'].splitlines()[0]})" for name, row in data["rows"].items() if "failed" in row]
    if missing:
        said.append(f"Not measured: {'; '.join(missing)}.")
    return "\n\n".join(said) or "No row was disturbed; all are of this commit."


def comparison(found, old):
    if old is None:
        return "There is no run before this one."
    changed = [line for line in compare_lines(found, old)]
    head = f"Against {old.data['at']} UTC, commit {old.data['commit']}"
    if not changed:
        return f"{head}: nothing changed by more than 5 %."
    said = table(["row", "figure", "then", "now", "change"], changed, [2, 3, 4])
    return f"{head}, what changed by more than 5 %:\n\n{said}"


def compare_lines(found, old, least=0.05):
    for row, figure, then, now, change in results.compare(found, old):
        if abs(change) > least:
            yield [row, figure, f"{then:g}", f"{now:g}", f"{change * 100:+.0f} %"]


def write(found, old, template, known):
    """The whole page."""
    place = {row.name: index for index, row in enumerate(measurements.rows())}
    rows = dict(sorted(found.rows.items(), key=lambda row: place.get(row[0], len(place))))
    parts = {
        "goals": goal_table(rows),
        "findings": findings(rows, known),
        "machine": machine_table(found.data),
        "noise": noise(found.data),
        "load": page_load.load_table(rows),
        "floor": page_load.floor(rows),
        "lag": page_load.lag_table(rows),
        "fly": page_load.fly_table(rows),
        "extremes": page_load.extremes(rows),
        "start": page_cost.start_and_size(rows),
        "profile": page_cost.profile(rows),
        "memory": page_cost.memory(rows),
        "micro": page_cost.micro_table(rows),
        "instructions": page_cost.instructions(rows),
        "comparison": comparison(found, old),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match.group(1)], template)

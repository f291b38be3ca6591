"""script/bench's own program: takes the arguments, runs the rows, stores and prints them, writes the page."""

import argparse
import fnmatch
import pathlib
import resource
import signal
import sys
import tempfile
import time

from . import cgroup, goals, page, programs, results, table

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORED = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
TEMPLATE = ROOT / "bench" / "benchmarks.template.md"
FINDINGS = ROOT / "bench" / "findings.md"


def parse(arguments):
    parser = argparse.ArgumentParser(prog="script/bench", add_help=False)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "bench")
    parser.add_argument("--only", default="")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--built", action="store_true")  # script/bench says so after its build
    parser.add_argument("--report", nargs="?", const="", default=None)
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--store", type=pathlib.Path)
    return parser.parse_args(arguments)


def chosen(rows, options, kept):
    """The rows to run; a name that fits nothing is a mistake."""
    if options.only:
        wanted = options.only.split(",")
        for pattern in wanted:
            if not any(fnmatch.fnmatchcase(row.name, pattern) for row in rows):
                raise programs.Failed(f"--only {pattern}: there is no such row; --list names them")
        return [row for row in rows if any(fnmatch.fnmatchcase(row.name, pattern) for pattern in wanted)]
    rows = [row for row in rows if row.quick or not options.quick]
    if options.resume:
        rows = [row for row in rows if "result" not in kept.rows.get(row.name, {})
                or kept.rows[row.name]["commit"] != kept.data["commit"]]
    return rows


def shown(result):
    """A row in one line, for whoever waits."""
    if "attempts" in result:
        verdicts = {True: "held", False: "did not hold"}
        return ", ".join(f"{one['calls']} calls {verdicts[one['held']]}" for one in result["attempts"])
    if result.get("valid") is False:
        return "not reported: " + "; ".join(result["bottlenecks"])
    figures = ", ".join(f"{name} {value:g}" for name, value in results.figures(result).items())
    return figures or "done"


def run_rows(rows, context, limit):
    began = time.monotonic()
    for row in rows:
        if time.monotonic() - began + row.takes(context) > limit:
            print(f"{row.name:22} left out: the time is up (--only {row.name} measures it)", flush=True)
            context.results.rows.setdefault(row.name, {
                "about": row.about, "at": results.now(), "commit": context.results.data["commit"],
                "failed": "the time of the run was up"})
            continue
        print(f"{row.name:22} {row.about} …", flush=True)
        try:
            found = row.measure(context)
        except (programs.Failed, cgroup.NotPossible) as error:
            context.results.put(row.name, row.about, failed=str(error))
            print(f"{'':22} not measured: {error}", flush=True)
            continue
        context.results.put(row.name, row.about, found)
        noise = "   (noisy: others used the machine, too)" if results.noisy(found) else ""
        print(f"{'':22} {shown(found)}{noise}", flush=True)


def report(found, folder, page_file):
    """Prints the goals and what changed, and writes the page."""
    old = results.before(folder, found)
    width = max(len(goal.what) for goal in goals.judge(found.rows))
    print()
    for goal in goals.judge(found.rows):
        print(f"{goal.verdict:10} {goal.what:{width}}  {goal.measured}   (goal: {goal.goal})")
    for line in page.compare_lines(found, old) if old else ():
        print("changed    " + "  ".join(line))
    template = TEMPLATE.read_text(encoding="utf-8")
    page_file.write_text(page.write(found, old, template, FINDINGS.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"\nwritten: {page_file}")


def main(arguments):
    options = parse(arguments)
    rows = table.rows()
    folder = options.store or (options.build / "quick-results" if options.quick else STORED)
    page_file = options.page or (options.build / "quick.md" if options.quick else PAGE)
    if options.list:
        for row in rows:
            print(f"{row.name:22} {row.seconds:4} s  {'quick' if row.quick else '     '}  {row.about}")
        return
    if options.report is not None:
        files = [pathlib.Path(options.report)] if options.report else results.stored(folder)[-1:]
        if not files:
            raise programs.Failed(f"there are no results in {folder}")
        report(results.load(files[0]), files[0].parent, page_file)
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if options.built:
        results.note_build(options.build, ROOT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    minutes = options.minutes or (3 if options.quick else 45 if options.long else 15)
    found = results.begin(folder, options.build, bool(options.only) or options.resume)
    todo = chosen(rows, options, found)
    with tempfile.TemporaryDirectory(prefix="atlas-bench-") as work:
        place = programs.Place(options.build, work)
        run_rows(todo, table.Context(place, ROOT, options.quick, options.long, found), minutes * 60)
    found.save()
    report(found, folder, page_file)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (programs.Failed, ValueError) as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)

"""script/bench without a measurement: goals and page from a small stored result, control groups on a kernel of
the test's own, and the reading of what other programs print."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script"))

from benchmark import cgroup, fly, goals, memory, page, page_load, profile, results, special, table  # noqa: E402

STORED = ROOT / "tests" / "checks" / "bench_result.json"
TEMPLATE = (ROOT / "bench" / "benchmarks.template.md").read_text(encoding="utf-8")


def stored():
    return json.loads(STORED.read_text(encoding="utf-8"))


class Goals(unittest.TestCase):
    def setUp(self):
        self.rows = stored()["rows"]

    def goal(self, key):
        return next(goal for goal in goals.judge(self.rows) if goal.key == key)

    def test_cost_is_judged_by_the_largest_row_that_is_valid(self):
        self.assertEqual(self.goal("cpu-20").measured, "0.55 ms at 100 calls")
        self.assertEqual(self.goal("cpu-20").verdict, goals.MET)

    def test_few_calls_do_not_show_what_a_call_costs(self):
        del self.rows["ws-pcm20-n100"], self.rows["ws-pcm40-n100"]
        for key in ("cpu-20", "memory", "added"):
            self.assertEqual((self.goal(key).verdict, self.goal(key).measured), (goals.OPEN, "not measured"), key)

    def test_cost_above_its_limit_is_missed_and_a_noisy_row_is_marked(self):
        self.assertEqual(self.goal("cpu-60").verdict, goals.MISSED)
        self.assertIn("(noisy)", self.goal("cpu-60").measured)

    def test_what_was_not_measured_is_not_met(self):
        self.rows.clear()
        for goal in goals.judge(self.rows):
            if goal.key != "allocations":  # counted by tests, not here
                self.assertEqual((goal.verdict, goal.measured), (goals.OPEN, "not measured"), goal.key)

    def test_good_figures_at_fewer_calls_than_the_goals_do_not_show_it(self):
        self.assertEqual(self.goal("added").verdict, goals.OPEN)
        self.rows["ws-pcm20-n100"]["result"]["options"]["calls"] = 500
        self.assertEqual(self.goal("added").verdict, goals.MET)
        self.rows["ws-pcm20-n100"]["result"]["stages_ms"]["added"]["p99"] = 2.1
        self.assertEqual(self.goal("added").verdict, goals.MISSED)

    def test_the_small_machine_has_to_hold_them_for_five_minutes(self):
        self.assertEqual(self.goal("fly").verdict, goals.MISSED)
        self.assertEqual(self.goal("fly").measured, "100 for 20 s; 150 were too many")
        held = self.rows["fly"]["result"]["attempts"][0]
        held["held"] = True
        self.assertEqual(self.goal("fly").verdict, goals.OPEN)
        held["seconds"] = 300.1
        self.assertEqual(self.goal("fly").verdict, goals.MET)

    def test_an_attempt_with_a_late_load_side_is_not_held_against_the_small_machine(self):
        self.rows["fly"]["result"]["attempts"][0]["valid"] = False
        self.assertEqual(self.goal("fly").measured, "100 for 20 s")
        self.assertEqual(self.goal("fly").verdict, goals.OPEN)
        self.rows["fly"]["result"]["attempts"].pop()
        self.assertEqual(self.goal("fly").measured, "not measured")

    def test_cost_has_to_be_flat(self):
        self.assertEqual(self.goal("flat").verdict, goals.MET)
        self.rows["ws-pcm20-n100"]["result"]["gateway"]["cpu_ms_per_call_second"] = 0.7
        self.assertEqual(self.goal("flat").verdict, goals.MISSED)

    def test_a_call_that_was_lost_in_the_burst_is_a_miss(self):
        self.assertEqual(self.goal("burst").verdict, goals.MET)
        self.rows["burst-n200"]["result"]["ready"]["calls"] = 199
        self.assertEqual(self.goal("burst").verdict, goals.MISSED)

    def test_refusals_may_not_cost_the_calls_that_were_taken(self):
        self.assertEqual(self.goal("beyond").verdict, goals.MET)
        self.rows["beyond"]["result"]["stages_ms"]["added"]["p99"] = 5
        self.assertEqual(self.goal("beyond").verdict, goals.MISSED)

    def test_memory_that_grows_is_a_miss_and_few_calls_show_nothing(self):
        grown = self.rows["churn"]["result"]["memory"]
        for calls, bytes_per_call, verdict in (
            (1_200, 12, goals.OPEN),
            (1_200, 51, goals.OPEN),
            (13_000, 51, goals.MISSED),
            (13_000, 50, goals.MET),
            (13_000, -9, goals.MET),
        ):
            grown.update(calls=calls, bytes_per_call=bytes_per_call)
            self.assertEqual(self.goal("churn").verdict, verdict, (calls, bytes_per_call))


class Page(unittest.TestCase):
    def write(self, data=None, old=None, findings="## cpu-60\nIt is the\nframes.\n"):
        return page.write(results.Results(None, data or stored()), old, TEMPLATE, findings)

    def test_is_the_same_for_the_same_results(self):
        self.assertEqual(self.write(), self.write())
        self.assertNotIn("{{", self.write())

    def test_tables_are_whole(self):
        text = self.write()
        for head, rule in re.findall(r"^(\|.*\|)\n(\| (?:-|:).*\|)$", text, re.MULTILINE):
            body = text.partition(head + "\n" + rule + "\n")[2].partition("\n\n")[0]
            for line in [rule, *body.splitlines()]:
                self.assertEqual(line.count("|"), head.count("|"), line)

    def test_a_row_whose_load_side_was_the_bottleneck_shows_no_figure(self):
        line = page_load.load_line("ws-pcm20-n200", stored()["rows"]["ws-pcm20-n200"])
        self.assertIn("not reported: the sandbox's loop used 97 % of a core", line[1])
        self.assertEqual(set(line[2:]), {"–"})

    def test_what_is_missing_says_why(self):
        text = self.write()
        self.assertIn("ws-pcm60-n500 (the time of the run was up)", text)
        self.assertIn("control groups (version 2) cannot be set up here: read-only", text)

    def test_every_part_survives_rows_that_are_missing_or_failed(self):
        data = stored()
        for row in data["rows"].values():
            row.pop("result", None)
            row["failed"] = "no luck"
        self.assertIn("no luck", self.write(data))
        data["rows"] = {}
        self.assertIn("Not measured yet.", self.write(data))

    def test_a_cause_is_shown_while_its_goal_is_not_met(self):
        self.assertIn("40–60 ms frames**: It is the frames.", self.write())
        data = stored()
        data["rows"]["ws-pcm40-n100"]["result"]["gateway"]["cpu_ms_per_call_second"] = 0.3
        self.assertNotIn("It is the frames.", self.write(data))

    def test_every_finding_belongs_to_a_goal(self):
        known = re.findall(r"^## (\S+)$", (ROOT / "bench" / "findings.md").read_text(encoding="utf-8"), re.MULTILINE)
        self.assertLessEqual(set(known), {goal.key for goal in goals.judge({})})

    def test_changes_against_the_run_before_are_told(self):
        old = stored()
        old["at"] = "2026-01-01 00:00"
        for row in old["rows"].values():
            row["at"] = old["at"]
        old["rows"]["ws-pcm20-n100"]["result"]["gateway"]["cpu_ms_per_call_second"] = 1.1
        text = self.write(old=results.Results(None, old))
        self.assertIn("| ws-pcm20-n100 | CPU, ms a call-second | 1.1 | 0.55 | -50 % |", text)
        self.assertEqual(text.count("CPU, ms a call-second | 1.1"), 1)

    def test_a_row_of_another_commit_is_told(self):
        data = stored()
        data["rows"]["micro"]["commit"] = "aaaaaaaa"
        self.assertIn("Of commit aaaaaaaa, 2026-02-02: micro.", self.write(data))


class Stored(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def store(self, name, commit):
        data = stored()
        data["commit"] = commit
        results.Results(self.folder / name, data).save()

    def test_a_run_that_continues_keeps_the_other_rows_and_the_file_of_its_commit(self):
        here = "cccccccc"
        (self.folder / results.NOTE).write_text(here + "\n", encoding="utf-8")
        self.store("2026-01-01-0000-aaaaaaaa.json", "aaaaaaaa")
        self.assertEqual(len(results.begin(self.folder, self.folder, True).rows), len(stored()["rows"]))
        self.assertNotEqual(results.begin(self.folder, self.folder, True).path.name, "2026-01-01-0000-aaaaaaaa.json")
        self.store("2026-01-02-0000-here.json", here)
        self.assertEqual(results.begin(self.folder, self.folder, True).path.name, "2026-01-02-0000-here.json")
        self.assertEqual(results.begin(self.folder, self.folder, False).rows, {})

    def test_programs_that_are_newer_than_the_note_of_their_build_are_unknown(self):
        self.assertEqual(results.commit(self.folder), "unknown")
        results.note_build(self.folder, ROOT)
        self.assertEqual(results.commit(self.folder), results.sources(ROOT))
        program = self.folder / "src" / "atlas-voice"
        program.parent.mkdir()
        program.touch()
        os.utime(program, (2e9, 2e9))
        self.assertEqual(results.commit(self.folder), "unknown")

    def test_the_run_before_is_the_one_stored_before(self):
        self.store("2026-01-01-0000-aaaaaaaa.json", "aaaaaaaa")
        self.store("2026-01-02-0000-bbbbbbbb.json", "bbbbbbbb")
        newest = results.load(self.folder / "2026-01-02-0000-bbbbbbbb.json")
        self.assertEqual(results.before(self.folder, newest).data["commit"], "aaaaaaaa")
        oldest = results.load(self.folder / "2026-01-01-0000-aaaaaaaa.json")
        self.assertIsNone(results.before(self.folder, oldest))

    def test_another_format_is_refused(self):
        (self.folder / "x.json").write_text('{"format": 0}', encoding="utf-8")
        with self.assertRaises(ValueError):
            results.load(self.folder / "x.json")

    def test_the_script_writes_the_page_from_a_file(self):
        self.store("2026-01-01-0000-aaaaaaaa.json", "aaaaaaaa")
        written = self.folder / "page.md"
        done = subprocess.run(
            [ROOT / "script" / "bench", "--report", self.folder / "2026-01-01-0000-aaaaaaaa.json", "--page", written],
            capture_output=True, text=True, check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("commit aaaaaaaa", written.read_text(encoding="utf-8"))
        self.assertIn("missed", done.stdout)


class FakeKernel:
    """Folders that get the files of a control group when they are made."""

    def __init__(self, root, files):
        self.root, self.files = root, files

    def mkdir(self, folder):
        folder.mkdir(parents=True)
        for name in self.files(folder):
            (folder / name).write_text("", encoding="utf-8")

    @staticmethod
    def rmdir(folder):
        shutil.rmtree(folder)

    def read(self, *path):
        return self.root.joinpath(*path).read_text(encoding="utf-8")


class ControlGroups(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)

    def group(self, mounts, own, files):
        kernel = FakeKernel(self.root, files)
        return kernel, cgroup.Group(mounts, own, kernel.mkdir, kernel.rmdir)

    def test_version_1_below_the_own_group_of_each_controller(self):
        mounts = "".join(f"cgroup {self.root}/{name} cgroup rw,{name} 0 0\n" for name in ("cpu", "memory"))
        kernel, group = self.group(mounts, "4:memory:/mine\n1:cpu:/\n0::/\n", lambda _: [])
        with group:
            self.assertEqual(kernel.read("cpu", group.name, "cpu.cfs_quota_us"), "5000")
            self.assertEqual(kernel.read("cpu", group.name, "cpu.cfs_period_us"), "80000")
            self.assertEqual(kernel.read("memory", "mine", group.name, "memory.limit_in_bytes"), str(512 * 2**20))
            group.limit(5000, 5000)
            self.assertEqual(kernel.read("cpu", group.name, "cpu.cfs_burst_us"), "5000")
            group.join()
            self.assertEqual(kernel.read("cpu", group.name, "cgroup.procs"), "0")
        self.assertEqual(list(self.root.glob(f"**/{group.name}")), [])

    def test_version_2_beside_the_own_group_when_that_may_have_no_children(self):
        unified = "cgroup.controllers cgroup.subtree_control cgroup.procs".split()
        for place in (self.root, self.root / "user"):
            place.mkdir(exist_ok=True)
            for name in unified:
                (place / name).write_text("", encoding="utf-8")

        def files(folder):
            limited = folder.parent == self.root
            return unified + (["cpu.max", "cpu.max.burst", "memory.max"] if limited else [])

        kernel, group = self.group(f"cgroup2 {self.root} cgroup2 rw 0 0\n", "0::/user\n", files)
        with group:
            self.assertEqual(kernel.read(group.name, "cpu.max"), "5000 80000")
            self.assertEqual(kernel.read(group.name, "memory.max"), str(512 * 2**20))
            group.limit(5000, 5000)
            self.assertEqual(kernel.read(group.name, "cpu.max.burst"), "5000")
        self.assertEqual(list(self.root.glob(f"**/{group.name}")), [])

    def test_where_they_cannot_be_written_it_says_so(self):
        def refuse(_):
            raise PermissionError(13, "Permission denied")

        group = cgroup.Group(f"cgroup2 {self.root} cgroup2 rw 0 0\n", "0::/\n", refuse)
        (self.root / "cgroup.controllers").write_text("", encoding="utf-8")
        with self.assertRaisesRegex(cgroup.NotPossible, "cannot be set up here.*Permission denied"), group:
            self.fail("it was made")
        with self.assertRaisesRegex(cgroup.NotPossible, "no control groups"):
            cgroup.Group("proc /proc proc rw 0 0\n", "0::/\n")

    def test_the_bank_opens_the_limit_while_something_is_saved(self):
        class Recorder:
            limits = []

            def limit(self, quota_us):
                self.limits.append(quota_us)

        bank = cgroup.Bank(Recorder(), pid=0x7FFFFFFF, seconds=0.5)
        bank.used = -1_000_000_000  # a second was used since
        bank.tick()
        self.assertEqual(Recorder.limits, [cgroup.PERIOD_US, cgroup.QUOTA_US])
        bank.at -= 16  # and a second was earned
        bank.tick()
        self.assertEqual(Recorder.limits[-1], cgroup.PERIOD_US)
        self.assertAlmostEqual(bank.seconds, 1.0, places=1)


class Reading(unittest.TestCase):
    def test_samples_belong_to_the_work_they_were_taken_in(self):
        text = """
\tffffffff81 tcp_sendmsg+0x10 ([kernel.kallsyms])
\tffffffff82 __x64_sys_sendmsg+0x5 ([kernel.kallsyms])
\t55d0 atlas::net::SendQueue::push(bool)+0x1 (/build/src/atlas-voice)

\t7f00 [unknown] (/usr/lib/libcrypto.so.3)

\t55d1 atlas::audio::level_of(x)+0x2 (/build/src/atlas-voice)

\t7f01 _int_malloc+0x2 (/usr/lib/libc.so.6)
"""
        found = profile.count(text)
        self.assertEqual(found["samples"], 4)
        self.assertEqual(
            {name for name, _ in found["kinds"]},
            {"kernel: sending", "encryption (libcrypto)", "audio", "allocator"},
        )

    def test_memory_belongs_to_the_innermost_frame_that_is_known(self):
        flames = "main;curl_easy_perform;SSL_read;CRYPTO_malloc 100\nmain;atlas::call::Call::run;operator new 20\nx 5\n"
        self.assertEqual(memory.by_kind(flames), {"TLS": 100, "call": 20, "other": 5})

    def test_the_slope_is_of_the_nearest_line(self):
        self.assertAlmostEqual(special.slope([(0, 10), (1, 12), (2, 14)]), 2)
        self.assertEqual(special.slope([(0, 10)]), 0)
        self.assertEqual(special.slope([(3, 10), (3, 11), (3, 12)]), 0)

    def test_percentiles_are_values_that_were_measured(self):
        self.assertEqual(special.percentile(range(1, 101), 0.99), 99)
        self.assertEqual(special.percentile([], 0.5), 0)

    def search(self, carries, cpu_ms, most_attempts=4):
        original = fly.attempt
        fly.attempt = lambda _, calls, seconds: {"calls": calls, "held": calls <= carries, "seconds": seconds}
        self.addCleanup(setattr, fly, "attempt", original)
        return [one["calls"] for one in fly.search(None, cpu_ms, 20, most_attempts)["attempts"]]

    def test_the_search_begins_at_the_goal_and_goes_on_around_what_the_cost_lets_expect(self):
        self.assertEqual(self.search(200, 3.0), [150])
        self.assertEqual(self.search(22, 3.0), [150, 20, 25])
        self.assertEqual(self.search(13, 3.0), [150, 20, 16, 12])
        self.assertEqual(self.search(0, 70, 9), [150, 1])
        self.assertEqual(self.search(130, None), [150, 120])

    def test_rows_have_names_of_their_own_and_fit_into_a_quarter_of_an_hour(self):
        rows = table.rows()
        self.assertEqual(len({row.name for row in rows}), len(rows))
        self.assertLessEqual(sum(row.seconds for row in rows), 15 * 60)


if __name__ == "__main__":
    unittest.main()

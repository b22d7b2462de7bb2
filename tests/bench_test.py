"""The benchmarks' own machinery: every workload runs at a tiny size, and a wrong result never gives a time."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import duckdb

import support

BENCH = support.ROOT / "bench"
sys.path.insert(0, str(BENCH))
import data  # noqa: E402
import loaders  # noqa: E402
import measure  # noqa: E402
import micro  # noqa: E402
import report  # noqa: E402
import stages  # noqa: E402
import workloads  # noqa: E402

SCALE = 0.0005
# Beside the data that it reads, not in /tmp: a file system in memory has no cold cache.
FOLDER = support.BUILD.absolute() / "bench_test"


class BenchTest(support.FreightTest):
    def setUp(self):
        self.folder = FOLDER / self.id().rsplit(".", 1)[-1]
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.addCleanup(shutil.rmtree, FOLDER, ignore_errors=True)

    def bench(self, build=None):
        build = build or support.BUILD.absolute()
        return loaders.Bench(build, data.Inputs(self.folder / "data", support.BUILD.absolute(), SCALE),
                             self.folder / "work")

    def run_benchmarks(self, *args, build=support.BUILD):
        numbers = self.folder / "numbers.json"
        done = subprocess.run([sys.executable, str(BENCH / "run.py"), "--build", str(build), "--data",
                               str(self.folder / "data"), "--scale", str(SCALE), "--runs", "1", "--copies", "2",
                               "--json", str(numbers), *args], capture_output=True, text=True, timeout=600)
        self.assertTrue(numbers.exists(), done.stderr)
        return done, json.loads(numbers.read_text())["workloads"]


class SmokeTest(BenchTest):
    def test_every_workload_runs_and_every_result_is_right(self):
        done, measured = self.run_benchmarks("--peers", "duckdb,polars")
        self.assertEqual(done.returncode, 0, done.stderr)
        wanted = {w.id: w for w in workloads.all_workloads([2])}
        self.assertEqual(list(measured), list(wanted))
        for name, part in measured.items():
            self.assertEqual([g["goal"] for g in part["goals"]], [g.text for g in wanted[name].goals])
            ours = [load.name for load in wanted[name].loaders if load.engine == "freight"]
            if "unavailable" in part:
                self.assertFalse(self.bench().has_source(wanted[name].needs))
                self.assertIn(f"| {part['goals'][0]['goal']} | not available in this binary |  | – |", done.stdout)
                continue
            times = wanted[name].runs_times
            for load in ours:
                if load != "Freight, cold cache":  # only where the page cache lets go of a file
                    self.assertEqual(len(part["loaders"][load]["samples"]), times, (name, load, done.stderr))
        for name in ("W1", "W2", "W6", "W7", "parquet"):
            for load in (workloads.ORDERED, workloads.UNORDERED, workloads.POLARS):
                sample, = measured[name]["loaders"][load]["samples"]
                self.assertGreater(sample["out_bytes"], 0)
        same = [g for name in ("W4", "parquet") for g in measured[name]["goals"] if "identical" in g["goal"]]
        self.assertEqual([g["measured"] for g in same], [1, 1, 1, 1])

    def test_unknown_workloads_are_named(self):
        done = subprocess.run([sys.executable, str(BENCH / "run.py"), "--build", str(support.BUILD), "--data",
                               str(self.folder), "--only", "W1,W99"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn('no workload "W99"', done.stderr)
        self.assertIn("= help: W1, ", done.stderr)


class WrongResultTest(BenchTest):
    """What a load left behind is changed; the second reader must notice."""

    def rewritten(self, source, query):
        """The published files after one query over them, as one file."""
        target = self.folder / "changed.parquet"
        with duckdb.connect() as db:
            db.execute(f"CREATE VIEW rows_read AS FROM read_parquet({loaders.published(source)})")
            db.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)")
        return [str(target)]

    def refusal(self, files, source):
        with self.assertRaises(measure.Wrong) as refused:
            loaders.check_figures(files, source)
        return str(refused.exception)

    def test_changed_rows(self):
        bench = self.bench()
        bench.load(workloads.freight("events"))
        source, out = bench.inputs.get("events"), bench.folder / "out"
        loaders.check_figures(self.rewritten(out, "SELECT * FROM rows_read"), source)
        some = "event_time = (SELECT min(event_time) FROM rows_read)"
        for query, words in (
                (f"SELECT * FROM rows_read LIMIT {source.good - 1}", f"rows {source.good - 1} instead of "),
                ("SELECT * REPLACE (user_id + 1 AS user_id) FROM rows_read", "sum of user_id"),
                ("SELECT * REPLACE (amount + 0.01 AS amount) FROM rows_read", "sum of amount"),
                ("SELECT * REPLACE (coalesce(comment, '') AS comment) FROM rows_read", "nulls of comment"),
                ("SELECT * REPLACE (comment || '!' AS comment) FROM rows_read", "bytes of comment"),
                (f"SELECT * REPLACE (CASE WHEN {some} THEN event_time - INTERVAL 1 SECOND ELSE event_time END AS "
                 "event_time) FROM rows_read", "min of event_time")):
            self.assertIn(words, self.refusal(self.rewritten(out, query), source))

    def test_the_parquet_input_holds_what_the_generator_meant(self):
        source = self.bench().inputs.get("events.parquet")
        loaders.check_figures(source.files, source)
        self.assertIn("sum of amount", self.refusal(self.rewritten(
            pathlib.Path(source.files[0]).parent, "SELECT * REPLACE (amount + 0.01 AS amount) FROM rows_read"), source))

    def test_damaged_files(self):
        bench = self.bench()
        bench.load(workloads.freight("wide"))
        source, files = bench.inputs.get("wide"), loaders.published(bench.folder / "out")
        loaders.check_figures(files, source)
        self.assertIn("sum of i00", self.refusal(self.rewritten(
            bench.folder / "out", "SELECT * REPLACE (i00 + 1 AS i00) FROM rows_read"), source))
        self.assertIn("no file", self.refusal([], source))
        os.truncate(files[0], os.path.getsize(files[0]) - 1)
        self.assertIn("not readable", self.refusal(files, source))

    def test_a_run_that_damages_its_output_gives_no_time(self):
        build = self.folder / "build"
        build.mkdir()
        for name in ("freight_gen", "freight_gen_shapes", "libfreight_no_sync.so"):
            (build / name).symlink_to(support.BUILD.absolute() / name)
        # It cuts one byte off what the first run publishes, then says what freight said.
        (build / "freight").write_text(
            f'#!/bin/sh\n"{pathlib.Path(support.FREIGHT).absolute()}" "$@" || exit\n'
            'if [ "$1" = run ]; then for f in out/*.parquet; do truncate -s -1 "$f"; done; fi\n')
        (build / "freight").chmod(0o755)
        done, measured = self.run_benchmarks("--only", "W1", "--peers", "none", build=build)
        self.assertEqual(done.returncode, 1)
        load = measured["W1"]["loaders"]["Freight"]
        self.assertEqual(load["samples"], [])
        self.assertIn("not readable", load["refused"])
        self.assertIn("| Freight | no time: wrong result: not readable", done.stdout)
        self.assertTrue(all(g["measured"] is None for g in measured["W1"]["goals"]))


class FilesTest(BenchTest):
    def written(self, folder, *sizes):
        (self.folder / folder).mkdir()
        files = [self.folder / folder / f"{i}.parquet" for i in range(len(sizes))]
        for file, size in zip(files, sizes):
            file.write_bytes(b"x" * size)
        return [str(file) for file in files]

    def test_a_small_file_counts_unless_its_partition_is_small(self):
        large, small = 1 << 20, 1000
        self.assertEqual(loaders.small_files(self.written("a", large, small, small)), 2)
        self.assertEqual(loaders.small_files(self.written("b", small, small) + self.written("c", small)), 0)

    def test_the_digest_tells_names_and_bytes_apart(self):
        a, b, c = (self.written(name, size) for name, size in (("a", 5), ("b", 5), ("c", 6)))
        seen = {loaders.digest(files, root) for files, root in ((a, self.folder / "a"), (c, self.folder / "c"),
                                                                (a, self.folder))}
        self.assertEqual(len(seen), 3)
        self.assertEqual(loaders.digest(a, self.folder / "a"), loaders.digest(b, self.folder / "b"))

    def test_a_run_that_did_not_read_the_disk_is_not_cold(self):
        measure.require_cold(measure.Usage(1, 1, 1, 950), 1000)
        with self.assertRaisesRegex(measure.Refused, "only 10 of 1,000 bytes"):
            measure.require_cold(measure.Usage(1, 1, 1, 10), 1000)


class ReportTest(BenchTest):
    def sample(self, wall):
        return loaders.Sample(wall, wall, 1 << 20, in_bytes=1)

    def judged(self, goal, **results):
        return report.judge(goal, {name: [self.sample(w) for w in walls] for name, walls in results.items()})

    def test_a_goal_takes_medians(self):
        goal = workloads.faster("W", "peer", 3, ours="ours")
        noisy = self.judged(goal, peer=[9, 1, 6], ours=[2, 9, 2])
        self.assertEqual((noisy["measured"], noisy["of_best"]), (3, 0.5))
        self.assertTrue(self.judged(goal, peer=[6], ours=[2])["reached"])
        self.assertFalse(self.judged(goal, peer=[6], ours=[2.1])["reached"])
        self.assertFalse(self.judged(workloads.within("W", "base", 1.1, ours="ours"), base=[1], ours=[1.2])["reached"])

    def test_a_goal_without_times_is_neither_reached_nor_missed(self):
        record = self.judged(workloads.faster("W", "peer", 3, ours="ours"), peer=[], ours=[2])
        self.assertEqual((record["measured"], record["reached"]), (None, None))
        part = {"goals": [record], "loaders": {}, "title": "", "note": "", "conditions": ""}
        self.assertIn("| no time: see below |  | – |", "\n".join(report.goal_rows({"W": part})))

    def test_every_goal_can_be_measured(self):
        for workload in workloads.all_workloads([10, 50]):
            results = {load.name: [self.sample(1)] for load in workload.loaders}
            self.assertEqual(len(results), len(workload.loaders), "names are unique")
            for goal in workload.goals:
                self.assertIsNotNone(report.judge(goal, results)["measured"], goal)

    def test_one_part_of_the_page_is_replaced(self):
        page = "a\n<!-- results -->\nold\n<!-- end of results -->\nb\n"
        once = report.replace_part(page, "results", "new")
        self.assertEqual(once, "a\n<!-- results -->\n\nnew\n\n<!-- end of results -->\nb\n")
        self.assertEqual(report.replace_part(once, "results", "new"), once)

    def test_the_page_shows_the_recorded_numbers(self):
        recorded = json.loads((support.ROOT / "docs" / "performance.json").read_text())
        page = (support.ROOT / "docs" / "performance.md").read_text()
        self.assertEqual(report.replace_part(page, "results", report.tables(recorded["workloads"])), page)

    def test_samples_of_perf_are_summed_by_stage(self):
        found = stages.samples("    40.00%|libarrow.so.2600|[.] ZSTD_compressBlock_fast\n"
                               "    12.00%|libarrow.so.2600|[.] HIST_count   -   -\n"
                               "     5.00%|libzstd.so.1|[.] 0x000000000002f5f4\n"
                               "     3.00%|libzstd.so.1|[.] 0x000000000002f5f8\n"
                               "    30.00%|freight|[.] freight::kernels::IsUtf8\n"
                               "    10.00%|[kernel.kallsyms]|[k] clear_page\n\n")
        self.assertIn((0.12, "libarrow.so.2600", "HIST_count"), found)
        self.assertIn((0.08, "libzstd.so.1", "functions without a name in libzstd.so.1"), found)
        text = stages.render(found, 10, 1_073_741_824, "here")
        for line in ("| compression | 60.0% | 6.00 s | 1.85 s |", "| values: text | 30.0% | 3.00 s | 0.19 s |",
                     "| kernel: reading, writing, memory | 10.0% | 1.00 s | 0.19 s |", "| `kernels::IsUtf8` | 30.0% |"):
            self.assertIn(line, text)

    def micro_table(self, *runs):
        """The table over a program that prints these runs as Google Benchmark does."""
        text = json.dumps({"benchmarks": [{"aggregate_name": "median"} | run for run in runs]})
        (self.folder / "freight_micro").write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        (self.folder / "freight_micro").chmod(0o755)
        return micro.table(self.folder, "here").splitlines()

    def test_kernels_stand_beside_their_limits(self):
        lines = self.micro_table({"run_name": "Scan/avx512", "bytes_per_second": 10.05e9},
                                 {"run_name": "Parse/integer", "items_per_second": 1e9 / 9.2},
                                 {"run_name": "Parse/date", "items_per_second": 250e6},
                                 {"run_name": "Scan/avx2", "error_occurred": True, "error_message": "no such vectors"})
        for line in ("| Scan/avx512 | 10.1 GB/s | 20.1 GB/s | 50% |", "| Parse/integer | 9.2 ns | 4.6 ns | 50% |",
                     "| Parse/date | 4 ns | – | – |", "| Scan/avx2 | no such vectors | | |", "| Ascii | not run | | |"):
            self.assertIn(line, lines)
        with self.assertRaisesRegex(SystemExit, "no limit for Parse/unheard"):
            self.micro_table({"run_name": "Parse/unheard", "items_per_second": 1})

    def test_runs_compare_by_their_medians(self):
        def numbers(wall):
            return {"workloads": {"W1": {"loaders": {"Freight": {"samples": [self.sample(wall)._asdict()]}}}}}
        self.assertIn("| W1 | Freight | 2.00 s | 3.00 s | 1.50 |", report.compare(numbers(2), numbers(3)))


if __name__ == "__main__":
    import unittest
    unittest.main()

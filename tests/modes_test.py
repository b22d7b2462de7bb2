"""The table of modes: what each mode does with new, changed, vanished, renamed and reordered inputs.

Every case is run once as it is, and once more killed several times on the way; both must end in the same.
"""
import json
import random
import shutil
import time
import unittest

import duckdb

import support

DAYS = ("2026-06-01", "2026-06-02", "2026-06-03")
COLUMNS = [{"name": "id", "logicalType": "integer", "required": True}, {"name": "day", "logicalType": "date"},
           {"name": "text", "logicalType": "string"}]


def rows(*ids, text="x"):
    return [(i, DAYS[i % 2], f"{text}{i}") for i in ids]


def csv(data):
    return "id,day,text\n" + "".join(f"{i},{day},{text}\n" for i, day, text in data)


A, B, C = rows(1, 2, 3), rows(4, 5, 6), rows(7, 8, 9)
A2 = rows(1, 2, 30, text="y")                  # another version of A
ELSEWHERE = [(70, DAYS[2], "z70")]             # rows of a partition that A and B do not touch
START = {"a.csv": A, "b.csv": B}
REFUSED = "refused"

# mode, keys of `to`, inputs of the second run, rows that must be there after it (or REFUSED and START's rows)
CASES = [
    ("append", {}, START, A + B),
    ("append", {}, START | {"c.csv": C}, A + B + C),
    ("append", {}, START | {"a.csv": A2}, REFUSED),
    ("append", {"on_changed": "replace"}, START | {"a.csv": A2}, A2 + B),
    ("append", {}, {"b.csv": B, "c.csv": C}, A + B + C),
    ("append", {}, {"renamed.csv": A, "b.csv": B}, REFUSED),
    ("append", {}, {"copied.csv": A, "b.csv": B}, REFUSED),
    ("append", {"on_vanished": "keep"}, {"copied.csv": A, "b.csv": B}, A + A + B),
    ("replace_partitions", {}, START, A + B),
    ("replace_partitions", {}, START | {"c.csv": C}, A + B + C),
    ("replace_partitions", {}, START | {"a.csv": A2}, A2 + B),
    ("replace_partitions", {}, {"b.csv": B, "c.csv": C}, REFUSED),
    ("replace_partitions", {}, {"b.csv": B, "far.csv": ELSEWHERE}, A + B + ELSEWHERE),
    ("replace_partitions", {"on_vanished": "keep"}, {"b.csv": B, "c.csv": C}, A + B + C),
    ("replace_partitions", {"on_vanished": "drop"}, {"b.csv": B, "c.csv": C}, B + C),
    ("replace_partitions", {}, {"renamed.csv": A, "b.csv": B}, REFUSED),
    ("replace_partitions", {}, {"copied.csv": A, "b.csv": B}, REFUSED),
    ("replace_partitions", {"on_vanished": "keep"}, {"copied.csv": A, "b.csv": B}, A + A + B),
    ("replace_partitions", {"on_vanished": "drop"}, {"renamed.csv": A, "b.csv": B}, A + B),
    ("replace", {}, START, A + B),
    ("replace", {}, START | {"c.csv": C}, A + B + C),
    ("replace", {}, START | {"a.csv": A2}, A2 + B),
    ("replace", {}, {"b.csv": B, "c.csv": C}, B + C),
    ("replace_partitions", {"on_vanished": "drop"}, {"copied.csv": A, "b.csv": B}, A + B),
    ("replace", {}, {"renamed.csv": A, "b.csv": B}, A + B),
    ("replace", {}, {"copied.csv": A, "b.csv": B}, A + B),
    ("replace", {}, {"b.csv": rows(5)}, rows(5)),
]


class ModesTest(support.FreightTest):
    def project(self, mode, keys, sources=("in/*.csv",)):
        return support.Project(self, COLUMNS, source={"csv": list(sources)},
                               to={"mode": mode, "partition_by": ["day"]} | keys)

    def put(self, project, files):
        """Makes in/ hold just these files; bytes that reappear as renamed.csv are renamed, as copied.csv copied."""
        for path in (project.folder / "in").iterdir():
            if path.name not in files:
                renamed = [n for n, data in files.items() if n == "renamed.csv" and csv(data) == path.read_text()]
                path.rename(path.with_name(renamed[0])) if renamed else path.unlink()
        for name, data in files.items():
            path = project.folder / "in" / name
            if not path.exists() or path.read_text() != csv(data):
                project.write(f"in/{name}", csv(data))

    def rows_of(self, project):
        if not project.parts():
            return []
        with duckdb.connect() as db:
            return sorted(db.execute("SELECT id, CAST(day AS VARCHAR), text "
                                     "FROM read_parquet(?, hive_partitioning = true)", [project.glob()]).fetchall())

    def fresh_parts(self, files):
        """The files of one run over all inputs."""
        project = self.project("replace", {})
        self.put(project, files)
        self.assert_code(project.run(), support.OK)
        return project.parts()

    def kill_some(self, project, chance):
        for _ in range(3):
            child = project.start()
            time.sleep(chance.uniform(0.001, 0.06))
            child.kill()
            child.communicate()

    def check_case(self, case, killed):
        mode, keys, files, wanted = case
        chance = random.Random(repr(case))
        project = self.project(mode, keys)
        self.put(project, START)
        if killed:
            self.kill_some(project, chance)
        self.assert_code(project.run(), support.OK)
        self.assertEqual(self.rows_of(project), sorted(A + B))
        before = project.parts()
        self.put(project, files)
        if killed:
            self.kill_some(project, chance)
        done = project.run()
        if wanted == REFUSED:
            self.assert_refusal(done, (support.FAILED, support.INVALID))
            self.assertEqual(project.parts(), before)
            return
        self.assert_code(done, support.OK)
        self.assertEqual(self.rows_of(project), sorted(wanted))
        if sorted(sum(files.values(), [])) == sorted(wanted):
            self.assertEqual(project.parts(), self.fresh_parts(files))
        self.assertEqual(project.run().json()["state"], "nothing_to_do")

    def test_each_row_of_the_table(self):
        for case in CASES:
            with self.subTest(mode=case[0], keys=case[1], inputs=sorted(case[2])):
                self.check_case(case, killed=False)

    def test_each_row_of_the_table_killed_on_the_way(self):
        for case in CASES:
            with self.subTest(mode=case[0], keys=case[1], inputs=sorted(case[2])):
                self.check_case(case, killed=True)

    def test_rows_of_another_plan_are_named_until_they_are_made_anew(self):
        project = self.project("append", {})
        self.put(project, START)
        self.assert_code(project.run(), support.OK)
        self.assertNotIn("another version", project.call("run", "t.yaml").out)
        shorter = [COLUMNS[0], COLUMNS[1], COLUMNS[2] | {"logicalTypeOptions": {"maxLength": 2}}]
        project.write("t.odcs.yaml", support.contract_text(shorter))
        note = "2 inputs were published by another version of pipeline, contract or engine"
        for command in ("plan", "run"):
            out = project.call(command, "t.yaml").out
            self.assertIn("nothing to do", out)
            self.assertIn(note, out)
        plan = json.loads(project.call("plan", "t.yaml", "--json").out)
        self.assertEqual([i["outdated"] for i in plan["inputs"]], [True, True])
        self.put(project, START | {"c.csv": C})
        for state in ("published in", "nothing to do"):
            out = project.call("run", "t.yaml").out
            self.assertIn(state, out)
            self.assertIn(note, out)
        self.assert_code(project.run("--rebuild"), support.OK)
        self.assertEqual(self.rows_of(project), sorted(A + B + C))
        self.assertNotIn("another version", project.call("run", "t.yaml").out)

    def test_reordered_inputs_are_the_same_inputs(self):
        for mode in ("append", "replace_partitions", "replace"):
            with self.subTest(mode=mode):
                project = self.project(mode, {}, ("in/a.csv", "in/b.csv"))
                self.put(project, START)
                self.assert_code(project.run(), support.OK)
                before = project.parts()
                project.write("t.yaml", support.pipeline_text(source={"csv": ["in/b.csv", "in/a.csv"]},
                                                              to={"mode": mode, "partition_by": ["day"]}))
                self.assertEqual(project.run().json()["state"], "nothing_to_do")
                self.assertEqual(project.parts(), before)

    def test_a_touched_file_with_the_same_bytes_is_not_read_again(self):
        project = self.project("replace_partitions", {})
        self.put(project, START)
        self.assert_code(project.run(), support.OK)
        (project.folder / "in" / "a.csv").touch()
        self.assertEqual(project.run().json()["state"], "nothing_to_do")

    def test_ten_runs_one_by_one_equal_one_run_over_all(self):
        files = {f"f{i}.csv": rows(*range(10 * i, 10 * i + 7)) for i in range(10)}
        wanted = self.fresh_parts(files)
        for mode in ("append", "replace_partitions", "replace"):
            with self.subTest(mode=mode):
                project = self.project(mode, {})
                names = sorted(files)
                random.Random(3).shuffle(names)
                for count in range(1, 11):
                    self.put(project, {n: files[n] for n in names[:count]})
                    report = self.assert_published(project.run())
                    self.assertEqual(report["rows"]["in"], 7)  # unchanged inputs are not read again
                self.assertEqual(project.parts(), wanted)

    def test_a_copy_of_a_file_without_rows_brings_none_twice(self):
        project = self.project("append", {})
        self.put(project, {"a.csv": [], "b.csv": B})
        self.assert_code(project.run(), support.OK)
        self.put(project, {"copied.csv": [], "b.csv": B})
        self.assert_code(project.run(), support.OK)
        self.assertEqual(self.rows_of(project), sorted(B))

    def test_a_partition_that_loses_all_rows_is_emptied(self):
        project = self.project("replace", {})
        self.put(project, {"a.csv": rows(1, 2)})
        self.assert_code(project.run(), support.OK)
        self.put(project, {"a.csv": rows(2)})
        report = self.assert_published(project.run())
        self.assertEqual({p["path"]: p["action"] for p in report["partitions"]},
                         {"day=2026-06-01": "unchanged", "day=2026-06-02": "emptied"})
        self.assertEqual(self.rows_of(project), rows(2))

    def test_only_the_named_partition_is_rebuilt(self):
        project = self.project("replace_partitions", {})
        self.put(project, START)
        self.assert_code(project.run(), support.OK)
        before = project.parts()
        report = self.assert_published(project.run("--partition", "day=2026-06-01"))
        self.assertEqual([p["path"] for p in report["partitions"]], ["day=2026-06-01"])
        self.assertEqual(project.parts(), before)

    def test_a_named_partition_does_not_take_in_a_changed_input(self):
        project = self.project("replace_partitions", {})
        self.put(project, START)
        self.assert_code(project.run(), support.OK)
        before = project.parts()
        self.put(project, START | {"a.csv": A2})
        self.assert_refusal(project.run("--partition", "day=2026-06-01"), (support.FAILED, support.INVALID), "in/a.csv")
        self.assertEqual(project.parts(), before)


if __name__ == "__main__":
    unittest.main()

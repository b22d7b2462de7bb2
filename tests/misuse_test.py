"""Bad use ends in a clear message with an address and a next step, or in quarantine; nothing is half published."""
import os
import shutil
import subprocess
import time
import unittest

import duckdb

import support

TEXTS = [{"name": "id", "logicalType": "integer", "required": True}, {"name": "text", "logicalType": "string"}]
ROWS = "id,text\n1,one\n2,two\n"
# Root without the right to pass over permissions.
PLAIN_ROOT = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
IS_ROOT = os.geteuid() == 0
RSS_BYTES_MAX = 96 << 20


def query(sql, *values):
    with duckdb.connect() as db:
        return db.execute(sql, list(values)).fetchall()


class InputTest(support.FreightTest):
    """Inputs that are not what they should be."""

    def project(self, **pipeline):
        return support.Project(self, TEXTS, **pipeline)

    def ids(self, project):
        return [r[0] for r in query("SELECT id FROM read_parquet(?) ORDER BY id", project.glob())]

    def quarantined(self, project):
        return query("SELECT line, failures[1].reason FROM read_parquet(?) ORDER BY line", project.quarantine_glob())

    def test_no_input_matches(self):
        project = self.project(source={"csv": "none/*.csv"})
        self.assert_refusal(project.run(), (support.FAILED, support.INVALID), "none/*.csv", "t.yaml:")
        self.assert_nothing_published(project)

    def test_a_source_of_the_wrong_kind(self):
        for path, *words in (("in/a.csv/x", "no file matches"), ("/dev/zero", "not a regular file"),
                             ("in/[", "no file matches"), ("in/" + "x" * 300, "too long")):
            with self.subTest(path=path):
                project = self.project(source={"csv": path})
                project.write("in/a.csv", ROWS)
                self.assert_refusal(project.run(timeout=20), (support.FAILED, support.INVALID), path[:20], *words)
                self.assert_nothing_published(project)

    def test_a_parquet_file_that_is_none(self):
        for data in (b"", b"id,text\n1,one\n", b"PAR1" + b"\0" * 100 + b"PAR1"):
            project = self.project(source={"parquet": "in/a.parquet"})
            project.write("in/a.parquet", data)
            self.assert_refusal(project.run(), (support.FAILED, support.INVALID), "in/a.parquet")
            self.assert_nothing_published(project)

    def test_an_empty_file(self):
        project = self.project()
        project.write("in/a.csv", "")
        self.assert_refusal(project.run(), (support.FAILED, support.INVALID), "in/a.csv")
        self.assert_nothing_published(project)

    def test_a_file_with_a_header_only(self):
        project = self.project()
        project.write("in/a.csv", "id,text\n")
        done = project.run()
        self.assert_code(done, support.OK)
        self.assertEqual(done.json()["rows"]["in"], 0)
        gated = self.project(gates=[{"row_count": {"min": 1}}])
        gated.write("in/a.csv", "id,text\n")
        self.assert_refusal(gated.run(), support.REFUSED, "row_count")
        self.assert_nothing_published(gated)

    def test_a_directory(self):
        project = self.project(source={"csv": "in"})
        self.assert_refusal(project.run(), (support.FAILED, support.INVALID), "in")

    @unittest.skipUnless(IS_ROOT and shutil.which("setpriv"), "needs root and setpriv to drop its privileges")
    def test_an_input_without_permission(self):
        project = self.project()
        project.write("in/a.csv", ROWS).chmod(0)
        self.assert_refusal(project.run(prefix=PLAIN_ROOT), (support.FAILED, support.INVALID), "in/a.csv", "ermission")
        self.assert_nothing_published(project)

    def test_a_fifo_that_nobody_writes_to_does_not_hang(self):
        project = self.project(source={"csv": "in/pipe"})
        os.mkfifo(project.folder / "in" / "pipe")
        self.assert_refusal(project.run(timeout=20), (support.FAILED, support.INVALID), "in/pipe")

    def test_a_file_that_grows_while_it_is_read(self):
        project = self.project()
        path = project.write("in/a.csv", "id,text\n" + "1,some text that is long enough\n" * 1_500_000)
        child = project.start()
        with open(path, "a") as more:
            while child.poll() is None:
                more.write("2,more\n")
                more.flush()
                time.sleep(0.001)
        out, err = child.communicate()
        done = support.Done(child.returncode, out, err)
        self.assert_refusal(done, support.FAILED, "in/a.csv")
        self.assert_nothing_published(project)
        total = path.read_text().count("\n") - 1
        self.assert_published(project.run(), published=total)

    def test_a_file_that_changes_between_a_killed_run_and_the_next(self):
        project = self.project()
        for name in ("a", "b", "c"):
            project.write(f"in/{name}.csv", "id,text\n" + "1,some text\n" * 300_000)
        child = project.start()
        log = project.folder / "out" / "t.freight" / "manifest.log"
        while child.poll() is None and not (log.exists() and log.stat().st_size > 600):
            time.sleep(0.001)
        child.kill()
        child.communicate()
        project.write("in/a.csv", "id,text\n" + "2,other text\n" * 200_000)
        self.assert_code(project.run(), support.OK)
        self.assertEqual(query("SELECT id, count(*) FROM read_parquet(?) GROUP BY id ORDER BY id", project.glob()),
                         [(1, 600_000), (2, 200_000)])

    def test_a_quote_that_is_never_closed(self):
        project = self.project(quarantine={"max_percent": 50})
        project.write("in/a.csv", 'id,text\n1,one\n2,"open\n3,three\n4,four\n')
        self.assert_published(project.run(), published=3, quarantined=1)
        self.assertEqual(self.ids(project), [1, 3, 4])
        self.assertEqual(self.quarantined(project), [(3, "unterminated_quote")])

    def test_ten_thousand_columns(self):
        names = [f"c{i}" for i in range(10_000)]
        project = support.Project(self, names)
        project.write("in/a.csv", ",".join(names) + "\n" + (",".join(str(i) for i in range(10_000)) + "\n") * 3)
        self.assert_published(project.run(), published=3)
        self.assertEqual(query("SELECT count(*), min(c0), max(c9999) FROM read_parquet(?)", project.glob()),
                         [(3, "0", "9999")])

    def test_nul_bytes_are_data_or_named(self):
        project = self.project(quarantine={"max_percent": 100})
        project.write("in/a.csv", b"id,text\n1,a\0b\n\0,two\n3,three\n")
        self.assert_published(project.run(), **{"in": 3, "quarantined": 1})
        self.assertEqual(query("SELECT id, octet_length(encode(text)) FROM read_parquet(?) ORDER BY id",
                               project.glob()), [(1, 3), (3, 5)])
        self.assertEqual(self.quarantined(project), [(3, "not_of_type")])

    def lengthen(self, path, size, end):
        """Fills up with NUL bytes, which take no room on disk, and appends `end`."""
        os.truncate(path, size)
        with open(path, "ab") as f:
            f.write(end)

    def test_a_record_of_two_gigabytes(self):
        project = self.project(quarantine={"max_percent": 50})
        path = project.write("in/a.csv", "id,text\n1,one\n2,")
        size = 2 << 30
        self.lengthen(path, size, b"\n3,three\n")
        report = self.assert_published(project.run(timeout=300), published=2, quarantined=1)
        self.assertEqual(self.ids(project), [1, 3])
        self.assertEqual(query("SELECT line, byte_offset, byte_length, raw IS NULL, failures[1].reason "
                               "FROM read_parquet(?)", project.quarantine_glob()),
                         [(3, 14, size + 1 - 14, True, "record_too_long")])
        self.assertLessEqual(report["peak_rss_bytes"], RSS_BYTES_MAX)

    def test_a_line_of_two_gigabytes_in_ndjson(self):
        project = self.project(source={"ndjson": "in/a.ndjson"}, quarantine={"max_percent": 50})
        first = '{"id":1,"text":"one"}\n'
        path = project.write("in/a.ndjson", first + '{"id":2,"text":"')
        self.lengthen(path, 2 << 30, b'"}\n{"id":3,"text":"three"}\n')
        report = self.assert_published(project.run(timeout=300), published=2, quarantined=1)
        self.assertEqual(self.ids(project), [1, 3])
        self.assertEqual(self.quarantined(project), [(2, "record_too_long")])
        self.assertLessEqual(report["peak_rss_bytes"], RSS_BYTES_MAX)

    def test_nul_bytes_in_ndjson_are_named(self):
        project = self.project(source={"ndjson": "in/a.ndjson"}, quarantine={"max_percent": 100})
        project.write("in/a.ndjson", b'{"id":1,"text":"a\0b"}\n\0\n{"id":3,"text":"a\\u0000b"}\n')
        self.assert_published(project.run(), **{"in": 3, "quarantined": 2})
        self.assertEqual([line for line, _ in self.quarantined(project)], [1, 2])
        self.assertEqual(query("SELECT id, octet_length(encode(text)) FROM read_parquet(?)", project.glob()), [(3, 3)])

    def test_ten_thousand_columns_of_ndjson_and_of_a_header_that_nobody_asked_for(self):
        names = [f"c{i}" for i in range(10_000)]
        line = "{" + ",".join(f'"{n}":"{i}"' for i, n in enumerate(names)) + "}\n"
        project = support.Project(self, names, source={"ndjson": "in/a.ndjson"})
        project.write("in/a.ndjson", line * 3)
        self.assert_published(project.run(), published=3)
        self.assertEqual(query("SELECT count(*), min(c0), max(c9999) FROM read_parquet(?)", project.glob()),
                         [(3, "0", "9999")])
        wide = self.project()
        wide.write("in/a.csv", ",".join(["id", "text"] + names) + "\n" + ",".join(["7"] * 10_002) + "\n")
        self.assert_published(wide.run(), published=1)
        self.assertEqual(self.ids(wide), [7])

    def test_a_missing_required_column_is_named_with_help(self):
        project = self.project()
        project.write("in/a.csv", "idd,text\n1,one\n")
        self.assert_refusal(project.run(), (support.FAILED, support.INVALID), "in/a.csv:1", '"id"')
        self.assert_nothing_published(project)

    def test_over_the_quarantine_limit_nothing_is_published(self):
        project = self.project(quarantine={"max_percent": 10})
        project.write("in/a.csv", "id,text\n1,one\nx,two\n")
        self.assert_refusal(project.run(), support.REFUSED)
        self.assert_nothing_published(project)
        self.assertEqual(self.quarantined(project), [(3, "not_of_type")])


class TargetTest(support.FreightTest):
    """Targets that cannot or must not be written."""

    def project(self, **how):
        project = support.Project(self, TEXTS, **how)
        project.write("in/a.csv", ROWS)
        return project

    @unittest.skipUnless(IS_ROOT and shutil.which("setpriv"), "needs root and setpriv to drop its privileges")
    def test_a_target_that_is_read_only(self):
        project = self.project()
        (project.folder / "out").mkdir(mode=0o555)
        self.assert_refusal(project.run(prefix=PLAIN_ROOT), (support.FAILED, support.INVALID), "out", "ermission")
        self.assert_nothing_published(project)

    @unittest.skipUnless(IS_ROOT, "needs root to mount a small disk")
    def test_a_disk_that_fills_up(self):
        project = support.Project(self, support.EVENTS)
        support.generate(project.folder / "in", "--rows", 400_000, "--files", 4)
        disk = project.folder / "out"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(disk)], capture_output=True).returncode:
            self.skipTest("this system lets nobody mount")
        try:
            done = project.run()
            self.assert_refusal(done, support.FAILED, "no space left")
            self.assert_nothing_published(project)
            subprocess.run(["mount", "-o", "remount,size=300m", str(disk)], check=True)
            self.assert_published(project.run(), published=400_000)
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)

    def test_files_that_may_not_grow(self):
        project = support.Project(self, support.EVENTS)
        support.generate(project.folder / "in", "--rows", 200_000, "--files", 1)
        done = project.run(before=support.limited(FSIZE=100_000))
        self.assert_refusal(done, support.FAILED, "file too large", "ulimit -f", "out/t")
        self.assert_nothing_published(project)
        self.assert_published(project.run(), published=200_000)

    def test_files_where_folders_should_be(self):
        for place in ("out", "out/t", "out/t.freight", "_dlq", "_dlq/t"):
            with self.subTest(place=place):
                project = self.project(quarantine={"max_percent": 100})
                project.write("in/a.csv", ROWS + "bad,three\n")
                project.write(place, "mine")
                self.assert_refusal(project.run(), (support.FAILED, support.INVALID), place)
                self.assertEqual((project.folder / place).read_text(), "mine")
                self.assert_nothing_published(project)
                (project.folder / place).unlink()
                self.assert_published(project.run(), published=2, quarantined=1)

    def test_a_target_with_files_that_are_not_ours(self):
        project = self.project()
        foreign = project.write("out/t/precious.parquet", "not ours")
        self.assert_refusal(project.run(), (support.FAILED, support.INVALID), "out/t")
        self.assertEqual(foreign.read_text(), "not ours")

    def test_odd_partition_values_stay_inside_and_come_back(self):
        columns = [{"name": "id", "logicalType": "integer"}, {"name": "key", "logicalType": "string"}]
        project = support.Project(self, columns, to={"partition_by": ["key"]}, quarantine={"max_percent": 100})
        values = ["a/b", "..", "/etc/x", ".", "\U0001f600", "__HIVE_DEFAULT_PARTITION__", "a=b", "100%", "_x",
                  "l" * 255, "v" * 300, "n\0n", "sp ace"]
        bad = {v for v in values if len(v) > 200 or "\0" in v}
        project.write("in/a.csv", "id,key\n0,\n" + "".join(f"{i},{v}\n" for i, v in enumerate(values, 1)))
        self.assert_published(project.run(), **{"in": len(values) + 1, "quarantined": len(bad)})
        places = [p.relative_to(project.root).parts for p in project.root.rglob("*.parquet")]
        self.assertTrue(all(len(p) == 2 and p[0].startswith("key=") for p in places), places)
        self.assertFalse((project.folder / "out" / "etc").exists())
        read = query("SELECT id, key FROM read_parquet(?, hive_partitioning = true, hive_types = {'key': VARCHAR}) "
                     "ORDER BY id", project.glob())
        good = [(0, None)] + [(i, v) for i, v in enumerate(values, 1) if v not in bad]
        self.assertEqual([i for i, _ in read], [i for i, _ in good])
        # Readers take the escaped form of the one value that means NULL to them; all others they undo themselves.
        self.assertEqual([r for r in read if r[1] != "__HIVE_DEFAULT_PARTITION__" and "%" not in (r[1] or "")],
                         [g for g in good if g[1] != "__HIVE_DEFAULT_PARTITION__" and "%" not in (g[1] or "")])
        reasons = query("SELECT DISTINCT failures[1].reason FROM read_parquet(?)", project.quarantine_glob())
        self.assertEqual(reasons, [("partition_value",)])


class SpecTest(support.FreightTest):
    """Pipelines and contracts that are not what they should be."""

    def project(self):
        project = support.Project(self, TEXTS)
        project.write("in/a.csv", ROWS)
        return project

    def check_contract(self, text, *words):
        project = self.project()
        project.write("t.odcs.yaml", text)
        started = time.monotonic()
        for command in ("check", "run"):
            done = project.call(command, "t.yaml", timeout=60)
            self.assert_refusal(done, support.INVALID, "t.odcs.yaml", *words)
        self.assertLess(time.monotonic() - started, 20)
        self.assertFalse((project.folder / "out").exists())

    def test_an_empty_contract(self):
        self.check_contract("")

    def test_a_recursive_contract(self):
        self.check_contract("a: &a\n  - *a\n")
        self.check_contract("apiVersion: v3.1.0\nschema: &s\n  - properties: *s\n")

    def test_a_contract_that_explodes_when_expanded(self):
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
        self.check_contract("\n".join(lines) + "\n")

    def test_a_contract_of_50_megabytes(self):
        self.check_contract("apiVersion: v3.1.0\n" + "# filler\n" * (50_000_000 // 9))

    def test_a_pipeline_that_is_huge_recursive_or_explodes(self):
        lines = ["version: 1", "dataset: clean.t", "a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
        whole = support.pipeline_text()
        for text in (whole + "# filler\n" * (50_000_000 // 9), "a: &a\n  - *a\n", "\n".join(lines) + "\n",
                     "version: " + "[" * 100_000 + "]" * 100_000, whole + whole, whole[:-20]):
            project = self.project()
            project.write("t.yaml", text)
            for command in ("check", "run"):
                done = project.call(command, "t.yaml", timeout=60)
                self.assertRegex(done.err, r"(?m)^ *--> t\.yaml")
                self.assert_code(done, support.INVALID)
                self.assert_no_crash(done)
            self.assertFalse((project.folder / "out").exists())

    def test_names_that_are_empty_or_of_the_wrong_kind(self):
        for how in ({"source": {"csv": ""}}, {"to": {"parquet": ""}}, {"contract": ""}, {"contract": "in"},
                    {"contract": "/dev/zero"}, {"contract": "none.odcs.yaml"}, {"contract": "t.odcs.yaml/x"},
                    {"contract": "t.yaml"}, {"quarantine": {"to": ""}}, {"dataset": ""}):
            project = self.project()
            project.write("t.yaml", support.pipeline_text(**how))
            with self.subTest(how=how):
                for command in ("check", "run"):
                    self.assert_refusal(project.call(command, "t.yaml", timeout=20), support.INVALID, "t.yaml:")
                self.assertFalse((project.folder / "out").exists())

    def test_a_contract_that_two_pipelines_share_is_complained_of_once(self):
        project = self.project()
        project.write("u.yaml", (project.folder / "t.yaml").read_text().replace("clean.t", "clean.u"))
        project.write("t.odcs.yaml", (project.folder / "t.odcs.yaml").read_text().replace("apiVersion", "apiVersoin"))
        done = project.call("check", "t.yaml", "u.yaml")
        self.assert_refusal(done, support.INVALID, "t.odcs.yaml")
        alone = project.call("check", "t.yaml").err.count("apiVersoin")
        self.assertGreater(alone, 0)
        self.assertEqual(done.err.count("apiVersoin"), alone, done.err)
        each = [f["diagnostics"] for f in project.call("check", "t.yaml", "u.yaml", "--json").json()["files"]]
        self.assertTrue(each[0])
        self.assertEqual(each[0], each[1])

    def test_no_contract(self):
        project = self.project()
        (project.folder / "t.odcs.yaml").unlink()
        self.assert_refusal(project.run(), support.INVALID, "t.odcs.yaml", "t.yaml:")

    def test_an_unknown_key_has_an_address_and_a_suggestion(self):
        project = self.project()
        text = (project.folder / "t.yaml").read_text().replace('"contract"', '"contrct"')
        project.write("t.yaml", text)
        done = project.call("check", "t.yaml")
        self.assert_refusal(done, support.INVALID, "contrct", 'did you mean "contract"')
        self.assertRegex(done.err, r"t\.yaml:\d+:\d+")

    def test_a_pipeline_that_is_not_there(self):
        project = self.project()
        self.assert_refusal(project.call("run", "none.yaml"), support.INVALID, "none.yaml")

    def test_paths_that_lead_nowhere(self):
        project = self.project()
        (project.folder / "loop.yaml").symlink_to("loop.yaml")
        (project.folder / "there").symlink_to("back")
        (project.folder / "back").symlink_to("there")
        os.mkfifo(project.folder / "fifo.yaml")
        for path, words in (("t.yaml/x.yaml", ["no pipeline file, folder or dataset is called"]),
                            ("t.yaml/", ["no pipeline file, folder or dataset is called"]),
                            ("t.yml", ['did you mean "t.yaml"']),
                            ("", ["no pipeline file"]),
                            ("x" * 300, ["too long", "shorten the name"]),
                            ("loop.yaml", ["leads back to itself", "ls -l loop.yaml"]),
                            ("there/t.yaml", ["symbolic link"]),
                            ("fifo.yaml", ["no plain file", "write the pipeline to a file"]),
                            ("/dev/null", ["no plain file"]),
                            ("in/a.csv", ["is data, not a pipeline", "freight init --from in/a.csv"])):
            for command in ("check", "plan", "run", "status", "runs", "show x", "quarantine ls", "quarantine show"):
                with self.subTest(path=path, command=command):
                    done = project.call(*command.split(), path, timeout=20)
                    self.assert_refusal(done, support.INVALID, path[:20], *words)
        self.assertFalse((project.folder / "out").exists())

    def test_a_version_of_tomorrow_says_which_ones_are_read(self):
        project = self.project()
        project.write("t.yaml", support.pipeline_text(version=9))
        self.assert_refusal(project.run(), support.INVALID, "t.yaml:2:", "this freight reads version 1")

    def test_an_empty_folder_says_what_to_do(self):
        project = self.project()
        (project.folder / "empty").mkdir()
        self.assert_refusal(project.call("run", "empty"), support.INVALID)

    def test_binary_garbage_as_pipeline(self):
        project = self.project()
        project.write("t.yaml", bytes(range(256)) * 40)
        self.assert_refusal(project.run(), support.INVALID, "t.yaml")


if __name__ == "__main__":
    unittest.main()

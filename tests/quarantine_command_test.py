"""`quarantine ls` and `show` when files are gone or damaged: each is named, and what is left is shown."""
import random
import shutil
import unittest

import pyarrow.parquet

import support

COLUMNS = [{"name": "id", "logicalType": "integer", "required": True}, {"name": "text", "logicalType": "string"}]
NAMES = "abcd"


class QuarantineCommandTest(support.FreightTest):
    def setUp(self):
        """A published dataset with one bad row per input, each in a file of its own."""
        self.project = support.Project(self, COLUMNS, quarantine={"max_percent": 100})
        for name in NAMES:
            self.project.write(f"in/{name}.csv", f"id,text\n1,one\nbad-{name},two\n")
        self.run_id = self.assert_published(self.project.run(), quarantined=len(NAMES)).get("run_id")
        self.files = {}
        for path in (self.project.folder / "_dlq").rglob("*.parquet"):
            content = path.read_bytes()
            name = next(n for n in NAMES if f"in/{n}.csv".encode() in content)
            self.files[name] = path

    def relative(self, name):
        return str(self.files[name].relative_to(self.project.folder))

    def assert_shown(self, names, faults, *options):
        """`ls` and `show` print the rows of `names`, say for each of `faults` what is wrong, and exit with 1."""
        listed = self.project.call("quarantine", "ls", "--json", "t.yaml", *options)
        shown = self.project.call("quarantine", "show", "t.yaml", *options)
        for done in (listed, shown):
            self.assert_code(done, support.FAILED if faults else support.OK)
            self.assert_no_crash(done)
            for path, why in faults.items():
                self.assertRegex(done.err, rf'(?m)^error: .*"{path}".* {why}.*\n.*= help: \S')
            self.assertEqual(done.err.count("error: "), len(faults), done.err)
        self.assertEqual({n for n in NAMES if f"| bad-{n},two" in shown.out}, set(names))
        dataset = listed.json()["datasets"][0]
        self.assertEqual(dataset["rows"], len(names))
        self.assertEqual(sum(rule["rows"] for rule in dataset["rules"]), len(names))
        self.assertEqual({f["path"] for f in dataset["unread"]}, set(faults))

    def test_whole_it_says_nothing(self):
        self.assert_shown(NAMES, {})
        self.assertNotIn("incomplete", self.project.call("quarantine", "ls").out)

    def test_a_rule_that_nothing_breaks_says_so(self):
        done = self.project.call("quarantine", "show", "--rule", "tpye")
        self.assert_code(done, support.OK)
        self.assertIn('no row in quarantine breaks "tpye"', done.err)
        self.assertIn("`freight quarantine ls` lists", done.err)
        empty = support.Project(self, COLUMNS)
        self.assertIn("no row is in quarantine", empty.call("quarantine", "show").err)

    def test_one_that_is_gone_is_named_and_hides_no_other(self):
        self.files["b"].unlink()
        self.assert_shown("acd", {self.relative("b"): "with 1 row is gone"})
        self.assertIn("incomplete: 1 path cannot be read", self.project.call("quarantine", "ls").out)

    def test_damage_hides_no_other_file(self):
        whole = {name: path.read_bytes() for name, path in self.files.items()}
        self.files["a"].write_bytes(b"")
        self.files["b"].write_bytes(whole["b"][:-10])
        middle = whole["c"].index(b"in/c.csv")  # in the first page
        self.files["c"].write_bytes(whole["c"][:middle] + bytes([whole["c"][middle] ^ 255]) + whole["c"][middle + 1:])
        self.assert_shown("d", {
            self.relative("a"): "is damaged: it has 0 bytes", self.relative("b"): "is damaged",
            self.relative("c"): "is not a quarantine file that freight wrote"})

    def test_a_folder_that_is_gone_is_named_file_by_file(self):
        shutil.rmtree(self.project.folder / "_dlq")
        self.assert_shown("", {self.relative(name): "is gone" for name in NAMES})
        self.assert_shown("", {self.relative(name): "is gone" for name in NAMES}, "--run", self.run_id[:16])

    def test_of_an_older_run_nothing_is_missed_when_somebody_cleans_up(self):
        for name in "ef":
            self.project.write(f"in/{name}.csv", "id,text\n2,three\n")
        self.assert_published(self.project.run())
        self.assert_shown(NAMES, {})
        shutil.rmtree(self.project.folder / "_dlq")
        self.assert_shown("", {})

    def test_a_log_that_cannot_be_read_hides_no_row(self):
        log = self.project.folder / "out" / "t.freight" / "manifest.log"
        log.write_bytes(b"x" * 100)
        self.assert_shown(NAMES, {"out/t.freight/manifest.log": ""})
        self.assert_shown(NAMES, {"out/t.freight/manifest.log": ""}, "--run", self.run_id)

    def test_a_file_where_a_folder_should_be(self):
        for name in NAMES:
            self.files[name].unlink()
        run = self.files["a"].parent
        run.rmdir()
        run.write_text("")
        done = self.project.call("quarantine", "ls", "t.yaml")
        self.assert_refusal(done, support.FAILED, str(run.relative_to(self.project.folder)))

    def test_from_another_folder_the_same_files_are_missed(self):
        self.files["b"].unlink()
        (self.project.folder / "elsewhere").mkdir()
        done = self.project.call("quarantine", "ls", "--json", self.project.folder / "t.yaml")
        self.assert_refusal(done, support.FAILED, str(self.files["b"]), "is gone")
        self.assertEqual(done.json()["datasets"][0]["rows"], 3)


class QuarantineFilesTest(support.FreightTest):
    def test_many_bad_rows_and_few_are_the_same_with_every_number_of_threads(self):
        """Stretches of few bad rows, of many and of nothing else, each longer than what one thread takes at a time."""
        rng, lines, want = random.Random(3), ["id,text"], []
        for share in (0.001, 0.3, 0, 1, 0.01):
            for _ in range(150_000):
                bad = rng.random() < share
                lines.append(f"bad-{len(lines)},{rng.getrandbits(90):x}" if bad else f"{len(lines)},{len(lines):024}")
                if bad:
                    want.append((len(lines), lines[-1]))
        files = []
        for threads in (1, 2, 8):
            project = support.Project(self, COLUMNS, quarantine={"max_percent": 100})
            project.write("in/a.csv", "\n".join(lines))
            self.assert_published(project.run("--threads", threads), quarantined=len(want))
            paths = sorted((project.folder / "_dlq").rglob("*.parquet"), key=lambda path: path.name[-13:])
            files.append([self.content(path) for path in paths])
            rows = [row for path in paths for row in self.lines(path)]
            self.assertTrue(rows == want, f"other rows with {threads} threads")
        self.assertTrue(files[0] == files[1] == files[2])
        self.assertGreater(sum(len(sizes) for sizes, _ in files[0]), 10)

    def content(self, path):
        """The rows of each row group, and all columns but the run's name."""
        file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        self.assertLessEqual(max(sizes), 4 * 4096)
        return sizes, file.read().drop_columns(["run_id"])

    @staticmethod
    def lines(path):
        table = pyarrow.parquet.read_table(path, columns=["line", "raw"])
        return zip(table["line"].to_pylist(), (raw.decode().rstrip("\n") for raw in table["raw"].to_pylist()))


if __name__ == "__main__":
    unittest.main()

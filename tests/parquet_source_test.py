"""Parquet inputs through the real binary: files of three writers, exact or refused, verdicts with addresses."""
import datetime
import decimal
import json
import math
import random
import shutil
import signal
import unittest
import uuid

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

import support

UTC = datetime.timezone.utc
D = decimal.Decimal


def integer(name, form="i64", **more):
    return {"name": name, "logicalType": "integer", "logicalTypeOptions": {"format": form} | more}


def number(name, physical, **more):
    return {"name": name, "logicalType": "number", "physicalType": physical} | more


def project(test, columns, **more):
    return support.Project(test, columns, source={"parquet": "in/*.parquet"}, quarantine={"max_percent": 100}, **more)


class Columns:
    """One column of each type with random values, as PyArrow and as the contract have it."""

    def __init__(self, rng, rows):
        def some(make, share=0.2):
            return [None if rng.random() < share else make() for _ in range(rows)]

        day = datetime.date(1970, 1, 1)
        moment = datetime.datetime(2026, 6, 11)
        self.arrays = {
            "id": pa.array(range(rows), pa.int64()),
            "i8": pa.array(some(lambda: rng.randrange(-128, 128)), pa.int8()),
            "u32": pa.array(some(lambda: rng.randrange(2**32)), pa.uint32()),
            "small": pa.array(some(lambda: rng.randrange(-1000, 1000)), pa.int32()),
            "amount": pa.array(some(lambda: D(rng.randrange(-10**11, 10**11)).scaleb(-2)), pa.decimal128(12, 2)),
            "wide": pa.array(some(lambda: D(rng.randrange(-10**36, 10**36)).scaleb(-3)), pa.decimal128(38, 3)),
            "ratio": pa.array(some(lambda: rng.choice([rng.random(), -0.0, 1e300, math.inf])), pa.float64()),
            "half": pa.array(some(lambda: rng.choice([0.1, 1.5, -3e38])), pa.float32()),
            "flag": pa.array(some(lambda: rng.random() < 0.5), pa.bool_()),
            "day": pa.array(some(lambda: day + datetime.timedelta(rng.randrange(-200_000, 200_000))), pa.date32()),
            "clock": pa.array(some(lambda: datetime.time(rng.randrange(24), 5, 7, rng.randrange(10**6))),
                              pa.time64("us")),
            "at": pa.array(some(lambda: moment + datetime.timedelta(microseconds=rng.randrange(10**14))),
                           pa.timestamp("us")),
            "utc": pa.array(some(lambda: (moment + datetime.timedelta(milliseconds=rng.randrange(10**11)))
                                 .replace(tzinfo=UTC)), pa.timestamp("ms", "UTC")),
            "word": pa.array(some(lambda: rng.choice(["", "view", "Zoë", "a,\"b\"\n", "x" * 300])), pa.string()),
            "text": pa.array(some(lambda: str(rng.random())), pa.large_string()),
            "blob": pa.array(some(lambda: rng.randbytes(rng.randrange(20))), pa.binary()),
            "unread": pa.array(some(lambda: "never read"), pa.string()),
        }
        zoned = {"timezone": True}
        self.contract = [
            integer("id") | {"required": True}, integer("i8", "i8"), integer("u32", "u32"), integer("small", "i64"),
            number("amount", "DECIMAL(12,2)"), number("wide", "DECIMAL(38,3)"),
            {"name": "ratio", "logicalType": "number", "logicalTypeOptions": {"format": "f64"}},
            {"name": "half", "logicalType": "number", "logicalTypeOptions": {"format": "f64"}},
            {"name": "flag", "logicalType": "boolean"}, {"name": "day", "logicalType": "date"},
            {"name": "clock", "logicalType": "time"}, {"name": "at", "logicalType": "timestamp"},
            {"name": "utc", "logicalType": "timestamp", "logicalTypeOptions": zoned},
            {"name": "word", "logicalType": "string"}, {"name": "text", "logicalType": "string"},
            {"name": "blob", "physicalType": "BINARY"}]
        self.table = pa.table(self.arrays)

    def published(self):
        return self.table.drop_columns(["unread"]).to_pylist()


class ParquetSourceTest(support.FreightTest):
    def rows_of(self, p):
        table = pq.ParquetDataset(str(p.root)).read()
        return [r for r in table.sort_by("id").to_pylist()]

    def test_every_type_comes_through_whatever_codec_page_version_and_dictionary(self):
        data = Columns(random.Random(1), 5_000)
        for how in ({"compression": "snappy"}, {"compression": "zstd", "data_page_version": "2.0"},
                    {"compression": "gzip", "use_dictionary": False, "row_group_size": 700},
                    {"compression": "lz4", "data_page_size": 2_000}, {"compression": "brotli", "store_schema": False},
                    {"compression": "none", "write_statistics": False}):
            with self.subTest(how=how):
                p = project(self, data.contract)
                pq.write_table(data.table, p.folder / "in/a.parquet", **how)
                done = p.run()
                self.assert_published(done, published=5_000, quarantined=0)
                self.assertEqual(self.rows_of(p), data.published())
                self.assertIn("unread", p.call("plan", "t.yaml", "--rebuild").out)

    def test_files_of_duckdb_and_polars(self):
        columns = [integer("id"), {"name": "word", "logicalType": "string"}, number("amount", "DECIMAL(12,2)"),
                   {"name": "at", "logicalType": "timestamp"}]
        with duckdb.connect() as db:
            for writer in ("duckdb", "polars"):
                p = project(self, columns)
                query = ("SELECT i AS id, 'w' || (i % 7) AS word, CAST(i / 4.0 AS DECIMAL(12,2)) AS amount, "
                         "TIMESTAMP '2026-06-11' + to_seconds(i) AS \"at\" FROM range(200000) t(i)")
                path = str(p.folder / "in/a.parquet")
                if writer == "duckdb":
                    db.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, PARQUET_VERSION v2)")
                else:
                    polars.from_arrow(db.execute(query).to_arrow_table()).write_parquet(path)
                self.assert_published(p.run(), published=200_000)
                found = db.execute("SELECT count(*), sum(id), sum(amount), min(\"at\"), max(\"at\"), "
                                   "count(DISTINCT word) FROM read_parquet(?)", [p.glob()]).fetchone()
                want = db.execute(f"SELECT count(*), sum(id), sum(amount), min(\"at\"), max(\"at\"), "
                                  f"count(DISTINCT word) FROM ({query})").fetchone()
                self.assertEqual(found, want)

    def test_bad_rows_are_quarantined_with_row_group_and_row_and_all_their_failures(self):
        columns = [integer("id", "i8") | {"required": True}, number("amount", "DECIMAL(12,2)", logicalTypeOptions={
            "minimum": 0}), {"name": "at", "logicalType": "timestamp"}, {"name": "word", "logicalType": "string"}]
        p = project(self, columns)
        moment = 1_781_136_000 * 10**9
        table = pa.table({"id": pa.array([1, 300, None, 4, 5, 6], pa.int64()),
                          "amount": pa.array([D("1.000"), D("-1.000"), D("2.000"), D("1.234"), D("5.100"), None],
                                             pa.decimal128(20, 3)),
                          "at": pa.array([moment, moment, moment, moment, moment + 1, None], pa.timestamp("ns")),
                          "word": pa.array([b"a", b"b", b"c", b"d", b"e", b"\xff\xfe"], pa.binary())})
        pq.write_table(table, p.folder / "in/a.parquet", row_group_size=4)
        self.assert_published(p.run(), published=1, quarantined=5)
        with duckdb.connect() as db:
            found = db.execute("SELECT row_group, line, raw, list_transform(failures, lambda f: [f.column, f.reason]) "
                               "FROM read_parquet(?) ORDER BY line", [p.quarantine_glob()]).fetchall()
        self.assertEqual([(g, line, f) for g, line, _, f in found], [
            (0, 2, [["id", "out_of_range"], ["amount", "below_minimum"]]), (0, 3, [["id", "missing"]]),
            (0, 4, [["amount", "inexact"]]), (1, 5, [["at", "inexact"]]), (1, 6, [["word", "invalid_encoding"]])])
        first = json.loads(bytes(found[0][2]))
        self.assertEqual(first["id"], 300)
        self.assertEqual(first["at"], "2026-06-11T00:00:00.000000000")
        shown = p.call("quarantine", "show", "t.yaml")
        self.assertIn("row 2", shown.out)
        self.assertIn("row group 0", shown.out)

    def test_types_that_lose_something_are_refused_before_a_row_is_read(self):
        for column, array in [(integer("x"), pa.array([1.0])), (number("x", "DECIMAL(9,2)"), pa.array([0.1])),
                              (integer("x"), pa.array(["1"])), ({"name": "x", "logicalType": "string"}, pa.array([1])),
                              ({"name": "x", "logicalType": "timestamp"}, pa.array([1], pa.timestamp("us", "UTC"))),
                              ({"name": "x", "logicalType": "number", "logicalTypeOptions": {"format": "f64"}},
                               pa.array([2**60])),
                              ({"name": "x", "logicalType": "string"}, pa.array([[1]])),
                              ({"name": "x", "logicalType": "boolean"}, pa.array([1]))]:
            with self.subTest(column=column, type=array.type):
                p = project(self, [column])
                pq.write_table(pa.table({"x": array}), p.folder / "in/a.parquet")
                self.assert_refusal(p.run(), support.INVALID, 'column "x"', "does not fit", "t.odcs.yaml")
                self.assert_nothing_published(p)

    def test_columns_are_matched_by_name_missing_ones_are_null_or_refused(self):
        p = project(self, [integer("id"), {"name": "word", "logicalType": "string"}])
        pq.write_table(pa.table({"z": [1, 2], "id": [7, 8]}), p.folder / "in/a.parquet")
        pq.write_table(pa.table({"word": ["x"], "id": [9]}), p.folder / "in/b.parquet")
        self.assert_published(p.run(), published=3)
        self.assertEqual(self.rows_of(p), [{"id": 7, "word": None}, {"id": 8, "word": None}, {"id": 9, "word": "x"}])
        p = project(self, [integer("id"), {"name": "word", "logicalType": "string", "required": True}])
        pq.write_table(pa.table({"id": [7]}), p.folder / "in/a.parquet")
        self.assert_refusal(p.run(), support.INVALID, 'required column "word" is not in the schema', "in/a.parquet")

    def test_where_filters_rows_and_whole_row_groups_by_statistics(self):
        data = Columns(random.Random(3), 4_000)
        rows = data.published()
        conditions = {
            "id >= 1000": lambda r: r["id"] >= 1000, "i8 = -5": lambda r: r["i8"] == -5,
            "u32 > 3000000000": lambda r: r["u32"] is not None and r["u32"] > 3_000_000_000,
            "amount < -10.50": lambda r: r["amount"] is not None and r["amount"] < D("-10.50"),
            "wide >= 0": lambda r: r["wide"] is not None and r["wide"] >= 0,
            "ratio <= 0.5": lambda r: r["ratio"] is not None and r["ratio"] <= 0.5,
            "flag = true": lambda r: r["flag"] is True, "flag != true": lambda r: r["flag"] is False,
            "day < 1970-01-01": lambda r: r["day"] is not None and r["day"] < datetime.date(1970, 1, 1),
            "at >= 2027-01-01T00:00:00.5": lambda r: r["at"] is not None
            and r["at"] >= datetime.datetime(2027, 1, 1, 0, 0, 0, 500_000),
            "utc < 2027-06-01": lambda r: r["utc"] is not None and r["utc"] < datetime.datetime(2027, 6, 1, tzinfo=UTC),
            "word = 'Zoë'": lambda r: r["word"] == "Zoë", "word != view": lambda r: r["word"] not in (None, "view"),
            "text is null": lambda r: r["text"] is None, "text is not null": lambda r: r["text"] is not None,
            "unread is null": None}
        for condition, holds in conditions.items():
            with self.subTest(condition=condition):
                p = support.Project(self, data.contract, source={"parquet": "in/*", "where": ["id < 3500", condition]})
                pq.write_table(data.table, p.folder / "in/a.parquet", row_group_size=500)
                if holds is None:
                    unread = data.table["unread"].to_pylist()
                    holds = lambda r: unread[r["id"]] is None  # noqa: E731
                want = [r for r in rows if r["id"] < 3500 and holds(r)]
                self.assert_published(p.run(), published=len(want), filtered=4_000 - len(want), quarantined=0)
                self.assertEqual(self.rows_of(p), want)

    def test_a_row_group_that_statistics_exclude_is_not_read(self):
        p = support.Project(self, [integer("id")], source={"parquet": "in/*", "where": "id >= 200"})
        path = p.folder / "in/a.parquet"
        pq.write_table(pa.table({"id": list(range(300))}), path, row_group_size=100, compression="none",
                       use_dictionary=False)
        column = pq.ParquetFile(path).metadata.row_group(0).column(0)
        with path.open("r+b") as f:
            f.seek(column.data_page_offset)
            f.write(b"\xff" * column.total_compressed_size)
        planned = p.call("plan", "t.yaml")
        self.assertIn("skipped by where and statistics: 2 of 3 row groups, 200 rows", planned.out)
        found = p.call("plan", "t.yaml", "--json").json()["inputs"][0]
        self.assertEqual({k: found[k] for k in ("row_groups", "row_groups_skipped", "rows_skipped")},
                         {"row_groups": 3, "row_groups_skipped": 2, "rows_skipped": 200})
        self.assert_published(p.run(), published=100, filtered=200, **{"in": 300})
        p.write("t.yaml", support.pipeline_text(source={"parquet": "in/*"}))
        self.assert_refusal(p.run("--rebuild"), support.FAILED, "row group 0 cannot be read", "in/a.parquet")

    def test_conditions_that_make_no_sense_are_refused(self):
        for where, *words in [("id", "is no condition", "t.yaml:"), ("id ~ 3", "is no condition"),
                              ("nothing = 1", 'no column "nothing"', "in/a.parquet"),
                              ("id = 1.5", "cannot be compared", "in/a.parquet"), ("id = x", "cannot be compared")]:
            with self.subTest(where=where):
                p = support.Project(self, [integer("id")], source={"parquet": "in/*", "where": where})
                pq.write_table(pa.table({"id": [1]}), p.folder / "in/a.parquet")
                self.assert_refusal(p.run(), support.INVALID, *words)

    def kill_before_it_publishes(self, p, threads):
        """Kills a run that has staged something; another one when the kill came too late."""
        for _ in range(10):
            running = p.start("--threads", threads)
            while running.poll() is None and not list(p.folder.rglob("stage/**/*.parquet")):
                pass
            running.kill()
            running.communicate()
            if not p.parts():
                return self.assertEqual(running.returncode, -signal.SIGKILL)
            for folder in (p.root, p.root.with_name(p.root.name + ".freight")):
                shutil.rmtree(folder)
        self.fail("no run could be killed before it published")

    def test_identical_at_1_2_and_8_threads_and_after_a_kill(self):
        rng = random.Random(4)
        rows = 900_000
        table = pa.table({"id": pa.array(range(rows), pa.int64()),
                          "word": pa.array([str(rng.random()) for _ in range(rows)]),
                          "part": pa.array([i * 5 // rows for i in range(rows)], pa.int32())})
        columns = [integer("id"), {"name": "word", "logicalType": "string"}, integer("part", "i32")]
        files = []
        for threads, group in ((1, rows), (2, rows), (8, rows), (2, 0)):
            p = project(self, columns, to={"partition_by": ["part"]})
            pq.write_table(table, p.folder / "in/a.parquet", row_group_size=rows)
            if group == 0:
                self.kill_before_it_publishes(p, threads)
            self.assert_published(p.run("--threads", threads), published=rows)
            files.append(p.parts())
        self.assertTrue(all(f == files[0] for f in files[1:]))

    def big_row_group(self, p, rows=600_000):
        rng = random.Random(6)
        some = pa.array([rng.random() for _ in range(100_000)])
        table = pa.table({"id": pa.array(range(rows), pa.int64()), "v": pa.concat_arrays([some] * (rows // 100_000))})
        pq.write_table(table, p.folder / "in/a.parquet", row_group_size=rows, use_dictionary=False, compression="none",
                       data_page_size=100_000)
        return p.folder / "in/a.parquet"

    def test_a_row_group_that_breaks_off_under_many_threads_ends_the_run(self):
        columns = [integer("id"), {"name": "v", "logicalType": "number", "logicalTypeOptions": {"format": "f64"}}]
        for share in (0.1, 0.5, 0.9):
            p = project(self, columns)
            path = self.big_row_group(p)
            column = pq.ParquetFile(path).metadata.row_group(0).column(1)
            with path.open("r+b") as f:
                f.seek(column.data_page_offset + int(share * column.total_compressed_size))
                f.write(b"\xff" * 200_000)
            self.assert_refusal(p.run("--threads", "8", timeout=60), support.FAILED, "row group 0 cannot be read")
            self.assert_nothing_published(p)

    def test_a_run_that_is_stopped_inside_a_row_group_ends_and_goes_on(self):
        columns = [integer("id"), {"name": "v", "logicalType": "number", "logicalTypeOptions": {"format": "f64"}}]
        p, whole, rows = project(self, columns), project(self, columns), 3_000_000  # more than a chunk
        self.big_row_group(p, rows)
        self.big_row_group(whole, rows)
        self.assert_published(whole.run("--threads", "1"), published=rows)
        running = p.start("--threads", "8")
        while running.poll() is None and not list(p.folder.rglob("stage/**/*.parquet")):
            pass
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
        self.assertIn(running.returncode, (support.OK, 130))
        self.assertIn(p.run("--threads", "2").json()["state"], ("published", "nothing_to_do"))
        self.assertEqual(p.parts(), whole.parts())

    def test_one_huge_row_group_is_read_in_bounded_memory(self):
        rows = 4_000_000
        p = project(self, [integer("id"), {"name": "word", "logicalType": "string"}])
        word = pa.array([f"some words to make it long {i % 9973}" for i in range(100_000)])
        table = pa.table({"id": pa.array(range(rows), pa.int64()),
                          "word": pa.concat_arrays([word] * (rows // 100_000))})
        pq.write_table(table, p.folder / "in/a.parquet", row_group_size=rows, use_dictionary=False)
        del table, word
        report = self.assert_published(p.run("--threads", "2"), published=rows)
        self.assertLess(report["peak_rss_bytes"], 160 << 20)

    def test_pages_of_a_row_group_do_not_take_the_memory_of_the_work_on_its_rows(self):
        p = project(self, [integer("id")])
        table = pa.table({"id": pa.array(range(100_000), pa.int64()), "unread": pa.array(range(100_000), pa.int64())})
        pq.write_table(table, p.folder / "in/a.parquet", use_dictionary=False, compression="none")
        usual = 64 << 20
        budget = p.call("plan", "t.yaml", "--json").json()["memory_bytes"]
        self.assertGreater(budget, usual + 2 * 800_000 - 1)  # as stored and as read, of one column
        self.assertLess(budget, usual + 3 * 800_000)
        self.assertEqual(p.call("plan", "t.yaml", "--json", "--memory", "64MiB").json()["memory_bytes"], usual)
        self.assert_published(p.run(), published=100_000)
        record, = (p.folder / "out" / "t.freight" / "runs").glob("*.json")
        self.assertEqual(json.loads(record.read_text())["memory"]["limit_bytes"], budget)

    def test_its_own_output_comes_back(self):
        p = support.Project(self, support.EVENTS)
        figures = support.generate(p.folder / "in/a.csv", "--rows", 50_000)
        self.assert_published(p.run())
        q = project(self, support.EVENTS)
        for i, part in enumerate(sorted(p.root.rglob("*.parquet"))):
            q.write(f"in/{i}.parquet", part.read_bytes())
        self.assert_published(q.run(), published=figures["rows_good"])
        order = [(name, "ascending") for name in ("event_time", "user_id", "amount", "event_type", "comment")]
        before, after = (pq.ParquetDataset(str(x.root)).read().sort_by(order) for x in (p, q))
        self.assertTrue(before.equals(after))

    def test_a_changed_file_is_known_by_its_bytes(self):
        p = project(self, [integer("id")])
        pq.write_table(pa.table({"id": [1, 2, 3]}), p.folder / "in/a.parquet")
        self.assert_published(p.run(), published=3)
        data = (p.folder / "in/a.parquet").read_bytes()
        (p.folder / "in/a.parquet").write_bytes(data)  # other times, same bytes
        self.assertEqual(p.run().json()["state"], "nothing_to_do")

    def test_what_init_writes_runs_without_an_edit(self):
        data = Columns(random.Random(2), 300)
        table = data.table.append_column("key", pa.array([uuid.UUID(int=i).bytes for i in range(300)], pa.uuid()))
        p = project(self, data.contract)
        (p.folder / "raw").mkdir()
        pq.write_table(table.append_column("list", pa.array([[1]] * 300)), p.folder / "raw/all types.parquet")
        self.assert_code(p.call("init", "made", "--from", "raw/all types.parquet"), support.OK)
        self.assert_published(p.call("run", "made", "--json"), published=300, quarantined=0)
        table = pq.ParquetDataset(str(p.folder / "made/clean/all_types")).read().sort_by("id")
        self.assertEqual(table.select([c for c in data.table.column_names]).to_pylist(), data.table.to_pylist())


class MisuseTest(support.FreightTest):
    def test_files_that_are_none(self):
        good = pa.BufferOutputStream()
        pq.write_table(pa.table({"id": list(range(1000))}), good)
        good = good.getvalue().to_pybytes()
        for name, data, *words in [("empty", b"", "empty"), ("text", b"id\n1\n2\n3\n4\n5\n", "no Parquet file"),
                                   ("cut", good[:-100], "no Parquet file"), ("tail", good[100:], "a.parquet")]:
            with self.subTest(name=name):
                p = project(self, [integer("id")])
                p.write("in/a.parquet", data)
                self.assert_refusal(p.run(), (support.INVALID, support.FAILED), "in/a.parquet", *words)
                self.assert_nothing_published(p)
        p = project(self, [integer("id")])
        self.assert_refusal(p.run(), support.INVALID, "no file matches")

    def test_a_flipped_byte_is_an_error_or_changes_nothing_that_a_checksum_covers(self):
        buffer = pa.BufferOutputStream()
        pq.write_table(pa.table({"id": list(range(300)), "w": [f"w{i % 5}" for i in range(300)]}), buffer,
                       write_page_checksum=True, row_group_size=100)
        good = bytearray(buffer.getvalue().to_pybytes())
        p = project(self, [integer("id"), {"name": "w", "logicalType": "string"}])
        rng = random.Random(8)
        outcomes = set()
        for at in sorted(rng.sample(range(len(good)), 120)):
            bad = bytearray(good)
            bad[at] ^= 1 << rng.randrange(8)
            p.write("in/a.parquet", bytes(bad))
            done = p.run("--rebuild")
            self.assert_no_crash(done)
            self.assert_code(done, support.OK, support.FAILED, support.INVALID, support.REFUSED)
            outcomes.add(done.code)
        self.assertIn(support.FAILED, outcomes)

    def test_an_empty_table_has_no_rows(self):
        p = project(self, [integer("id")])
        pq.write_table(pa.table({"id": pa.array([], pa.int64())}), p.folder / "in/a.parquet")
        self.assert_published(p.run(), published=0)


if __name__ == "__main__":
    unittest.main()

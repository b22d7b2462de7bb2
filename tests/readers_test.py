"""DuckDB, PyArrow and Polars read what Freight publishes and agree with figures that Freight did not make."""
import base64
import datetime
import decimal
import unittest
import uuid

import duckdb
import polars
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet

import support


def seconds(text):
    return datetime.datetime.fromisoformat(text)


class EventsTest(support.FreightTest):
    """One dataset of generated events with 1 % bad rows, against the generator's manifest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.holder = cls()
        cls.addClassCleanup(cls.holder.doCleanups)
        cls.project = support.Project(cls.holder, support.EVENTS, quarantine={"max_percent": 5},
                                      to={"partition_by": ["event_date = day(event_time)"]})
        cls.figures = support.generate(cls.project.folder / "in", "--bytes", 20_000_000, "--files", 3,
                                       "--bad-percent", 1, "--seed", 42)
        cls.done = cls.project.run()

    def wanted(self):
        f = self.figures
        return {"rows": f["rows_good"], "users": f["user_id_sum"], "cents": f["amount_cents_sum"],
                "first": seconds(f["event_time_min"]), "last": seconds(f["event_time_max"]),
                "amount_nulls": f["amount_nulls"], "comment_nulls": f["comment_nulls"],
                "comment_bytes": f["comment_bytes"], "types": f["rows_per_type"], "days": f["rows_per_day"]}

    def test_the_run_accounts_for_every_row(self):
        f = self.figures
        report = self.assert_published(self.done, published=f["rows_good"], quarantined=f["rows_bad"],
                                       **{"in": f["rows"]})
        headers = 3 * len("user_id,event_time,event_type,amount,comment\n")
        self.assertEqual(report["bytes_in"], f["bytes"] - headers)
        self.assertEqual({p["path"]: p["rows"] for p in report["partitions"]},
                         {f"event_date={day}": rows for day, rows in f["rows_per_day"].items()})

    def test_duckdb(self):
        with duckdb.connect() as db:
            source = f"read_parquet('{self.project.glob()}', hive_partitioning = true)"
            row = db.execute(f"""SELECT count(*), sum(user_id), CAST(sum(amount) * 100 AS BIGINT), min(event_time),
                max(event_time), count(*) - count(amount), count(*) - count(comment),
                CAST(sum(octet_length(encode(comment))) AS BIGINT) FROM {source}""").fetchone()
            types = dict(db.execute(f"SELECT event_type, count(*) FROM {source} GROUP BY 1").fetchall())
            days = dict(db.execute(f"SELECT CAST(event_date AS VARCHAR), count(*) FROM {source} GROUP BY 1").fetchall())
        names = ["rows", "users", "cents", "first", "last", "amount_nulls", "comment_nulls", "comment_bytes"]
        self.assertEqual(dict(zip(names, row)) | {"types": types, "days": days}, self.wanted())

    def test_pyarrow(self):
        table = pyarrow.dataset.dataset(str(self.project.root), format="parquet", partitioning="hive").to_table()
        pc = pyarrow.compute
        counts = {name: {str(v["values"]): v["counts"] for v in pc.value_counts(table[name]).to_pylist()}
                  for name in ("event_type", "event_date")}
        self.assertEqual({
            "rows": table.num_rows, "users": pc.sum(table["user_id"]).as_py(),
            "cents": int(pc.sum(table["amount"]).as_py() * 100),
            "first": pc.min(table["event_time"]).as_py(), "last": pc.max(table["event_time"]).as_py(),
            "amount_nulls": table["amount"].null_count, "comment_nulls": table["comment"].null_count,
            "comment_bytes": pc.sum(pc.binary_length(table["comment"])).as_py(),
            "types": counts["event_type"], "days": counts["event_date"]}, self.wanted())

    def test_polars(self):
        t = polars.scan_parquet(self.project.glob(), hive_partitioning=True)
        c = polars.col
        row = t.select(
            rows=polars.len(), users=c("user_id").sum(), cents=c("amount").sum() * 100, first=c("event_time").min(),
            last=c("event_time").max(), amount_nulls=c("amount").null_count(),
            comment_nulls=c("comment").null_count(), comment_bytes=c("comment").str.len_bytes().sum(),
        ).collect().row(0, named=True)
        counts = {name: {str(key): rows for key, rows in t.group_by(name).len().collect().rows()}
                  for name in ("event_type", "event_date")}
        self.assertEqual(row | {"cents": int(row["cents"]), "types": counts["event_type"],
                                "days": counts["event_date"]}, self.wanted())

    def test_the_quarantine_holds_every_bad_row_with_all_its_rules(self):
        with duckdb.connect() as db:
            source = f"read_parquet('{self.project.quarantine_glob()}')"
            total = db.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
            rules = db.execute(f"""SELECT coalesce(f.column, '') || ':' || f.rule || ':' || f.reason, count(*)
                FROM (SELECT unnest(failures) AS f FROM {source}) GROUP BY 1""").fetchall()
            shown = db.execute(f"SELECT input, byte_offset, byte_length, raw FROM {source} USING SAMPLE 200").fetchall()
        self.assertEqual(total, self.figures["rows_bad"])
        self.assertEqual(dict(rules), self.figures["bad_by_rule"])
        for name, offset, length, raw in shown:
            with open(self.project.folder / name, "rb") as f:
                f.seek(offset)
                self.assertEqual(f.read(length), raw)


class SnappyTest(support.FreightTest):
    def publish(self, codec):
        project = support.Project(self, support.EVENTS, to={"codec": codec})
        figures = support.generate(project.folder / "in", "--bytes", 20_000_000, "--files", 1, "--seed", 43)
        self.assert_published(project.run(), published=figures["rows"])
        return project

    def test_every_reader_reads_the_same_from_blocks_of_numbers_as_from_zstd(self):
        project, other = self.publish("snappy"), self.publish("zstd")
        ours, theirs = (pyarrow.dataset.dataset(str(p.root)).to_table() for p in (project, other))
        self.assertTrue(ours.equals(theirs))
        ours, theirs = (polars.read_parquet(p.glob()) for p in (project, other))
        self.assertTrue(ours.equals(theirs))
        with duckdb.connect() as db:
            row = db.execute("""SELECT (SELECT count(*) FROM (FROM read_parquet($1) EXCEPT ALL FROM read_parquet($2))),
                (SELECT count(*) FROM read_parquet($1)), (SELECT count(*) FROM read_parquet($2))""",
                             [project.glob(), other.glob()]).fetchone()
            chunks = db.execute("""SELECT path_in_schema, compression, min(num_values) FROM parquet_metadata(?)
                WHERE path_in_schema IN ('user_id', 'event_time', 'amount') GROUP BY ALL ORDER BY ALL""",
                                [project.glob()]).fetchall()
        self.assertEqual(row, (0, len(ours), len(ours)))
        # Pages of more than one fragment, so that such blocks are what was read.
        self.assertEqual([c[:2] for c in chunks], [(n, "SNAPPY") for n in ("amount", "event_time", "user_id")])
        self.assertGreater(min(values for _, _, values in chunks), 16_384)


def column(name, logical, physical=None, **options):
    c = {"name": name, "logicalType": logical}
    return c | ({"physicalType": physical} if physical else {}) | ({"logicalTypeOptions": options} if options else {})


UTC = datetime.timezone.utc
ID1, ID2 = uuid.UUID("00000000-0000-0000-0000-000000000001"), uuid.UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")
DAY, LATER = datetime.date(1583, 1, 1), datetime.date(9999, 12, 31)
MOMENT = datetime.datetime(2026, 2, 28, 23, 59, 59, 999999)
# column, two spellings, the two values that they mean
TYPES = [
    (column("i8", "integer", format="i8"), "-128", "127", -128, 127),
    (column("i16", "integer", format="i16"), "-32768", "32767", -32768, 32767),
    (column("i32", "integer", format="i32"), "-2147483648", "2147483647", -(1 << 31), (1 << 31) - 1),
    (column("i64", "integer", format="i64"), "-9223372036854775808", "9223372036854775807", -(1 << 63), (1 << 63) - 1),
    (column("u8", "integer", format="u8"), "0", "255", 0, 255),
    (column("u16", "integer", format="u16"), "0", "65535", 0, 65535),
    (column("u32", "integer", format="u32"), "0", "4294967295", 0, (1 << 32) - 1),
    (column("u64", "integer", format="u64"), "0", "18446744073709551615", 0, (1 << 64) - 1),
    (column("d9", "number", "DECIMAL(9,2)"), "-9999999.99", "0.01", decimal.Decimal("-9999999.99"),
     decimal.Decimal("0.01")),
    (column("d18", "number", "DECIMAL(18,4)"), "-99999999999999.9999", "1.5000",
     decimal.Decimal("-99999999999999.9999"), decimal.Decimal("1.5000")),
    (column("d38", "number", "DECIMAL(38,10)"), "-9999999999999999999999999999.9999999999", "7",
     decimal.Decimal("-9999999999999999999999999999.9999999999"), decimal.Decimal("7.0000000000")),
    (column("f32", "number", format="f32"), "-1.5", "0.25", -1.5, 0.25),
    (column("f64", "number", format="f64"), "-1.7976931348623157e308", "0.1", -1.7976931348623157e308, 0.1),
    (column("yes", "boolean"), "true", "false", True, False),
    (column("day", "date"), "1583-01-01", "9999-12-31", DAY, LATER),
    (column("clock", "time"), "00:00:00", "23:59:59", datetime.time(0, 0), datetime.time(23, 59, 59)),
    (column("local", "timestamp", timezone=False), "2026-02-28T23:59:59.999999", "1970-01-01T00:00:00", MOMENT,
     datetime.datetime(1970, 1, 1)),
    (column("zoned", "timestamp", timezone=True), "2026-06-11T12:00:00+02:00", "1969-12-31T23:59:59Z",
     datetime.datetime(2026, 6, 11, 10, tzinfo=UTC), datetime.datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    (column("uid", "string", format="uuid"), str(ID1), str(ID2), ID1.bytes, ID2.bytes),
    (column("raw", "string", "BYTES", format="byte"), base64.b64encode(b"\0\xff").decode(), "", b"\0\xff", None),
    (column("text", "string"), '"a ""quoted"" ʤ\nline"', '""', 'a "quoted" ʤ\nline', ""),
]


class TypesTest(support.FreightTest):
    """Each type of a contract, at its limits, and null."""

    def publish(self):
        project = support.Project(self, [t[0] for t in TYPES] + ["end"])
        lines = [",".join(t[0]["name"] for t in TYPES) + ",end"]
        lines += [",".join(t[i] for t in TYPES) + ",x" for i in (1, 2)] + ["," * len(TYPES) + "x"]
        project.write("in/a.csv", "\n".join(lines) + "\n")
        self.assert_published(project.run(), published=3)
        return project

    def wanted(self):
        return {t[0]["name"]: [t[3], t[4], None] for t in TYPES}

    def test_all_types_in_all_readers(self):
        project = self.publish()
        table = pyarrow.dataset.dataset(str(project.root), format="parquet").to_table()
        frame = polars.read_parquet(project.glob())
        with duckdb.connect() as db:
            # Its Python binding wants another package for times with a zone; a plain time in UTC says the same.
            found = db.execute("SELECT * REPLACE (zoned AT TIME ZONE 'UTC' AS zoned) FROM read_parquet(?)",
                               [project.glob()])
            duck = dict(zip([d[0] for d in found.description], map(list, zip(*found.fetchall()))))
        duck["zoned"] = [v and v.replace(tzinfo=UTC) for v in duck["zoned"]]
        for name, values in self.wanted().items():
            with self.subTest(column=name):
                plain = [v.bytes if isinstance(v, uuid.UUID) else v for v in table[name].to_pylist()]
                self.assertEqual(plain, values)
                self.assertEqual([v.bytes if isinstance(v, uuid.UUID) else v for v in duck[name]], values)
                self.assertEqual(frame[name].to_list(), values)


class BloomFilterTest(support.FreightTest):
    def test_duckdb_skips_row_groups_by_the_filters_and_finds_every_value(self):
        p = support.Project(self, support.EVENTS, to={"bloom_filter": ["user_id", "comment"]})
        support.generate(p.folder / "in", "--bytes", 12_000_000, "--files", 2)
        self.assert_published(p.run())
        with duckdb.connect() as db:
            users = [u for u, in db.execute("SELECT DISTINCT user_id FROM read_parquet(?) LIMIT 50",
                                            [p.glob()]).fetchall()]
            for column, present, absent in [("user_id", users, range(-50, 0)),
                                            ("comment", ["size"], ["no such comment", "nor this"])]:
                for value in present:
                    probed = db.execute("SELECT bool_or(NOT bloom_filter_excludes) FROM parquet_bloom_probe(?, ?, ?)",
                                        [p.glob(), column, value]).fetchone()[0]
                    self.assertTrue(probed, (column, value))
                excluded = [db.execute("SELECT avg(bloom_filter_excludes::INT) FROM parquet_bloom_probe(?, ?, ?)",
                                       [p.glob(), column, value]).fetchone()[0] for value in absent]
                self.assertGreater(sum(excluded) / len(excluded), 0.9, column)

    def test_columns_that_cannot_have_a_filter_are_refused_where_they_stand(self):
        flag = {"name": "flag", "logicalType": "boolean"}
        for columns, words in [("nothing", ["is no column"]), ("flag", ["no such filter"]),
                               ("event_type", ["is not in its files"])]:
            p = support.Project(self, support.EVENTS + [flag],
                                to={"bloom_filter": columns, "partition_by": ["event_type"]})
            self.assert_refusal(p.call("check", "t.yaml"), support.INVALID, "bloom_filter", "t.yaml:", *words)


class SizesTest(support.FreightTest):
    def files(self, **to):
        p = support.Project(self, support.EVENTS, to=to)
        support.generate(p.folder / "in", "--bytes", 24_000_000, "--files", 1)
        self.assert_published(p.run())
        return [pyarrow.parquet.ParquetFile(p.root / name) for name in sorted(p.parts())]

    def test_files_end_with_the_row_group_that_reaches_the_target(self):
        target = 300_000
        whole, = self.files(row_group_size="512KiB")
        self.assertGreater(whole.metadata.num_row_groups, 40)
        files = self.files(row_group_size="512KiB", file_size=f"{target}")
        self.assertGreater(len(files), 5)
        self.assertEqual(sum(f.metadata.num_rows for f in files), whole.metadata.num_rows)
        small = larger = 0
        for file in files:
            group_sizes = [sum(group.column(c).total_compressed_size for c in range(group.num_columns)) for group in
                           map(file.metadata.row_group, range(file.metadata.num_row_groups))]
            larger += sum(group_sizes[:-1]) >= target
            self.assertLess(sum(group_sizes), 1.5 * target + max(group_sizes))
            self.assertGreater(sum(group_sizes), target / 2 - 1000)
            small += sum(group_sizes) < target - 1000
        self.assertLessEqual(small + larger, 1)  # the chunk's last one, joined with the one before it when it is small
        self.assertEqual(sorted(v for f in files for v in f.read(["user_id"])["user_id"].to_pylist()),
                         sorted(whole.read(["user_id"])["user_id"].to_pylist()))

    def test_pieces_at_the_ends_of_chunks_join_their_neighbours(self):
        """Three chunks of 64 MiB, each of which ends within a day: no file is small, and its row groups are whole."""
        p = support.Project(self, support.EVENTS, to={"partition_by": ["d = day(event_time)"]})
        figures = support.generate(p.folder / "in", "--bytes", 200_000_000, "--files", 1)
        report = self.assert_published(p.run("--threads", "2"))
        self.assertEqual(report["chunks"]["total"], 3)
        by_day = {}
        for name in p.parts():
            by_day.setdefault(name.split("/")[0], []).append((p.root / name).stat().st_size)
        self.assertEqual([sizes for sizes in by_day.values() if len(sizes) > 1 and min(sizes) < 1 << 20], [])
        self.assertGreater(len([name for name in p.parts() if "-00003-" in name]), 0)  # parts of the closing record
        with duckdb.connect() as db:
            total = db.execute("SELECT count(*), sum(user_id) FROM read_parquet(?)", [p.glob()]).fetchone()
        rows = pyarrow.dataset.dataset(sorted(p.root / name for name in p.parts())).to_table(columns=["user_id"])
        self.assertEqual(total, (report["rows"]["published"], pyarrow.compute.sum(rows["user_id"]).as_py()))
        self.assertEqual(polars.scan_parquet(p.glob()).select(polars.col("user_id").sum()).collect().item(), total[1])
        one = support.Project(self, support.EVENTS, to={"file_size": "1GiB"})
        (one.folder / "in").mkdir(exist_ok=True)
        for file in (p.folder / "in").iterdir():
            (one.folder / "in" / file.name).hardlink_to(file)
        self.assert_published(one.run())
        self.assertEqual(len(one.parts()), 1)

    def test_gathered_partitions_follow_the_targets_in_duckdbs_view(self):
        p = support.Project(self, support.EVENTS, to={"partition_by": ["part = bucket(20, user_id)"],
                                                      "row_group_size": "128KiB", "file_size": "64KiB"})
        figures = support.generate(p.folder / "in", "--bytes", 24_000_000, "--files", 1)
        self.assert_published(p.run())
        with duckdb.connect() as db:
            rows, groups, files = {}, {}, {}
            for file, group, count, size in db.execute(
                    """SELECT file_name, row_group_id, any_value(row_group_num_rows), sum(total_compressed_size)
                    FROM parquet_metadata(?) GROUP BY ALL ORDER BY ALL""", [p.glob()]).fetchall():
                groups.setdefault(file, []).append(size)
                rows[file, group] = count
            total = db.execute("SELECT count(*) FROM read_parquet(?)", [p.glob()]).fetchone()[0]
        for file, sizes in groups.items():
            self.assertLess(sum(sizes[:-1]), 64 << 10, file)
            files.setdefault(file.rsplit("/", 1)[0], []).append(sum(sizes))
        self.assertEqual(len(files), 20)
        for folder, sizes in files.items():
            self.assertGreater(len(sizes), 2, folder)
            self.assertLessEqual(sum(size < (64 << 10) - 1000 for size in sizes), 1, folder)  # the partition's last
        self.assertEqual(total, figures["rows_good"])
        full = sorted(rows.values())[20:]  # but for each partition's last one
        self.assertLess(full[-1], full[0] * 1.2)

    def test_row_groups_in_order_say_so(self):
        p = support.Project(self, [column("id", "integer"), column("word", "string")],
                            to={"sorted_by": ["id", "word"], "row_group_size": "64KiB"})
        ascending = "".join(f"{i // 3},w{i % 3}\n" for i in range(30_000))
        p.write("in/a.csv", "id,word\n" + ascending)
        p.write("in/b.csv", "id,word\n" + ascending + "5,late\n")
        self.assert_published(p.run())
        claims = []
        for name in sorted(p.parts()):
            file = pyarrow.parquet.ParquetFile(p.root / name)
            for i in range(file.metadata.num_row_groups):
                rows = list(zip(*file.read_row_group(i).to_pydict().values()))
                claimed = [(s.column_index, s.descending, s.nulls_first)
                           for s in file.metadata.row_group(i).sorting_columns]
                self.assertEqual(claimed, [(0, False, False), (1, False, False)] if rows == sorted(rows) else [])
                claims.append(bool(claimed))
        self.assertGreater(sum(claims), 5)
        self.assertEqual(claims.count(False), 1)

    def test_order_is_claimed_for_every_type_only_where_it_holds(self):
        """One file per case: ascending, with ties, nulls last; descending; nulls first; a column that decides ties."""
        for spec, low, high, *values in [t for t in TYPES if t[0]["name"] in (
                "i8", "u64", "d9", "d18", "d38", "f64", "yes", "day", "clock", "local", "zoned", "uid", "text")]:
            with self.subTest(column=spec["name"]):
                if values[0] > values[1]:
                    low, high = high, low
                p = support.Project(self, [spec, column("n", "integer")], to={"sorted_by": [spec["name"], "n"]})
                cases = {"ascending": [(low, 1), (low, 1), (high, 0), ("", 0), ("", 2)],
                         "descending": [(high, 1), (low, 2)], "nulls_first": [("", 1), (low, 3)],
                         "null_between": [(low, 1), ("", 1), (high, 1)],
                         "ties_descend": [(low, 2), (low, 1), (high, 3)], "tie_of_nulls_descends": [("", 2), ("", 1)]}
                for name, rows in cases.items():
                    p.write(f"in/{name}.csv", f"{spec['name']},n\n" + "".join(f"{v},{n}\n" for v, n in rows))
                self.assert_published(p.run(), published=sum(map(len, cases.values())))
                claims = {}
                for part in p.parts():
                    file = pyarrow.parquet.ParquetFile(p.root / part)
                    group = file.metadata.row_group(0)
                    numbers = tuple(file.read(["n"])["n"].to_pylist())
                    claims[numbers] = [(c.column_index, c.descending, c.nulls_first) for c in group.sorting_columns]
                wanted = {tuple(n for _, n in rows): [] for rows in cases.values()}
                wanted[(1, 1, 0, 0, 2)] = [(0, False, False), (1, False, False)]
                self.assertEqual(claims, wanted)

    def test_columns_without_an_order_are_refused_where_they_stand(self):
        for columns, word in [("nothing", "is no column"), ("event_type", "is not in its files"),
                              (["user_id", "amount", "user_id"], "is named twice")]:
            p = support.Project(self, support.EVENTS, to={"sorted_by": columns, "partition_by": ["event_type"]})
            self.assert_refusal(p.call("check", "t.yaml"), support.INVALID, "sorted_by", "t.yaml:", word)

    def test_row_groups_that_do_not_fit_into_memory_are_refused(self):
        p = support.Project(self, support.EVENTS, to={"row_group_size": "32MiB"})
        self.assert_refusal(p.call("check", "t.yaml"), support.INVALID, "row_group_size", "limits.memory", "t.yaml:")


if __name__ == "__main__":
    unittest.main()

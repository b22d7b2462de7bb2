"""NDJSON through the real binary: values read back by DuckDB and PyArrow, verdicts, JSONTestSuite, users' mistakes.

The numbers of JSONTestSuite are printed as lines that start with "|"; without the data they are skipped.
"""
import datetime
import decimal
import gzip
import json
import random
import signal
import unittest

import duckdb
import polars
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq

import support

SUITE = support.SHARED / "json-test-suite" / "test_parsing"
COLUMNS = [
    {"name": "id", "logicalType": "integer", "required": True, "logicalTypeOptions": {"format": "i64"}},
    {"name": "name", "logicalType": "string", "physicalName": "user.name"},
    {"name": "amount", "logicalType": "number", "physicalType": "DECIMAL(18,2)"},
    {"name": "ratio", "logicalType": "number", "logicalTypeOptions": {"format": "f64"}},
    {"name": "ok", "logicalType": "boolean"},
    {"name": "at", "logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}},
    {"name": "payload", "logicalType": "string", "physicalType": "json"},
]


def project(test, columns, **more):
    return support.Project(test, columns, source={"ndjson": "in/*"}, quarantine={"max_percent": 100}, **more)


def make_row(rng, i):
    """One row as a dict of the dataset's values, None where the record has none."""
    return {
        "id": rng.choice([i, -i, 2**63 - 1, -2**63]),
        "name": rng.choice(["Zoë", "a \"quoted\" name", "tab\tand\nline", "", "😀", None, "x" * rng.randrange(60)]),
        "amount": rng.choice([None, decimal.Decimal(rng.randrange(-10**9, 10**9)).scaleb(-2)]),
        "ratio": rng.choice([None, rng.random(), rng.random() * 10**rng.randrange(-300, 300), 0.1, 5e-324]),
        "ok": rng.choice([True, False, None]),
        "at": datetime.datetime(2026, 6, 11, tzinfo=datetime.timezone.utc)
              + datetime.timedelta(microseconds=rng.randrange(10**12)),
        "payload": rng.choice([None, {"k": [1, {"é": None}]}, [1, 2], "text", 12]),
    }


def record_of(rng, row):
    """The row as one of the ways in which JSON can spell it."""
    pairs = [("id", str(row["id"]))]
    pairs.append(("user", json.dumps({"x": 1, "name": row["name"]}, ensure_ascii=rng.random() < 0.5)))
    if row["amount"] is not None:
        pairs.append(("amount", str(row["amount"])))
    pairs.append(("ratio", json.dumps(row["ratio"])))
    pairs.append(("ok", json.dumps(row["ok"])))
    pairs.append(("at", json.dumps(row["at"].isoformat())))
    pairs.append(("payload", json.dumps(row["payload"], ensure_ascii=False)))
    pairs.append(("unread", rng.choice(['"x"', "[1,{}]", "null", "-1.5e3"])))
    if rng.random() < 0.2:
        rng.shuffle(pairs)
    comma, colon = rng.choice([(",", ":")] * 9 + [(" , ", ": ")])
    return "{" + comma.join(f'"{k}"{colon}{v}' for k, v in pairs) + "}"


ORDER = {"logicalType": "object", "properties": [
    {"name": "n", "logicalType": "integer", "required": True, "logicalTypeOptions": {"format": "i64"}},
    {"name": "price", "logicalType": "number", "physicalType": "DECIMAL(12,2)"},
    {"name": "flags", "logicalType": "array", "items": {"logicalType": "boolean"}}]}
NESTED = [{"name": "id", "logicalType": "integer", "required": True, "logicalTypeOptions": {"format": "i64"}},
          {"name": "user", "logicalType": "object", "properties": [
              {"name": "name", "logicalType": "string"},
              {"name": "home", "logicalType": "object", "properties": [{"name": "zip", "logicalType": "string"}]}]},
          {"name": "tags", "logicalType": "array", "items": {"logicalType": "string"}},
          {"name": "orders", "logicalType": "array", "items": ORDER}]
NESTED_NAMES = [c["name"] for c in NESTED]


def nested_records(seed, rows):
    """Random records of NESTED, with `id` counting up."""
    rng = random.Random(seed)

    def order():
        return {"n": rng.randrange(-2**62, 2**62), "price": rng.choice([None, rng.randrange(10**6) / 100]),
                "flags": rng.choice([None, [], [True, None, False]])}

    def record(i):
        return {"id": i, "user": rng.choice([None, {"name": rng.choice(["Zoë", None, ""]), "home": rng.choice(
                    [None, {"zip": None}, {"zip": "01067"}])}]),
                "tags": rng.choice([None, [], ["a"], ["b", None, "x" * 300]]),
                "orders": rng.choice([None, [], [order() for _ in range(rng.randrange(1, 5))]])}

    return [record(i) for i in range(rows)]


def plain(value):
    """With decimals as the floats that json makes of them."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return float(value) if isinstance(value, decimal.Decimal) else value


class NdjsonTest(support.FreightTest):
    def test_values_come_back_as_they_were_written(self):
        rng = random.Random(11)
        rows = [make_row(rng, i) for i in range(20_000)]
        p = project(self, COLUMNS)
        lines = [record_of(rng, row) for row in rows]
        p.write("in/a.ndjson", "\n".join(lines[:7000]))
        p.write("in/b.jsonl.gz", gzip.compress(("\ufeff" + "\r\n".join(lines[7000:14000]) + "\r\n").encode()))
        with pa.CompressedOutputStream(str(p.folder / "in" / "c.jsonl.zst"), "zstd") as out:
            out.write("\n\n".join(lines[14000:]).encode())
        self.assert_published(p.run(), published=len(rows), quarantined=0)
        files = sorted(str(f) for f in p.root.rglob("*.parquet"))
        found = {name: [] for name in rows[0]}
        by_input = pyarrow.dataset.dataset(files, format="parquet").to_table().to_pydict()
        for name, values in by_input.items():
            found[name] = values
        found["payload"] = [None if v is None else json.loads(v) for v in found["payload"]]
        found["at"] = [at.astimezone(datetime.timezone.utc) for at in found["at"]]
        key = repr
        self.assertEqual(sorted(map(key, zip(*found.values()))),
                         sorted(map(key, (tuple(row.values()) for row in rows))))
        with duckdb.connect() as db:
            count, total, ratio = db.execute("SELECT count(*), sum(amount), max(ratio) FROM read_parquet(?)",
                                             [files]).fetchone()
        self.assertEqual(count, len(rows))
        self.assertEqual(total, sum(row["amount"] or 0 for row in rows))
        self.assertEqual(ratio, max(row["ratio"] or 0 for row in rows))

    def test_threads_do_not_change_the_bytes(self):
        rng = random.Random(5)
        good = [record_of(rng, make_row(rng, i)) for i in range(3000)]
        bad = ['{"id":"1"}', '{"id":1', "[]", '{"id":1,"at":"today"}']
        lines = [rng.choice(bad) if rng.random() < 0.01 else rng.choice(good) for _ in range(120_000)]
        wanted = None
        for threads in (1, 2, 8):
            p = project(self, COLUMNS)
            p.write("in/a.ndjson", "\n".join(lines))
            report = self.assert_published(p.run("--threads", threads))
            self.assertGreater(report["rows"]["quarantined"], 500)
            wanted = wanted or p.parts()
            self.assertEqual(p.parts(), wanted, f"with {threads} threads")

    def test_quarantine_holds_the_record_and_every_rule(self):
        p = project(self, COLUMNS)
        lines = [b'{"id":1}', b'{"id":"x","amount":1.234,"user":7}', b'{"id":2,"id":2}', b"{'id':3}", b"\xff"]
        p.write("in/a.ndjson", b"\n".join(lines) + b"\n")
        self.assert_published(p.run(), published=1, quarantined=4)
        with duckdb.connect() as db:
            found = db.execute("SELECT line, byte_offset, byte_length, raw, list_transform(failures, lambda f: "
                               "[f.column, f.path, f.rule, f.reason, f.expected]) FROM read_parquet(?) ORDER BY line",
                               [p.quarantine_glob()]).fetchall()
        starts = [sum(len(line) + 1 for line in lines[:i]) for i in range(len(lines))]
        self.assertEqual([(n, o, s, bytes(r)) for n, o, s, r, _ in found],
                         [(i + 1, starts[i], len(lines[i]) + 1, lines[i] + b"\n") for i in range(1, 5)])
        self.assertEqual([f for *_, f in found], [
            [["id", "$.id", "type", "not_of_type", "int64, not a string"],
             ["name", "$.user", "type", "not_of_type", "an object, not a number"],
             ["amount", "$.amount", "type", "inexact", "decimal(18,2)"]],
            [["id", "$.id", "keys", "duplicate_key", "this key once in its object"]],
            [[None, "$", "json", "not_json", "a key in quotes at byte 2"]],
            [[None, "$", "json", "not_json", "a value at byte 1"]]])
        shown = p.call("quarantine", "show", "t.yaml")
        self.assertIn("name: type (not_of_type), expected an object, not a number at $.user", shown.out)

    def test_a_killed_run_resumes_at_a_line(self):
        rng = random.Random(3)
        good = [record_of(rng, make_row(rng, i)) for i in range(500)]
        text = "\n".join(rng.choice(good) for _ in range(700_000))
        whole = project(self, COLUMNS)
        whole.write("in/a.ndjson", text)
        self.assert_published(whole.run())
        cut = project(self, COLUMNS)
        cut.write("in/a.ndjson", text)
        running = cut.start("--threads", "1")
        while running.poll() is None and not list(cut.folder.rglob("stage/**/*.parquet")):
            pass
        running.kill()
        running.communicate()
        self.assertEqual(running.returncode, -signal.SIGKILL)
        report = self.assert_published(cut.run())
        self.assertEqual(cut.parts(), whole.parts())
        self.assertEqual(report["rows"]["published"], 700_000)

    def test_nested_values_become_columns_at_their_paths_and_lists(self):
        p = project(self, COLUMNS)
        p.write("raw/n.ndjson", '{"id":1,"user":{"id":7,"tags":["a","b"]},"pos":[{"x":1}]}\n'
                                '{"id":2,"user":null,"pos":[]}\n')
        self.assert_code(p.call("init", "made", "--from", "raw/n.ndjson"), support.OK)
        self.assert_published(p.call("run", "made", "--json"), published=2)
        with duckdb.connect() as db:
            found = db.execute("SELECT id, user_id, user_tags, pos FROM read_parquet(?) ORDER BY id",
                               [str(p.folder / "made/clean/n/*.parquet")]).fetchall()
        self.assertEqual(found, [(1, 7, ["a", "b"], [{"x": 1}]), (2, None, None, [])])

    def test_nested_columns_read_alike_by_every_reader(self):
        """Random records, compared with what Python's json makes of the same text."""
        records = nested_records(17, 60_000)
        bad = [{"id": 10**9, "tags": [1]}, {"id": 10**9, "orders": [{"price": 1}]}, {"id": 10**9, "user": []}]
        files = []
        for threads, profile in ((1, "compat"), (2, "compat"), (8, "fast")):
            p = project(self, NESTED, to={"partition_by": ["part = bucket(3, id)"], "profile": profile})
            p.write("in/a.ndjson", "".join(json.dumps(r) + "\n" for r in records + bad))
            self.assert_published(p.run("--threads", threads), published=len(records), quarantined=len(bad))
            files.append(p.parts())
        self.assertEqual(files[0], files[1])
        with duckdb.connect() as db:
            shown = db.execute('SELECT failures.path FROM (SELECT unnest(failures) AS failures FROM read_parquet(?)) '
                               "ORDER BY 1", [p.quarantine_glob()]).fetchall()
            self.assertEqual([path for path, in shown], ["$.orders[0].n", "$.tags[0]", "$.user"])
            found = db.execute("SELECT id, user, tags, orders FROM read_parquet(?) ORDER BY id", [p.glob()]).fetchall()

        self.assertEqual([dict(zip(NESTED_NAMES, map(plain, row))) for row in found], records)
        table = pa.dataset.dataset(str(p.root), format="parquet", partitioning="hive").to_table()
        self.assertEqual([plain(r) for r in table.select(NESTED_NAMES).sort_by("id").to_pylist()],
                         records)
        frame = polars.read_parquet(p.glob()).sort("id").select(NESTED_NAMES)
        self.assertEqual([plain(r) for r in frame.to_dicts()], records)

    def test_nested_columns_in_many_row_groups_files_and_partitions(self):
        """Plain and gathered parts: each row group alone, and all together, hold the records as they were."""
        records = nested_records(23, 30_000)
        for buckets, file_size, profile in ((3, "40KiB", "compat"), (3, "40KiB", "fast"),
                                            (17, "12KiB", "compat"), (17, "12KiB", "fast")):
            with self.subTest(buckets=buckets, profile=profile):
                p = project(self, NESTED, to={"partition_by": [f"part = bucket({buckets}, id)"], "profile": profile,
                                              "row_group_size": "64KiB", "file_size": file_size})
                p.write("in/a.ndjson", "".join(json.dumps(r) + "\n" for r in records))
                self.assert_published(p.run(), published=len(records))
                files = {}
                for name in p.parts():
                    files.setdefault(name.split("/")[0], []).append(pq.ParquetFile(p.root / name))
                self.assertEqual(len(files), buckets)
                for parts in files.values():
                    self.assertGreater(len(parts), 1)
                    self.assertGreater(max(file.metadata.num_row_groups for file in parts), 1)
                every = [file for parts in files.values() for file in parts]
                alone = [r for file in every for i in range(file.metadata.num_row_groups)
                         for r in file.read_row_group(i, columns=NESTED_NAMES).to_pylist()]
                self.assertEqual([plain(r) for r in sorted(alone, key=lambda r: r["id"])], records)
                with duckdb.connect() as db:
                    found = db.execute("SELECT id, user, tags, orders FROM read_parquet(?) ORDER BY id",
                                       [p.glob()]).fetchall()
                    pruned = db.execute("""SELECT count(*), sum(n) FROM (SELECT unnest(orders, recursive := true)
                        FROM read_parquet(?) WHERE id BETWEEN 5000 AND 5999)""", [p.glob()]).fetchone()
                self.assertEqual([dict(zip(NESTED_NAMES, map(plain, row))) for row in found], records)
                orders = [o for r in records[5000:6000] for o in r["orders"] or []]
                self.assertEqual(pruned, (len(orders), sum(o["n"] for o in orders)))
                frame = polars.read_parquet(p.glob()).sort("id").select(NESTED_NAMES)
                self.assertEqual([plain(r) for r in frame.to_dicts()], records)

    def test_what_init_writes_runs_without_an_edit(self):
        rng = random.Random(9)
        p = project(self, COLUMNS)
        rows = [make_row(rng, i) | {"flag": i % 2 == 0, "day": "2026-06-11", "a.b": i} for i in range(2000)]
        text = "".join(json.dumps({k: str(v) if k == "at" else float(v) if k == "amount" and v is not None else v
                                   for k, v in row.items()}) + "\n" for row in rows)
        p.write("raw/web events.jsonl.gz", gzip.compress(text.encode() + b"broken\n"))
        self.assert_code(p.call("init", "made", "--from", "raw/web events.jsonl.gz"), support.OK)
        self.assert_code(p.call("check", "made"), support.OK)
        self.assert_code(p.call("plan", "made"), support.OK)
        self.assert_published(p.call("run", "made", "--json"), published=len(rows), quarantined=1)
        with duckdb.connect() as db:
            found = db.execute("SELECT typeof(id), typeof(day), typeof(payload), typeof(flag), sum(\"a.b\") OVER () "
                               "FROM read_parquet(?) LIMIT 1", [str(p.folder / "made/clean/web_events/*.parquet")])
            self.assertEqual(found.fetchone(), ("BIGINT", "DATE", "VARCHAR", "BOOLEAN", sum(range(2000))))


class MisuseTest(support.FreightTest):
    def test_files_that_are_no_ndjson_are_named_for_what_they_are(self):
        for data, *words in [(b'[{"id":1},{"id":2}]', "one JSON array", "jq -c '.[]'"),
                             (b'[\n  {"id": 1},\n  {"id": 2}\n]\n', "one JSON array", "jq"),
                             (b'{\n  "id": 1\n}\n', "several lines", "jq -c ."),
                             (gzip.compress(b'{"id":1}'), "gzip", ".gz"),
                             (b"PAR1\0\0", "Parquet"),
                             ('{"id":1}'.encode("utf-16"), "utf-16", "iconv")]:
            with self.subTest(data=data):
                p = project(self, COLUMNS)
                p.write("in/a.ndjson", data)
                self.assert_refusal(p.run(), (support.FAILED, support.INVALID), "in/a.ndjson", *words)
                self.assert_nothing_published(p)

    def test_a_truncated_archive_publishes_nothing(self):
        p = project(self, COLUMNS)
        whole = gzip.compress(b"".join(b'{"id":%d}\n' % random.Random(i).randrange(10**9) for i in range(100_000)))
        p.write("in/a.ndjson.gz", whole[:len(whole) // 2])
        self.assert_refusal(p.run(), support.FAILED, "in/a.ndjson.gz")
        self.assert_nothing_published(p)

    def test_an_empty_file_has_no_rows(self):
        p = project(self, COLUMNS)
        p.write("in/a.ndjson", "")
        p.write("in/b.ndjson", "\n\n")
        self.assertIn("blank lines  2", p.call("run", "t.yaml").out)
        self.assertEqual(p.run().json()["state"], "nothing_to_do")

    def test_bytes_of_any_kind_are_quarantined(self):
        p = project(self, COLUMNS)
        data = random.Random(1).randbytes(200_000)
        p.write("in/a.ndjson", data)
        report = self.assert_published(p.run(), published=0)
        self.assertGreater(report["rows"]["quarantined"], 500)
        with duckdb.connect() as db:
            kept = db.execute("SELECT raw FROM read_parquet(?) ORDER BY byte_offset", [p.quarantine_glob()]).fetchall()
        self.assertEqual(b"".join(bytes(r[0]) for r in kept).replace(b"\n", b"").strip(),
                         data.replace(b"\n", b"").strip())

    def test_wrong_paths_and_folders_are_refused(self):
        p = project(self, COLUMNS)
        self.assert_refusal(p.run(), support.INVALID, "no file matches")
        p.write("t.yaml", support.pipeline_text(source={"ndjson": "in"}))
        self.assert_refusal(p.run(), support.INVALID, "is a directory")

    def test_a_path_that_is_none_and_a_value_read_twice_are_refused(self):
        for column, words in [({"name": "a..b", "logicalType": "string"}, ["no path", "t.odcs.yaml"]),
                              ({"name": "twin", "logicalType": "string", "physicalName": "$.id"},
                               ["two columns", "t.odcs.yaml"])]:
            p = project(self, COLUMNS + [column])
            self.assert_refusal(p.call("check", "t.yaml"), support.INVALID, *words)

    def test_csv_has_no_nested_values(self):
        p = support.Project(self, [{"name": "u", "logicalType": "object",
                                    "properties": [{"name": "x", "logicalType": "string"}]}])
        p.write("in/a.csv", "u\n1\n")
        self.assert_refusal(p.call("check", "t.yaml"), support.INVALID, "no nested values", "t.odcs.yaml")


@unittest.skipUnless(SUITE.is_dir(), f"no data in {SUITE}")
class JsonTestSuiteTest(support.FreightTest):
    """Each text as the value of a column that takes any JSON."""

    def outcomes(self):
        """name -> rows published, rows quarantined, value"""
        texts = {f.stem: f.read_bytes() for f in sorted(SUITE.glob("*.json"))}
        p = project(self, [{"name": "name", "logicalType": "string"},
                           {"name": "v", "logicalType": "string", "physicalType": "json"}])
        for name, text in texts.items():
            if name.startswith("y_"):
                text = text.replace(b"\n", b"\r")  # a blank as well, but no line end
            p.write(f"in/{name}", b'{"name":"' + name.encode() + b'","v":' + text + b"}\n")
        self.assert_published(p.run())
        with duckdb.connect() as db:
            good = dict(db.execute("SELECT name, v FROM read_parquet(?)", [p.glob()]).fetchall())
            bad = dict(db.execute("SELECT parse_filename(input), count(*) FROM read_parquet(?) GROUP BY 1",
                                  [p.quarantine_glob()]).fetchall())
        return texts, good, bad

    def test_every_valid_text_is_accepted_and_every_invalid_one_quarantined(self):
        texts, good, bad = self.outcomes()
        kinds = {kind: [n for n in texts if n.startswith(kind)] for kind in ("y_", "n_", "i_")}
        self.assertEqual([n for n in kinds["y_"] if n not in good or n in bad], [])
        self.assertEqual([n for n in kinds["n_"] if n in good or n not in bad], [])
        for name in kinds["y_"]:
            self.assertEqual(json.loads(good[name] or "null"), json.loads(texts[name]), name)
        taken = [n for n in kinds["i_"] if n in good]
        print(f"\n| JSONTestSuite y_ {len(kinds['y_'])} of {len(kinds['y_'])} accepted")
        print(f"| JSONTestSuite n_ {len(kinds['n_'])} of {len(kinds['n_'])} quarantined")
        print(f"| JSONTestSuite i_ {len(taken)} of {len(kinds['i_'])} accepted: {', '.join(taken)}")
        # What the standard leaves open: numbers of any size and deep nesting are taken as text, bad unicode is not.
        self.assertEqual([n for n in taken if not n.startswith(("i_number", "i_structure_500"))], [])


if __name__ == "__main__":
    unittest.main()

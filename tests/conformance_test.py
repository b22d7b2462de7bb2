"""CSV files that others wrote: csv-spectrum, csv-test-data, Pollock; and our contracts by the standard's schema.

The numbers are printed as lines that start with "|". Without the data ($FREIGHT_SHARED_DATA) the tests are skipped.
"""
import concurrent.futures
import csv
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import duckdb
import jsonschema
import pyarrow.dataset
import yaml

import support

BAD_FILES = {  # csv-test-data -> where and why
    "bad-header-less-fields": (2, "too_few_fields"),
    "bad-header-more-fields": (2, "too_many_fields"),
    "bad-missing-quote": (2, "unterminated_quote"),
    "bad-quotes-with-unescaped-quote": (2, "stray_quote"),
    "bad-unescaped-quote": (2, "stray_quote"),
    "bad-header-no-header": None,     # refused: an empty file
    "bad-header-wrong-header": None,  # refused: none of the required columns
}
# A field of this file holds a quote but nothing is quoted: the dialect says so. Its JSON has another phone number.
COORDINATES = "location_coordinates"
COORDINATES_PHONE = "2095257564"
# How DuckDB is asked to read a polluted file: bad rows kept apart, as Freight does, or repaired and padded.
DUCKDB_MODES = {
    "DuckDB, bad rows apart": "store_rejects = true",
    "DuckDB, repairing": "strict_mode = false, null_padding = true, ignore_errors = true, parallel = false",
}
ENCODINGS = {"ascii": "utf-8", "utf-8": "utf-8", "latin1": "latin1"}


def read_rows(project):
    """Published rows in order, nulls as empty strings."""
    files = sorted(str(p) for p in project.root.rglob("*.parquet"))
    if not files:
        return []
    table = pyarrow.dataset.dataset(files, format="parquet").to_table()
    return [["" if v is None else v for v in row] for row in zip(*[c.to_pylist() for c in table.columns])]


@unittest.skipUnless(support.SHARED.is_dir(), f"no data in {support.SHARED}")
class ConformanceTest(support.FreightTest):
    def load(self, data, columns, **source):
        project = support.Project(self, columns, source=source, quarantine={"max_percent": 100})
        project.write("in/a.csv", data)
        return project, project.run()

    def test_csv_spectrum(self):
        agreed = 0
        for path in sorted((support.SHARED / "csv-spectrum" / "csvs").glob("*.csv")):
            with self.subTest(file=path.name):
                wanted = json.loads((path.parent.parent / "json" / f"{path.stem}.json").read_text())
                dialect = {}
                if path.stem == COORDINATES:
                    wanted, dialect = [wanted | {"Contact Phone Number": COORDINATES_PHONE}], {"quote": False}
                names = list(wanted[0])
                project, done = self.load(path.read_bytes(), names, **dialect)
                self.assert_published(done, quarantined=0)
                self.assertEqual(read_rows(project), [[row[n] for n in names] for row in wanted])
                agreed += 1
        print(f"\n| csv-spectrum {agreed} of 12")
        self.assertEqual(agreed, 12)

    def test_csv_test_data_valid(self):
        agreed = 0
        for path in sorted((support.SHARED / "csv-test-data" / "json").glob("*.json")):
            with self.subTest(file=path.stem):
                wanted = json.loads(path.read_text())
                data = (path.parent.parent / "csv" / f"{path.stem}.csv").read_bytes()
                header = not wanted or isinstance(wanted[0], dict)
                names = ["foo", "bar", "baz"] if header else [f"c{i}" for i in range(len(wanted[0]))]
                project, done = self.load(data, names, header=header)
                self.assert_code(done, support.OK)
                self.assertEqual(done.json()["rows"]["quarantined"], 0)
                self.assertEqual(read_rows(project), [[r[n] for n in names] if header else r for r in wanted])
                agreed += 1
        print(f"\n| csv-test-data valid {agreed} of 18")
        self.assertEqual(agreed, 18)

    def test_csv_test_data_invalid(self):
        columns = [{"name": n, "logicalType": "string", "required": True} for n in ("foo", "bar", "baz")]
        right = 0
        for name, wanted in BAD_FILES.items():
            with self.subTest(file=name):
                path = support.SHARED / "csv-test-data" / "csv" / f"{name}.csv"
                project, done = self.load(path.read_bytes(), columns)
                if wanted is None:
                    self.assert_refusal(done, (support.FAILED, support.INVALID), "in/a.csv")
                else:
                    with duckdb.connect() as db:
                        rows = db.execute("SELECT line, failures[1].reason FROM read_parquet(?)",
                                          [project.quarantine_glob()]).fetchall()
                    self.assertEqual(rows, [wanted])
                    self.assertEqual(read_rows(project), [])
                right += 1
        print(f"\n| csv-test-data invalid {right} of 7")
        self.assertEqual(right, 7)


class Pollock:
    """One part of the Pollock benchmark: each file with its dialect, loaded and written back for score.py."""

    def __init__(self, test, dataset):
        self.test, self.dataset, self.root = test, dataset, support.SHARED / "pollock"
        self.files = sorted((self.root / dataset / "csv").iterdir())

    def dialect(self, path):
        return json.loads((self.root / self.dataset / "parameters" / f"{path.name}_parameters.json").read_text())

    def clean(self, path):
        with open(self.root / self.dataset / "clean" / path.name, encoding="utf-8-sig", newline="") as f:
            return list(csv.reader(f))

    def lines_before_data(self, path, p):
        """Physical lines of preamble and header; the parameters count records."""
        records = int(p["preamble_lines"]) + int(p["header_lines"])
        with open(path, encoding=ENCODINGS[p["encoding"]], newline="") as f:
            reader = csv.reader(f, delimiter=p["delimiter"] or ",", quotechar=p["quotechar"] or None,
                                quoting=csv.QUOTE_MINIMAL if p["quotechar"] else csv.QUOTE_NONE)
            for _ in range(records):
                next(reader)
            return reader.line_num

    def load_freight(self, path, width, p, **more):
        source = {"header": False, "skip_rows": self.lines_before_data(path, p),
                  "encoding": ENCODINGS[p["encoding"]], "quote": p["quotechar"] or False, **more}
        if p["delimiter"]:
            source["delimiter"] = p["delimiter"]
        if p["escapechar"] not in ("", p["quotechar"]):
            source["escape"] = p["escapechar"]
        project = support.Project(self.test, [f"c{i}" for i in range(width)], source=source,
                                  quarantine={"max_percent": 100})
        project.write("in/a.csv", path.read_bytes())
        done = project.run()
        self.test.assert_code(done, support.OK)
        return read_rows(project)

    def load_duckdb(self, path, width, p, mode):
        quoted = {k: str(v).replace("'", "''") for k, v in p.items()}
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
        encoding = ENCODINGS[p["encoding"]].replace("latin1", "latin-1")
        skip = int(p["preamble_lines"]) + int(p["header_lines"])
        with duckdb.connect() as db:
            rows = db.execute(f"SELECT * FROM read_csv(?, auto_detect = false, header = false, skip = {skip}, "
                              f"columns = {{{columns}}}, delim = '{quoted['delimiter'] or ','}', "
                              f"quote = '{quoted['quotechar']}', escape = '{quoted['escapechar']}', "
                              f"encoding = '{encoding}', {mode})", [str(path)]).fetchall()
        return [["" if v is None else v for v in row] for row in rows]

    def write_back(self, folder, path, load):
        p, clean = self.dialect(path), self.clean(path)
        header = clean[0] if clean else []
        rows = load(path, max([1] + [len(record) for record in clean]), p)
        with open(folder / f"{path.name}_converted.csv", "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f)
            # Where the file has no header, the scorer takes its first record for one.
            out.writerows(([header] if header and p["column_names"] else []) + rows)

    def score(self, load):
        """(simple, weighted or None) by score.py; a file that cannot be loaded scores nothing."""
        failed = []
        with tempfile.TemporaryDirectory() as folder:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                tasks = {f: pool.submit(self.write_back, pathlib.Path(folder), f, load) for f in self.files}
            failed = [f"{f.name}: {t.exception()}" for f, t in tasks.items() if t.exception()]
            done = subprocess.run([sys.executable, str(self.root / "score.py"), folder, "--dataset", self.dataset],
                                  capture_output=True, text=True, check=True)
        numbers = re.search(r"simple ([\d.]+)(?:  weighted ([\d.]+))?", done.stdout)
        return float(numbers[1]), float(numbers[2]) if numbers[2] else None, failed


@unittest.skipUnless(support.SHARED.is_dir(), f"no data in {support.SHARED}")
class PollockTest(support.FreightTest):
    def compare(self, dataset):
        """Scores of Freight and DuckDB, both with bad rows apart and both with short rows padded."""
        pollock = Pollock(self, dataset)
        *apart, failed = pollock.score(pollock.load_freight)
        *padding, more_failed = pollock.score(functools.partial(pollock.load_freight, null_padding=True))
        table = {"Freight": apart, "Freight, null_padding": padding}
        for name, mode in DUCKDB_MODES.items():
            table[name] = pollock.score(lambda path, width, p, mode=mode: pollock.load_duckdb(path, width, p, mode))[:2]
        for name, (simple, weighted) in table.items():
            print(f"\n| Pollock {dataset} ({len(pollock.files)} files): {name} simple {simple}"
                  + (f" weighted {weighted}" if weighted else ""))
        self.assertEqual(failed + more_failed, [])
        return table

    def test_polluted_files_score_no_less_than_duckdb(self):
        table = self.compare("polluted_files")
        for name in DUCKDB_MODES:
            for ours in ("Freight", "Freight, null_padding"):
                self.assertGreaterEqual(table[ours][0], table[name][0])
                self.assertGreaterEqual(table[ours][1], table[name][1])

    def test_real_files_score_no_less_than_duckdb(self):
        table = self.compare("survey_sample")
        self.assertGreaterEqual(table["Freight"][0], table["DuckDB, bad rows apart"][0])
        self.assertGreaterEqual(table["Freight, null_padding"][0], table["DuckDB, repairing"][0])


@unittest.skipUnless(support.SHARED.is_dir(), f"no data in {support.SHARED}")
class ContractStandardTest(support.FreightTest):
    def schema(self):
        return json.loads((support.SHARED / "odcs" / "odcs-json-schema-v3.1.0.json").read_text())

    def test_contracts_of_examples_and_tests_validate(self):
        files = sorted(support.ROOT.glob("examples/**/*.odcs.yaml"))
        self.assertTrue(files)
        for text in [f.read_text() for f in files] + [support.contract_text(support.EVENTS)]:
            jsonschema.validate(yaml.safe_load(text), self.schema())

    def test_a_contract_that_init_wrote_validates_and_runs(self):
        project = support.Project(self, ["unused"])
        figures = support.generate(project.folder / "raw", "--rows", 2000, "--files", 1)
        self.assert_code(project.call("init", "made", "--from", "raw/events-000.csv"), support.OK)
        made = sorted((project.folder / "made").rglob("*.odcs.yaml"))
        self.assertEqual(len(made), 1)
        jsonschema.validate(yaml.safe_load(made[0].read_text()), self.schema())
        done = project.call("run", "made", "--json")
        self.assert_published(done, published=figures["rows"], quarantined=0)


if __name__ == "__main__":
    unittest.main()

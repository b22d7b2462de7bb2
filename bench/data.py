"""Inputs of the benchmarks: generated once, kept in the cache, with the figures that a right result must have."""
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests"))
import support  # noqa: E402  the events' contract and the pipeline's text are the tests'

EVENTS_BYTES = 1_073_741_824
EVENTS = [["user_id", "i64"], ["event_time", "timestamp"], ["event_type", "string"], ["amount", "decimal(12,2)"],
          ["comment", "string"]]
WIDE = [[f"{'idf'[i % 3]}{i:02d}", ("i64", "decimal(12,2)", "double")[i % 3]] for i in range(100)]
GROUPBY = [[name, "string"] for name in ("id1", "id2", "id3")] + [
    [name, "i64"] for name in ("id4", "id5", "id6", "v1", "v2")] + [["v3", "double"]]
PROPERTIES = {"i64": {"logicalType": "integer"}, "double": {"logicalType": "number",
              "logicalTypeOptions": {"format": "f64"}}, "string": {"logicalType": "string"}}


class Input(NamedTuple):
    files: list          # paths
    format: str          # csv, ndjson or parquet
    columns: list        # [name, type]
    contract: list       # ODCS properties
    bytes: int
    rows: int            # records in the files
    good: int            # of them published
    figures: dict        # of the good rows, per column
    per_day: dict


class Recipe(NamedTuple):
    program: str
    args: list           # {size} becomes the size at the scale
    size: int            # bytes or rows at scale 1
    columns: list
    suffix: str = ".csv"


def _events(*extra, size=EVENTS_BYTES, suffix=".csv"):
    return Recipe("freight_gen", ["--bytes", "{size}", *extra], size, EVENTS, suffix)


RECIPES = {
    "events": _events(),
    "events_bad": _events("--bad-percent", "1"),
    "events_very_bad": _events("--bad-percent", "20"),
    "blocks": _events("--block-lines", "1000", size=524_288_000),
    "big_blocks": _events("--block-lines", "60000", size=524_288_000),
    "stray": _events("--block-lines", "1000", "--bad-percent", "0.1", "--bad-reason", "stray_quote", size=524_288_000),
    "ndjson": _events("--format", "ndjson", size=1_111_000_000, suffix=".ndjson"),
    "tiny": Recipe("freight_gen", ["--bytes", "1024"], 1024, EVENTS),
    "wide": Recipe("freight_gen_shapes", ["--kind", "wide", "--rows", "{size}"], 1_000_000, WIDE),
    "groupby": Recipe("freight_gen_shapes", ["--kind", "groupby", "--rows", "{size}"], 10_000_000, GROUPBY),
}


def event_figures(made):
    types = sum(len(name) * count for name, count in made["rows_per_type"].items())
    return {"user_id": {"sum": made["user_id_sum"], "nulls": 0},
            "event_time": {"min": made["event_time_min"], "max": made["event_time_max"], "nulls": 0},
            "event_type": {"bytes": types, "nulls": 0},
            "amount": {"sum": made["amount_cents_sum"], "nulls": made["amount_nulls"]},
            "comment": {"nulls": made["comment_nulls"], "bytes": made["comment_bytes"]}}


class Inputs:
    """Makes inputs on demand in `folder`; sizes are those of the recipes times `scale`."""

    def __init__(self, folder, build, scale):
        self.folder, self.build, self.scale = folder, build, scale

    def get(self, key):
        """`events`, ...; `events.gz` is the same compressed, `events.parquet` the same as Parquet, `events*10` the same
        file under ten names.
        """
        if key.endswith(".gz"):
            return self._compressed(self.get(key.removesuffix(".gz")))
        if key.endswith(".parquet"):
            return self._typed(self.get(key.removesuffix(".parquet")))
        name, _, copies = key.partition("*")
        return self._copied(self._plain(name), int(copies)) if copies else self._plain(name)

    def _plain(self, key):
        recipe = RECIPES[key]
        size = recipe.size if key == "tiny" else max(1, int(recipe.size * self.scale))
        folder = self.folder / f"{key}_{size}"
        path, manifest = folder / (key + recipe.suffix), folder / "figures.json"
        if not (path.exists() and manifest.exists()):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            args = [str(size) if a == "{size}" else a for a in recipe.args]
            subprocess.run([self.build / recipe.program, "--out", path, *args, "--manifest", folder / "made.json"],
                           check=True)
            (folder / "made.json").rename(manifest)
        made = json.loads(manifest.read_text())
        if recipe.columns is EVENTS:
            figures, contract, good = event_figures(made), support.EVENTS, made["rows_good"]
        else:
            figures = {c.pop("name"): c for c in made["columns"]}
            contract, good = [self._property(*column) for column in recipe.columns], made["rows"]
        return Input([str(path)], "ndjson" if recipe.suffix == ".ndjson" else "csv", recipe.columns, contract,
                     made["bytes"], made["rows"], good, figures, made.get("rows_per_day", {}))

    @staticmethod
    def _property(name, kind):
        physical = {"logicalType": "number", "physicalType": kind.upper()}
        return {"name": name} | PROPERTIES.get(kind, physical)

    @staticmethod
    def _compressed(plain):
        packed = pathlib.Path(plain.files[0] + ".gz")
        if not packed.exists():
            partial = packed.with_suffix(".partial")
            with open(plain.files[0], "rb") as source, gzip.open(partial, "wb", compresslevel=6) as target:
                shutil.copyfileobj(source, target, 1 << 20)
            partial.rename(packed)
        return plain._replace(files=[str(packed)])

    @staticmethod
    def _typed(plain):
        """As DuckDB writes it, but with a million rows in a row group, as PyArrow and Spark make them."""
        typed = pathlib.Path(plain.files[0]).with_suffix(".parquet")
        if not typed.exists():
            partial = typed.with_suffix(".partial")
            job = {"engine": "duckdb", "files": plain.files, "format": plain.format, "columns": plain.columns,
                   "codec": "zstd", "threads": 2, "in_order": True, "rejects": False, "partition": None,
                   "target": str(partial), "row_group_rows": 1 << 20}
            written = typed.with_suffix(".json")
            written.write_text(json.dumps(job))
            # In a process of its own: what this one holds in memory is counted to every load that it starts.
            subprocess.run([sys.executable, HERE / "peers.py", written], check=True)
            partial.rename(typed)
        return plain._replace(files=[str(typed)], format="parquet", bytes=typed.stat().st_size)

    @staticmethod
    def _copied(plain, copies):
        source = pathlib.Path(plain.files[0])
        folder = source.parent / f"times_{copies}"
        folder.mkdir(exist_ok=True)
        files = [folder / f"{source.stem}-{i:03d}{source.suffix}" for i in range(copies)]
        for file in files:
            if not file.exists():
                os.link(source, file)
        figures = {name: {what: value * copies if what in ("sum", "nulls", "bytes") else value
                          for what, value in column.items()} for name, column in plain.figures.items()}
        return plain._replace(files=[str(f) for f in files], bytes=plain.bytes * copies, rows=plain.rows * copies,
                              good=plain.good * copies, figures=figures,
                              per_day={day: rows * copies for day, rows in plain.per_day.items()})

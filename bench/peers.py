#!/usr/bin/env python3
"""peers.py JOB.json: one load by another engine; declared schema, same codec and level, as many threads as asked for.

A job: {engine, files, format: csv | ndjson | parquet, columns: [[name, type], ...], target, codec, threads, in_order,
rejects, partition: null or an SQL expression}. Types: i64, decimal(p,s), double, timestamp, string. Parquet files say
their types themselves.
"""
import json
import os
import re
import sys

ZSTD_LEVEL = 1
POLARS_THREADS = "POLARS_MAX_THREADS"  # read when polars is imported
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def decimal_of(kind):
    found = re.fullmatch(r"decimal\((\d+),(\d+)\)", kind)
    return found and tuple(map(int, found.groups()))


def duckdb_load(job):
    import duckdb
    names = {"i64": "BIGINT", "double": "DOUBLE", "timestamp": "TIMESTAMP", "string": "VARCHAR"}
    columns = ", ".join(f"{name}: '{names.get(kind, kind.upper())}'" for name, kind in job["columns"])
    if job["format"] == "csv":
        rejects = "store_rejects = true, rejects_limit = 0," if job["rejects"] else ""
        read = (f"read_csv({job['files']}, header = true, auto_detect = false, delim = ',', quote = '\"', "
                f"escape = '\"', {rejects} columns = {{{columns}}})")
    elif job["format"] == "parquet":
        read = f"read_parquet({job['files']})"
    else:
        read = f"read_json({job['files']}, format = 'newline_delimited', auto_detect = false, columns = {{{columns}}})"
    level = f", COMPRESSION_LEVEL {ZSTD_LEVEL}" if job["codec"] == "zstd" else ""
    partition = ", PARTITION_BY (part)" if job["partition"] else ""
    key = f", {job['partition']} AS part" if job["partition"] else ""
    groups = f", ROW_GROUP_SIZE {job['row_group_rows']}" if "row_group_rows" in job else ""
    with duckdb.connect() as db:
        db.execute(f"SET threads = {job['threads']}")
        db.execute(f"SET preserve_insertion_order = {'true' if job['in_order'] else 'false'}")
        db.execute(f"COPY (SELECT *{key} FROM {read}) TO '{job['target']}' "
                   f"(FORMAT parquet, COMPRESSION {job['codec']}{level}{partition}{groups})")


def polars_load(job):
    import polars
    kinds = {"i64": polars.Int64, "double": polars.Float64, "timestamp": polars.Datetime("us"),
             "string": polars.String}
    schema = {name: kinds[kind] if kind in kinds else polars.Decimal(*decimal_of(kind))
              for name, kind in job["columns"]}
    # Times by way of strings load twice as fast as declared ones; decimals it does not read from JSON numbers.
    read_as = {"timestamp": polars.String}
    if job["format"] == "ndjson":
        read_as |= {kind: polars.Float64 for _, kind in job["columns"] if decimal_of(kind)}
    by_way = {name: read_as.get(kind, schema[name]) for name, kind in job["columns"]}
    changes = [polars.col(name).str.to_datetime(TIME_FORMAT, time_unit="us") if kind == "timestamp"
               else polars.col(name).cast(schema[name])
               for name, kind in job["columns"] if by_way[name] != schema[name]]
    level = {"compression_level": ZSTD_LEVEL} if job["codec"] == "zstd" else {}
    if job["format"] == "parquet":
        rows = polars.scan_parquet(job["files"])
    else:
        scan = polars.scan_csv if job["format"] == "csv" else polars.scan_ndjson
        rows = scan(job["files"], schema=by_way).with_columns(changes)
    rows.sink_parquet(job["target"], compression=job["codec"], **level)


def pyarrow_load(job):
    import pyarrow
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet
    pyarrow.set_cpu_count(job["threads"])
    kinds = {"i64": pyarrow.int64(), "double": pyarrow.float64(), "timestamp": pyarrow.timestamp("us"),
             "string": pyarrow.string()}
    types = {n: kinds[k] if k in kinds else pyarrow.decimal128(*decimal_of(k)) for n, k in job["columns"]}
    source, = job["files"]
    if job["format"] == "csv":
        reader = pyarrow.csv.open_csv(
            source, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            read_options=pyarrow.csv.ReadOptions(block_size=8 << 20),
            convert_options=pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True,
                                                       quoted_strings_can_be_null=False, null_values=[""]))
    else:
        # It reads decimals from JSON strings only: by way of doubles.
        by_way = pyarrow.schema([(n, pyarrow.float64() if decimal_of(k) else types[n]) for n, k in job["columns"]])
        reader = pyarrow.json.open_json(source, read_options=pyarrow.json.ReadOptions(block_size=8 << 20),
                                        parse_options=pyarrow.json.ParseOptions(explicit_schema=by_way))
    level = {"compression_level": ZSTD_LEVEL} if job["codec"] == "zstd" else {}
    with pyarrow.parquet.ParquetWriter(job["target"], pyarrow.schema(list(types.items())), compression=job["codec"],
                                       **level) as writer:
        for batch in reader:
            writer.write_table(pyarrow.Table.from_batches([batch]).cast(pyarrow.schema(list(types.items()))))


def pandas_load(job):
    """Rows in pieces, decimals as doubles, which is what pandas has."""
    import pandas
    import pyarrow
    import pyarrow.parquet
    kinds = {"i64": "int64", "double": "float64", "string": "string"}
    types = {n: kinds.get(k, "float64") for n, k in job["columns"] if k != "timestamp"}
    times = [n for n, k in job["columns"] if k == "timestamp"]
    level = {"compression_level": ZSTD_LEVEL} if job["codec"] == "zstd" else {}
    source, = job["files"]
    writer = None
    for piece in pandas.read_csv(source, dtype=types, parse_dates=times, date_format=TIME_FORMAT, chunksize=500_000,
                                 keep_default_na=False, na_values=[""]):
        table = pyarrow.Table.from_pandas(piece, preserve_index=False)
        writer = writer or pyarrow.parquet.ParquetWriter(job["target"], table.schema, compression=job["codec"], **level)
        writer.write_table(table.cast(writer.schema))
    writer.close()


def clickhouse_load(job):
    """Through chDB. Its Parquet writer takes no level: zstd is at ClickHouse's own."""
    import chdb
    names = {"i64": "Int64", "double": "Float64", "timestamp": "DateTime64(6)", "string": "String"}
    columns = ", ".join(f"{name} Nullable({names.get(kind, kind.capitalize())})" for name, kind in job["columns"])
    source, = job["files"]
    given = {"csv": "CSVWithNames", "ndjson": "JSONEachRow"}[job["format"]]
    chdb.query(f"INSERT INTO FUNCTION file('{job['target']}', 'Parquet', '{columns}') "
               f"SELECT * FROM file('{source}', '{given}', '{columns}') SETTINGS max_threads = {job['threads']}, "
               f"output_format_parquet_compression_method = '{job['codec']}'")


LOADS = {"duckdb": duckdb_load, "polars": polars_load, "pyarrow": pyarrow_load, "pandas": pandas_load,
         "clickhouse": clickhouse_load}


def main():
    with open(sys.argv[1]) as file:
        job = json.load(file)
    os.environ[POLARS_THREADS] = str(job["threads"])
    LOADS[job["engine"]](job)


if __name__ == "__main__":
    main()

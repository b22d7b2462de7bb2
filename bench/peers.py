#!/usr/bin/env python3
"""peers.py NAME INPUT.csv OUTPUT.parquet: one load by another engine; declared schema, 2 threads, zstd level 1."""
import sys

THREADS = 2
COLUMNS = ["user_id", "event_time", "event_type", "amount", "comment"]


def duckdb_load(source, target, in_order):
    import duckdb
    with duckdb.connect() as db:
        db.execute(f"SET threads = {THREADS}")
        db.execute(f"SET preserve_insertion_order = {'true' if in_order else 'false'}")
        db.execute(f"""COPY (FROM read_csv('{source}', header = true, auto_detect = false, delim = ',', quote = '"',
            escape = '"', columns = {{user_id: 'BIGINT', event_time: 'TIMESTAMP', event_type: 'VARCHAR',
            amount: 'DECIMAL(12,2)', comment: 'VARCHAR'}}))
            TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)""")


def polars_load(source, target):
    import os
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars
    schema = {"user_id": polars.Int64, "event_time": polars.Datetime("us"), "event_type": polars.String,
              "amount": polars.Decimal(12, 2), "comment": polars.String}
    polars.scan_csv(source, schema=schema, try_parse_dates=False).sink_parquet(
        target, compression="zstd", compression_level=1)


def pyarrow_load(source, target):
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet
    pyarrow.set_cpu_count(THREADS)
    types = [pyarrow.int64(), pyarrow.timestamp("us"), pyarrow.string(), pyarrow.decimal128(12, 2), pyarrow.string()]
    reader = pyarrow.csv.open_csv(
        source, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        read_options=pyarrow.csv.ReadOptions(block_size=8 << 20),
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict(zip(COLUMNS, types)), strings_can_be_null=True,
                                                   quoted_strings_can_be_null=False, null_values=[""]))
    with pyarrow.parquet.ParquetWriter(target, reader.schema, compression="zstd", compression_level=1) as writer:
        for batch in reader:
            writer.write_batch(batch)


def main():
    name, source, target = sys.argv[1:]
    loads = {"DuckDB, in order": lambda: duckdb_load(source, target, True),
             "DuckDB, any order": lambda: duckdb_load(source, target, False),
             "Polars streaming": lambda: polars_load(source, target),
             "PyArrow streaming": lambda: pyarrow_load(source, target)}
    loads[name]()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""verify.py < REQUEST.json: reads Parquet files with DuckDB and compares them with the figures of who made the data.

A request: {files, columns: [[name, type], ...], rows, figures: {name: {nulls, sum, min, max, bytes}}}; a figure that is
not given is not asked for. Numbers with a fraction are counted in their last digit. Exit 1 with what differs.
"""
import json
import re
import sys

DOUBLE_DIGITS = 6  # after the point, in the data that are generated


def scaled(name, kind):
    """SQL for the column as whole numbers, or as text that sorts as the column does."""
    column = f'"{name}"'
    decimal = re.fullmatch(r"decimal\(\d+,(\d+)\)", kind)
    if decimal or kind == "double":
        return f"CAST(round({column} * {10 ** int(decimal.group(1) if decimal else DOUBLE_DIGITS)}) AS BIGINT)"
    if kind == "timestamp":
        return f"strftime({column}, '%Y-%m-%d %H:%M:%S')"
    return column


def expression(name, kind, figure):
    if figure == "nulls":
        return f'count(*) - count("{name}")'
    if figure == "bytes":
        return f'CAST(sum(octet_length(encode("{name}"))) AS BIGINT)'
    if figure == "sum":
        return f"CAST(CAST(sum({scaled(name, kind)}) AS HUGEINT) AS VARCHAR)"
    return f"{figure}({scaled(name, kind)})"


def differences(request):
    """What the files hold instead of what they should, one line each."""
    import duckdb
    wanted, queries = {"rows": request["rows"]}, ["count(*)"]
    for name, kind in request["columns"]:
        for figure, value in request["figures"].get(name, {}).items():
            wanted[f"{figure} of {name}"] = str(value) if figure == "sum" else value
            queries.append(expression(name, kind, figure))
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        found = db.execute(f"SELECT {', '.join(queries)} FROM read_parquet(?, hive_partitioning = false)",
                           [request["files"]]).fetchone()
    return [f"{what} {got!r} instead of {value!r}" for (what, value), got in zip(wanted.items(), found) if got != value]


def main():
    request = json.load(sys.stdin)
    if not request["files"]:
        sys.exit("no file")
    try:
        found = differences(request)
    except Exception as error:  # whatever a file that is not right makes the reader say
        sys.exit(f"not readable: {str(error).splitlines()[0]}")
    if found:
        others = f", and {len(found) - 1} more figures differ" if len(found) > 1 else ""
        sys.exit(found[0] + others)


if __name__ == "__main__":
    main()

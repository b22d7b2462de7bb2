#!/usr/bin/env python3
"""Loads the same events into Parquet with Freight and its peers, in turns, and prints a table.

bench/run.py [--quick] [--runs N] [--write]

Each load runs in a process of its own on 2 threads. A time counts only after a second reader found the generator's
figures in the output. --quick takes 200 MB instead of 1.07 GB; --write puts the table into docs/performance.md.
"""
import argparse
import importlib.metadata
import json
import multiprocessing
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("FREIGHT_CACHE") or pathlib.Path.home() / ".cache" / "freight").absolute()
BUILD = ROOT / "build" / "release"
THREADS = 2
FULL_BYTES, QUICK_BYTES = 1_073_741_824, 200_000_000
PEERS = ["DuckDB, in order", "DuckDB, any order", "Polars streaming", "PyArrow streaming"]
PAGE = """# Performance

Written by `bench/run.py --write`; run it on your machine for your numbers. Freight, DuckDB, Polars and PyArrow load the
same generated events with a declared schema. A time counts only after another reader found in the output exactly what
the generator meant: rows, sums, smallest and largest time, nulls.

"""


class Sample(NamedTuple):
    wall_s: float
    cpu_s: float
    rss_bytes: int
    out_bytes: int


def prepare(size):
    """Builds the release binary and the input; returns the input's path and the generator's figures."""
    subprocess.run([ROOT / "scripts" / "setup.sh", "--test"], check=True)
    subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", "freight", "freight_gen"], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)
    folder = CACHE / "bench" / f"events_{size}"
    data, figures = folder / "events.csv", folder / "figures.json"
    if not figures.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([BUILD / "freight_gen", "--out", data, "--bytes", str(size), "--manifest", figures], check=True)
    return data, json.loads(figures.read_text())


def write_project(folder, data, target):
    """A pipeline without partitions over the input, as its peers load it; one per --target."""
    sys.path.insert(0, str(ROOT / "tests"))
    import support
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "t.odcs.yaml").write_text(support.contract_text(support.EVENTS))
    (folder / "t.yaml").write_text(support.pipeline_text(source={"csv": str(data)}, to={"parquet": str(target)}))


def measure(command, folder):
    """Runs a command; wall and CPU seconds and peak memory of that process alone."""
    started = time.monotonic()
    with open(folder / "stderr.txt", "wb") as errors:
        child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    if child.returncode != 0:
        sys.exit(f"error: {command} ended with {child.returncode}\n{(folder / 'stderr.txt').read_text()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def verify(files, figures):
    """A second reader must find what the generator meant."""
    import duckdb
    with duckdb.connect() as db:
        got = db.execute("""SELECT count(*), sum(user_id)::HUGEINT::VARCHAR, round(sum(amount) * 100)::BIGINT,
            strftime(min(event_time), '%Y-%m-%d %H:%M:%S'), strftime(max(event_time), '%Y-%m-%d %H:%M:%S'),
            count(*) - count(amount), count(*) - count(comment) FROM read_parquet(?)""", [files]).fetchone()
    wanted = (figures["rows"], str(figures["user_id_sum"]), figures["amount_cents_sum"], figures["event_time_min"],
              figures["event_time_max"], figures["amount_nulls"], figures["comment_nulls"])
    if got != wanted:
        sys.exit(f"error: wrong result in {files[0]}\n   found  {got}\n   wanted {wanted}")


def run_once(name, data, figures, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if name == "Freight":
        write_project(folder, data, folder / "out")
        command = [str(BUILD / "freight"), "run", "t.yaml", "--threads", str(THREADS), "--json"]
    else:
        command = [sys.executable, str(ROOT / "bench" / "peers.py"), name, str(data), str(folder / "out.parquet")]
    wall, cpu, rss = measure(command, folder)
    files = sorted(str(p) for p in folder.rglob("*.parquet"))
    # In a process of its own: what this one holds in memory would be counted to every child that it starts.
    reader = multiprocessing.Process(target=verify, args=(files, figures))
    reader.start()
    reader.join()
    if reader.exitcode != 0:
        sys.exit(1)
    return Sample(wall, cpu, rss, sum(os.path.getsize(f) for f in files))


def table(samples, figures, runs):
    """Markdown: medians, best wall time and how many times as long as Freight."""
    ours = statistics.median(s.wall_s for s in samples["Freight"])
    lines = ["| loader | wall s, median | wall s, best | times ours | CPU s | peak RSS MiB | output MB |",
             "|---|---|---|---|---|---|---|"]
    for name, taken in samples.items():
        middle = Sample(*(statistics.median(column) for column in zip(*taken)))
        best = min(s.wall_s for s in taken)
        lines.append(f"| {name} | {middle.wall_s:.2f} | {best:.2f} | {middle.wall_s / ours:.2f} | {middle.cpu_s:.2f} | "
                     f"{middle.rss_bytes / 2**20:.0f} | {middle.out_bytes / 1e6:.0f} |")
    return "\n".join(lines + ["", describe(figures, runs)])


def describe(figures, runs):
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    kib = int(next(l for l in open("/proc/meminfo") if l.startswith("MemTotal")).split()[1])
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("duckdb", "polars", "pyarrow"))
    own = subprocess.run([BUILD / "freight", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return (f"{figures['bytes']:,} bytes, {figures['rows']:,} rows, to Parquet with zstd level 1 on {THREADS} threads; "
            f"{runs} runs each, in turns, input in the page cache.\n{own}, {versions}; {model}, {os.cpu_count()} CPUs, "
            f"{kib / 2**20:.0f} GiB, Linux {platform.release().split('-')[0]}.")


def write_page(text):
    (ROOT / "docs" / "performance.md").write_text(PAGE + text + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    runs = args.runs or (3 if args.quick else 5)
    data, figures = prepare(QUICK_BYTES if args.quick else FULL_BYTES)
    samples = {name: [] for name in ["Freight", *PEERS]}
    for turn in range(runs):
        for name in samples:
            samples[name].append(run_once(name, data, figures, CACHE / "bench" / "work"))
            print(f"run {turn + 1} of {runs}: {name} {samples[name][-1].wall_s:.2f} s", file=sys.stderr)
    shutil.rmtree(CACHE / "bench" / "work", ignore_errors=True)
    text = table(samples, figures, runs)
    print(text)
    if args.write:
        write_page(text)


if __name__ == "__main__":
    python = CACHE / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix) != CACHE / "venv":
        subprocess.run([ROOT / "scripts" / "setup.sh", "--test"], check=True)
        os.execv(python, [str(python), *sys.argv])
    main()

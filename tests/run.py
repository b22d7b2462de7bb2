#!/usr/bin/env python3
"""Runs the tests that drive the real binary, two files at a time, and sums up with what ctest reported.

run.py [--ctest REPORT.xml] [NAME...]   NAME: readers_test, kill_test, ...; none means all
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
PARALLEL = 2


def run_here(name):
    """In a child process: runs one file and prints its counts as the last line."""
    # A script's background job ignores SIGINT, and so would every freight that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    bad = len(result.failures) + len(result.errors)
    skipped = [f"{test}: {why}" for test, why in result.skipped]
    print(json.dumps({"passed": result.testsRun - bad - len(skipped), "failed": bad, "skipped": skipped}))


def run_file(name):
    started = time.monotonic()
    done = subprocess.run([sys.executable, str(HERE / "run.py"), "--here", name], cwd=HERE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, errors="replace")
    output, _, last = done.stdout.rstrip().rpartition("\n")
    try:
        counts = json.loads(last)
    except ValueError:
        output, counts = done.stdout, {"passed": 0, "failed": 1, "skipped": []}
    return name, output, counts, time.monotonic() - started


def ctest_counts(report):
    suite = xml.etree.ElementTree.parse(report).getroot()
    total, failed = int(suite.get("tests")), int(suite.get("failures"))
    skipped = [case.get("name") for case in suite if case.get("status") in ("notrun", "disabled")]
    return {"passed": total - failed - len(skipped), "failed": failed, "skipped": skipped}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ctest", type=pathlib.Path)
    parser.add_argument("--here")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if args.here:
        sys.path.insert(0, str(HERE))
        run_here(args.here)
        return
    names = [n.removesuffix(".py") for n in args.names] or sorted(p.stem for p in HERE.glob("*_test.py"))
    total = ctest_counts(args.ctest) if args.ctest else {"passed": 0, "failed": 0, "skipped": []}
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run_file, n) for n in names]):
            name, output, counts, seconds = done.result()
            verbose = counts["failed"] or os.environ.get("VERBOSE")
            shown = output.splitlines() if verbose else [l for l in output.splitlines() if l.startswith("|")]
            print("\n".join([f"== {name}: {counts['passed']} passed, {counts['failed']} failed, "
                             f"{len(counts['skipped'])} skipped in {seconds:.0f} s"] + shown), flush=True)
            for key in total:
                total[key] += counts[key]
    for line in total["skipped"]:
        print(f"skipped {line}")
    print(f"{total['passed']} passed, {total['failed']} failed, {len(total['skipped'])} skipped")
    sys.exit(1 if total["failed"] else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs Freight's benchmarks beside its peers, in turns, and prints what was reached of each goal.

bench/run.py                    all workloads, 5 runs each; makes 8 GB of data and needs 14 GB for results
bench/run.py --quick            the same on small data: a look, no measurement
bench/run.py --only W1,W5       these workloads
bench/run.py --micro            the micro-benchmarks instead, beside their limits
bench/run.py --profile          where the CPU time of W1 goes instead (needs perf)
bench/run.py --write            puts the tables into docs/performance.md, the numbers into docs/performance.json

Installs what is missing, builds the release binary and makes the data in the cache. Each load is a process of its own
on 2 threads with a declared schema. A time counts only after a second reader found the generator's figures in the
output; a load with a wrong result is shown as such. Exit 1 when a run of Freight's own failed or its result was wrong.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("FREIGHT_CACHE") or pathlib.Path.home() / ".cache" / "freight").absolute()
VENV = CACHE / "bench_venv"
PAGE, NUMBERS = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.json"
QUICK = {"scale": 0.04, "runs": 2, "copies": "2,4"}
FULL = {"scale": 1.0, "runs": 5, "copies": "10,50"}


def arguments(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="4 %% of the data, 2 runs")
    parser.add_argument("--only", help="workloads, with commas between")
    parser.add_argument("--peers", help="engines to run beside freight (duckdb,polars,...; none): all when not given")
    parser.add_argument("--runs", type=int, help="of each load, in turns")
    parser.add_argument("--scale", type=float, help="size of the data; 1 is the size that the goals speak of")
    parser.add_argument("--copies", help="file counts of W12, with commas between")
    parser.add_argument("--data", type=pathlib.Path, default=CACHE / "bench", help="where data and outputs go")
    parser.add_argument("--build", type=pathlib.Path, help="binaries to take as they are; installs and builds nothing")
    parser.add_argument("--json", type=pathlib.Path, help="writes the numbers there")
    parser.add_argument("--against", type=pathlib.Path, help="an earlier --json file to compare with")
    parser.add_argument("--micro", action="store_true", help="the micro-benchmarks instead")
    parser.add_argument("--profile", action="store_true", help="where the CPU time of W1 goes instead")
    parser.add_argument("--write", action="store_true", help="puts the result into docs/")
    args = parser.parse_args(words)
    for name, value in (QUICK if args.quick else FULL).items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    args.copies = [int(n) for n in args.copies.split(",")]
    return args


def prepare(micro):
    """Builds what is measured; returns the folder of the binaries."""
    targets = ["freight", "freight_gen", "freight_gen_shapes", "freight_no_sync"] + ["freight_micro"] * micro
    extra = ["-DFREIGHT_BENCH=ON"] if micro else []
    subprocess.run(["cmake", "--preset", "release", *extra], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", *targets], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    return ROOT / "build" / "release"


def take_turns(bench, workload, runs):
    """Every load once, then every load again: ({name: samples}, {name: the Refused})."""
    from measure import Refused
    results, refused = {load.name: [] for load in workload.loaders}, {}
    for turn in range(1, runs * workload.runs_times + 1):
        for load in workload.loaders:
            if load.name in refused:
                continue
            try:
                sample = bench.load(load)
            except Refused as why:
                refused[load.name], results[load.name], shown = why, [], f"no time: {why}"
            else:
                results[load.name].append(sample)
                shown = f"{sample.wall_s:.3f} s"
            print(f"{workload.id}, run {turn}: {load.name}: {shown}", file=sys.stderr, flush=True)
    return results, refused


def selected(args):
    """The workloads that were asked for, with the peers that were asked for."""
    import workloads
    from loaders import FREIGHT, TOOL
    known = workloads.all_workloads(args.copies)
    names = args.only.split(",") if args.only else [w.id for w in known]
    unknown = set(names) - {w.id for w in known}
    if unknown:
        sys.exit(f"error: no workload \"{min(unknown)}\"\n   = help: {', '.join(w.id for w in known)}")
    engines = None if args.peers is None else {FREIGHT, TOOL, *args.peers.split(",")}
    return [w._replace(loaders=[load for load in w.loaders if engines is None or load.engine in engines])
            for w in known if w.id in names]


def measure_workloads(args, build):
    """{workload: what report.describe says}, and whether a run of Freight's own was wrong."""
    import data
    import loaders
    import measure
    import report
    bench = loaders.Bench(build, data.Inputs(args.data, build, args.scale), args.data / "work")
    measured, failed = {}, False
    for workload in selected(args):
        runs = args.runs * workload.runs_times
        conditions = (f"{runs} runs in turns, data at scale {args.scale:g}, load average before "
                      f"{os.getloadavg()[0]:.1f}; {report.machine(build)}")
        if workload.needs and not bench.has_source(workload.needs):
            print(f"{workload.id}: {report.UNAVAILABLE}", file=sys.stderr)
            measured[workload.id] = report.unavailable(workload, conditions)
            continue
        results, refused = take_turns(bench, workload, args.runs)
        measured[workload.id] = report.describe(workload, results, refused, conditions)
        failed |= any(load.engine == loaders.FREIGHT and isinstance(refused.get(load.name), measure.Wrong)
                      for load in workload.loaders)
        bench.remove()
    return measured, failed


def show(args, mark, text):
    """Prints a result that has a part of the page of its own; puts it there if asked to."""
    import report
    print(text)
    if args.write:
        PAGE.write_text(report.replace_part(PAGE.read_text(), mark, text))


def show_parts(args, build):
    """What --micro and --profile ask for."""
    import data
    import loaders
    import micro
    import report
    import stages
    if args.micro:
        show(args, "micro", micro.table(build, report.machine(build, peers=())))
    if args.profile:
        bench = loaders.Bench(build, data.Inputs(args.data, build, args.scale), args.data / "work")
        show(args, "profile", stages.table(bench, report.machine(build, peers=())))
        bench.remove()


def main(words):
    args = arguments(words)
    build = args.build.absolute() if args.build else prepare(args.micro)
    args.data = args.data.absolute()
    import report
    if args.micro or args.profile:
        show_parts(args, build)
        return 0
    measured, failed = measure_workloads(args, build)
    numbers = {"format_version": 1, "workloads": measured}
    if args.json:
        args.json.write_text(report.as_text(numbers))
    if args.against:
        print(report.compare(json.loads(args.against.read_text()), numbers))
    print(report.tables(measured))
    if args.write:
        order = [w.id for w in selected(arguments([]))]
        merged = report.merge(NUMBERS, measured)
        merged["workloads"] = {name: merged["workloads"][name] for name in order if name in merged["workloads"]}
        NUMBERS.write_text(report.as_text(merged))
        page = report.replace_part(PAGE.read_text(), "results", report.tables(merged["workloads"]))
        PAGE.write_text(page)
    return 1 if failed else 0


if __name__ == "__main__":
    if not any(word.startswith(("--build", "-h", "--help")) for word in sys.argv[1:]) and \
            pathlib.Path(sys.prefix) != VENV:
        subprocess.run([ROOT / "scripts" / "setup.sh", "--bench"], check=True)
        os.execv(VENV / "bin" / "python", [str(VENV / "bin" / "python"), *sys.argv])
    sys.exit(main(sys.argv[1:]))

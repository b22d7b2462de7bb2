"""What was measured, as JSON that two runs can be compared by, and as the tables of docs/performance.md."""
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess

FIELDS = ("wall_s", "cpu_s", "rss_bytes", "out_bytes")
UNAVAILABLE = "not available in this binary"


PEERS = ("duckdb", "polars", "pyarrow", "pandas", "chdb-core")


def machine(build, peers=PEERS):
    """Cores, instruction class, memory, versions and date: what a number depends on, and no name of a host."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    value = {line.split(":")[0].strip(): line.split(":")[1].strip() for line in cpu.splitlines() if ":" in line}
    flags = set(value.get("flags", "").split())
    classes = {"AVX-512 with VBMI2": {"avx512f", "avx512_vbmi2"}, "AVX-512": {"avx512f"}, "AVX2": {"avx2"}}
    best = next((name for name, needed in classes.items() if needed <= flags), "no AVX2")
    memory = int(next(l for l in open("/proc/meminfo") if l.startswith("MemTotal")).split()[1]) / 2**20
    own = subprocess.run([build / "freight", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    versions = [own] + [f"{name} {version}" for name in peers if (version := _version(name))]
    return (f"{', '.join(versions)}; {value.get('model name', platform.machine())} ({best}), {os.cpu_count()} CPUs, "
            f"{memory:.0f} GiB, Linux {platform.release().split('-')[0]}; {datetime.date.today()}")


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def judge(goal, results):
    """A goal beside what was measured: measured is None when a load that it needs has no time."""
    record = {"label": goal.label, "goal": goal.text, "unit": goal.unit, "at_least": goal.at_least,
              "at_most": goal.at_most, "measured": None, "of_best": None, "reached": None}
    try:
        record["measured"] = goal.measured(results)
    except (KeyError, IndexError, ValueError, statistics.StatisticsError):
        return record
    record["of_best"] = goal.measured({name: best_runs(samples) for name, samples in results.items()})
    record["reached"] = (record["measured"] >= goal.at_least if goal.at_least is not None
                         else record["measured"] <= goal.at_most)
    return record


def best_runs(samples):
    """The samples as they would be if each run had been the best one: what a busy machine hides less of."""
    fields = ("wall_s", "cpu_s", "rss_bytes")
    least = {field: min((getattr(s, field) for s in samples), default=None) for field in fields}
    return [s._replace(**least) for s in samples]


def describe(workload, results, refused, conditions):
    """A workload's part of the JSON."""
    return {"title": workload.title, "note": workload.note, "conditions": conditions,
            "loaders": {name: {"refused": str(refused[name]) if name in refused else None,
                               "samples": [s._asdict() for s in samples]}
                        for name, samples in results.items()},
            "goals": [judge(goal, results) for goal in workload.goals]}


def unavailable(workload, conditions):
    return {"title": workload.title, "note": workload.note, "conditions": conditions, "unavailable": UNAVAILABLE,
            "loaders": {}, "goals": [judge(goal, {load.name: [] for load in workload.loaders})
                                     for goal in workload.goals]}


def seconds(value):
    return f"{value * 1e3:.1f} ms" if value < 0.1 else f"{value:.2f} s"


def quantity(value, unit):
    return f"{value:.2f}{unit}" if unit == "×" else f"{value:.0f}{unit}" if value >= 100 else f"{value:.3g}{unit}"


def goal_rows(workloads):
    lines = ["| | goal | measured | of the best runs | |", "|---|---|---|---|---|"]
    for part in workloads.values():
        for g in part["goals"]:
            if g["measured"] is None:
                measured, best, verdict = part.get("unavailable", "no time: see below"), "", "–"
            else:
                measured, best = (quantity(g[what], g["unit"]) for what in ("measured", "of_best"))
                verdict = "reached" if g["reached"] else "**missed**"
            lines.append(f"| {g['label']} | {g['goal']} | {measured} | {best} | {verdict} |")
    return lines


def loader_rows(part):
    """Medians, the best wall time, and how many times as long as the first loader."""
    lines = ["| | wall, median | wall, best | times the first | CPU, median | peak memory MiB | output MB |",
             "|---|---|---|---|---|---|---|"]
    first = None
    for name, loader in part["loaders"].items():
        if not loader["samples"] or loader["refused"]:
            lines.append(f"| {name} | no time: {loader['refused']} | | | | | |")
            continue
        taken = {f: [s[f] for s in loader["samples"]] for f in FIELDS}
        wall, cpu, rss, out = (statistics.median(taken[f]) for f in FIELDS)
        first = first or wall
        lines.append(f"| {name} | {seconds(wall)} | {seconds(min(taken['wall_s']))} | {wall / first:.2f} | "
                     f"{seconds(cpu)} | {rss / 2**20:.0f} | {out / 1e6:.1f} |")
    return lines


def sections(workloads):
    lines = []
    for name, part in workloads.items():
        lines += ["", f"### {name}: {part['title']}", "", part["conditions"] + "."]
        if part["note"]:
            lines += ["", part["note"]]
        lines += ["", *(loader_rows(part) if part["loaders"] else [part["unavailable"][0].upper() +
                                                                  part["unavailable"][1:] + "."])]
    return lines


def tables(workloads):
    return "\n".join(goal_rows(workloads) + sections(workloads)) + "\n"


def replace_part(text, mark, part):
    """Puts `part` between the comments <!-- mark --> and <!-- end of mark -->."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    head, tail = text.index(begin) + len(begin), text.index(end)
    return text[:head] + "\n" + part.strip("\n") + "\n\n" + text[tail:]


def merge(path, workloads):
    """The results file with these workloads in place of their last measurement, in the order given."""
    known = json.loads(path.read_text())["workloads"] if path.exists() else {}
    return {"format_version": 1, "workloads": known | workloads}


def as_text(numbers):
    """JSON with a line for each load, so that a change of one is a change of one line."""
    text = json.dumps(numbers, indent=1)
    return re.sub(r'"samples": \[.*?\]', lambda found: " ".join(found.group().split()), text, flags=re.S) + "\n"


def compare(before, after):
    """How the medians of a results file differ from those of an earlier one, where both have the load."""
    lines = ["| | load | wall before | now | ratio |", "|---|---|---|---|---|"]
    for name, part in after["workloads"].items():
        for loader, new in part["loaders"].items():
            old = before["workloads"].get(name, {}).get("loaders", {}).get(loader)
            if not old or not old["samples"] or not new["samples"]:
                continue
            a, b = (statistics.median(s["wall_s"] for s in one["samples"]) for one in (old, new))
            lines.append(f"| {name} | {loader} | {seconds(a)} | {seconds(b)} | {b / a:.2f} |")
    return "\n".join(lines)

"""The workloads: which loads run in turns, and what Freight must reach beside them."""
import statistics
from typing import Callable, NamedTuple

from loaders import FREIGHT, TOOL, Loader

OURS = "Freight"
ORDERED, UNORDERED, POLARS = "DuckDB, in order", "DuckDB, any order", "Polars streaming"


class Goal(NamedTuple):
    label: str              # of the workload in the list of goals
    text: str
    measured: Callable      # {loader name: [Sample]} -> number; KeyError when a load has no samples
    at_least: float = None
    at_most: float = None
    unit: str = "×"


class Workload(NamedTuple):
    id: str
    title: str
    loaders: list
    goals: list
    needs: str = None       # kind of source that the binary must have
    runs_times: int = 1     # so many times the usual number of runs: for what takes milliseconds
    note: str = ""


def middle(results, name, what="wall_s"):
    return statistics.median(getattr(s, what) for s in results[name])


def faster(label, than, times, ours=OURS):
    return Goal(label, f"{ours}: ≥ {times:g} × as fast as {than}",
                lambda r: middle(r, than) / middle(r, ours), at_least=times)


def within(label, base, times, ours=OURS, what="wall_s"):
    noun = {"wall_s": "time", "cpu_s": "CPU time", "rss_bytes": "memory"}[what]
    return Goal(label, f"{ours}: ≤ {times:g} × the {noun} of {base}",
                lambda r: middle(r, ours, what) / middle(r, base, what), at_most=times)


def memory(label, ours, mib):
    return Goal(label, f"{ours}: peak memory ≤ {mib} MiB", lambda r: middle(r, ours, "rss_bytes") / 2**20,
                at_most=mib, unit=" MiB")


def milliseconds(label, ours, limit):
    return Goal(label, f"{ours}: ≤ {limit} ms", lambda r: middle(r, ours) * 1e3, at_most=limit, unit=" ms")


def byte_rate(label, ours, base, times):
    def measured(r):
        rates = [r[name][0].in_bytes / middle(r, name) for name in (ours, base)]
        return rates[0] / rates[1]
    return Goal(label, f"{ours}: ≥ {times:g} × the bytes per second of {base}", measured, at_least=times)


def same_bytes(label, text, names):
    return Goal(label, f"{text}: the files are identical",
                lambda r: len({s.digest for name in names for s in r[name]}), at_most=1, unit=" version")


def linear(label, ours, base, copies, share=0.05):
    """Time per byte and memory may differ by 5 % from the single file's."""
    return [Goal(label, f"{ours}: time per byte within {share:.0%} of {base}",
                 lambda r: abs(middle(r, ours) / copies / middle(r, base) - 1) * 100, at_most=share * 100, unit=" %"),
            Goal(label, f"{ours}: memory within {share:.0%} of {base}",
                 lambda r: abs(middle(r, ours, "rss_bytes") / middle(r, base, "rss_bytes") - 1) * 100,
                 at_most=share * 100, unit=" %")]


def cold(label):
    return Goal(label, "Freight, cold cache: ≤ 1.15 × the longer of dd, cold cache, and Freight, warm",
                lambda r: middle(r, "Freight, cold cache") / max(middle(r, "dd, cold cache"), middle(r, OURS)),
                at_most=1.15)


def no_small_files(label, ours):
    return Goal(label, f"{ours}: no file under 1 MiB unless its partition is",
                lambda r: max(s.small_files for s in r[ours]), at_most=0, unit=" files")


def peers(source, *names, **how):
    kinds = {ORDERED: ("duckdb", {"in_order": True}), UNORDERED: ("duckdb", {"in_order": False}),
             POLARS: ("polars", {}), "PyArrow streaming": ("pyarrow", {}), "pandas in pieces": ("pandas", {}),
             "ClickHouse (chDB)": ("clickhouse", {})}
    return [Loader(name, kinds[name][0], source, kinds[name][1] | how) for name in names or kinds]


def freight(source, name=OURS, **how):
    return Loader(name, FREIGHT, source, how)


def basic():
    return [
        Workload("W1", "events to one dataset, zstd level 1",
                 [freight("events"), freight("events", "Freight, fast profile", profile="fast"), *peers("events")],
                 [faster("W1", ORDERED, 4), faster("W1", UNORDERED, 3.2), faster("W1", POLARS, 2.6),
                  memory("W1", OURS, 64)] +
                 [faster("W1f", peer, times, "Freight, fast profile")
                  for peer, times in ((ORDERED, 5), (UNORDERED, 4), (POLARS, 3.3))],
                 note="`compat` is Freight's default profile. pandas has no decimals and keeps doubles; ClickHouse's "
                      "Parquet writer has no setting for the level."),
        Workload("W2", "events, snappy", [freight("events", codec="snappy"),
                                          *peers("events", ORDERED, UNORDERED, POLARS, codec="snappy")],
                 [faster("W2", ORDERED, 4.5)]),
        Workload("W3", "events with 1 % bad rows, quarantined with address and reason",
                 [freight("events_bad"), freight("events", "Freight, clean rows")],
                 [within("W3", "Freight, clean rows", 1.10),
                  within("W3", "Freight, clean rows", 1.05, what="rss_bytes")],
                 note="No peer does this work: none has row rules, and DuckDB's `store_rejects` rounds `12.345` to "
                      "`12.35` in silence."),
        Workload("W5", "NDJSON, the same events", [freight("ndjson"), *peers("ndjson", ORDERED, UNORDERED, POLARS,
                                                                             "ClickHouse (chDB)")],
                 [faster("W5", ORDERED, 3), faster("W5", POLARS, 3)], needs="ndjson"),
        Workload("W6", "100 numeric columns", [freight("wide"), *peers("wide", ORDERED, UNORDERED, POLARS)],
                 [faster("W6", ORDERED, 3)]),
        Workload("W7", "db-benchmark's G1 data", [freight("groupby"), *peers("groupby", ORDERED, UNORDERED, POLARS)],
                 [faster("W7", ORDERED, 3)]),
    ]


def quoted_text():
    """Quoted values that look like rows: every result must be exact at any number of threads."""
    kinds = {"blocks": "blocks of 10 to 1,000 lines", "big_blocks": "blocks of 600 to 60,000 lines",
             "stray": "blocks and stray quotes"}
    threads = {1: "1 thread", 2: "2 threads", 8: "8 threads"}
    loads, goals = [freight("events", "Freight, plain events")], []
    for key, text in kinds.items():
        names = {n: f"Freight, {text}, {word}" for n, word in threads.items()}
        loads += [freight(key, name, threads=n) for n, name in names.items()]
        goals += [byte_rate("W4", names[2], "Freight, plain events", 0.8),
                  same_bytes("W4", f"Freight, {text}, with 1, 2 and 8 threads", names.values())]
    for name in (ORDERED, POLARS, "PyArrow streaming"):
        loads += [load._replace(name=f"{name}, {kinds['blocks']}") for load in peers("blocks", name)]
    loads += [load._replace(name=f"{ORDERED}, rejects kept, {kinds['blocks']}")
              for load in peers("blocks", ORDERED, rejects=True)]
    return Workload("W4", "quoted text that looks like rows", loads, goals,
                    note="Every 21st row's comment is a block of lines that look like rows of the file. A stray quote "
                         "stands in 0.1 % of the rows of the third file; exactly those are quarantined.")


def partitions():
    by_day, by_key = "Freight, by day", "Freight, by 1,000 keys"
    duckdb = [load._replace(name=f"{name}, {what}") for name in (ORDERED, UNORDERED) for what, sql in
              (("by day", "CAST(event_time AS DATE)"), ("by 1,000 keys", "user_id % 1000"))
              for load in peers("events", name, partition=sql)]
    return Workload("W9", "partitioned by day, and by 1,000 keys",
                    [freight("events"),
                     freight("events", by_day, partition_by=["event_date = day(event_time)"], folders="days"),
                     freight("events", by_key, partition_by=["part = bucket(1000, user_id)"], folders=1000), *duckdb],
                    [within("W9", OURS, 1.15, by_day), within("W9", OURS, 1.6, by_key), memory("W9", by_day, 128),
                     memory("W9", by_key, 128), no_small_files("W9", by_day), no_small_files("W9", by_key)])


def sizes(copies):
    base = "Freight, 1 file"
    names = {n: f"Freight, {n} files" for n in copies}
    return Workload("W12", "the same file under many names (hard links)",
                    [freight("events", base), *(freight(f"events*{n}", name) for n, name in names.items())],
                    [goal for n, name in names.items() for goal in linear("W12", name, base, n)])


def process():
    return [
        Workload("W10", "durable commits, compared with a run whose syncs do nothing",
                 [freight("events"), freight("events", "Freight, no syncs", no_sync=True)],
                 [within("W10", "Freight, no syncs", 1.05)],
                 note="Durability has no switch. `libfreight_no_sync.so`, preloaded, lets fsync and fdatasync return "
                      "at once; the run counts only if there were some to leave out."),
        Workload("W13", "cold page cache",
                 [freight("events"), freight("events", "Freight, cold cache", cold=True),
                  Loader("dd, cold cache", TOOL, "events", {"cold": True, "command": ["dd", "if={input}", "bs=4M"]})],
                 [cold("W13")],
                 note="The input's pages are dropped before each cold run, which counts only if 90 % of the bytes then "
                      "came from the disk."),
        Workload("W14", "a file of 1 KB, the whole process",
                 [freight("tiny", "Freight, one chunk"),
                  freight("tiny", "Freight, nothing to do", second_run=True)],
                 [milliseconds("W14", "Freight, nothing to do", 15), milliseconds("W14", "Freight, one chunk", 30)],
                 runs_times=4),
        Workload("gz", "events.csv.gz, compared with the decoder alone",
                 [freight("events.gz"), freight("events", "Freight, not compressed"),
                  Loader("igzip alone", TOOL, "events.gz", {"command": ["igzip", "-d", "-c", "{input}"]}),
                  *peers("events.gz", ORDERED, POLARS)],
                 [Goal("gz", "Freight: ≥ 0.9 × as fast as igzip alone",
                       lambda r: middle(r, "igzip alone") / middle(r, OURS), at_least=0.9)],
                 note="One gzip member, level 6. igzip is the command of the library that Freight decodes with."),
        Workload("parquet", "the events as Parquet, in row groups of a million rows",
                 [freight("events.parquet"), *peers("events.parquet", ORDERED, UNORDERED, POLARS),
                  freight("events.parquet", "Freight, 1 thread", threads=1),
                  freight("events.parquet", "Freight, 8 threads", threads=8)],
                 [faster("parquet", ORDERED, 1.4), faster("parquet", POLARS, 1.2),
                  within("parquet", "Freight, 1 thread", 1.15, what="cpu_s"),
                  same_bytes("parquet", "1, 2 and 8 threads", [OURS, "Freight, 1 thread", "Freight, 8 threads"])],
                 needs="parquet",
                 note="Written by DuckDB. A row group is decoded once, whichever threads work on it: two of them must "
                      "take no more CPU than one, but for what they cost each other in caches."),
        Workload("memory", "a budget of 32 MiB; 20 % bad rows",
                 [freight("events"), freight("events", "Freight, memory: 32MiB", memory="32MiB"),
                  freight("events_very_bad", "Freight, 20 % bad rows")],
                 [within("memory", OURS, 1.3, "Freight, memory: 32MiB"),
                  within("memory", OURS, 1.05, "Freight, 20 % bad rows", "rss_bytes")]),
        Workload("scale", "one thread and two",
                 [freight("events", "Freight, 1 thread", threads=1),
                  freight("events", "Freight, 1 thread, 1 CPU", threads=1, one_cpu=True),
                  freight("events", "Freight, 2 threads")],
                 [faster("scale", "Freight, 1 thread", 1.9, "Freight, 2 threads"),
                  faster("scale", "Freight, 1 thread, 1 CPU", 1.9, "Freight, 2 threads"),
                  same_bytes("scale", "1 thread and 2", ["Freight, 1 thread", "Freight, 2 threads"])],
                 note="A thread is one that parses and encodes. Another writes what is finished, on a second CPU "
                      "where there is one."),
    ]


def all_workloads(copies):
    order = ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "W9", "W10", "W12", "W13", "W14", "gz", "parquet", "memory",
             "scale"]
    known = {w.id: w for w in [*basic(), quoted_text(), partitions(), sizes(copies), *process()]}
    return [known[name] for name in order]

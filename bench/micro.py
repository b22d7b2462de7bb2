"""The micro-benchmarks beside the limits: what the same work took alone, in a loop written for it and nothing else."""
import json
import subprocess

# What a hand-written kernel for one column reached on an AMD EPYC with AVX-512, one core, on data of this shape. GB/s
# for what walks over bytes, ns for what makes one value. None: no such kernel was measured.
GBPS = {
    "Scan/scalar": 1.44, "Scan/avx2": 17.7, "Scan/avx512": 20.1, "Index/scalar": None, "Index/avx2": 11.2,
    "Index/avx512": 19.1, "LineEnds/scalar": 6.7, "LineEnds/avx2": 30.0, "LineEnds/avx512": 30.0,
    "DecodeRows/fast": 2.0, "DecodeRows/careful": None, "Utf8/ascii": 26.0, "Utf8/mixed": 17.0, "Ascii": 30.0,
    "Unescape": None,
}
VALUES = 17.7  # ns per value = CPU seconds / this, where seconds for 17.7 million values were measured
NANOSECONDS = {
    "Parse/integer": 4.6, "Parse/decimal": 5.4, "Parse/double": 13.7, "Parse/date": None, "Parse/timestamp": 7.5,
    "Parse/timestamp_with_format": 7.5, "Parse/repeated_string": 4.7, "Parse/free_string": None,
    "Encode/integer_compat": 7 / VALUES,
    "Encode/integer_fast": 24 / VALUES, "Encode/integer_compat_zstd": None, "Encode/time_compat": 7 / VALUES,
    "Encode/time_fast": 23 / VALUES, "Encode/time_compat_zstd": None,
    "Encode/decimal_compat": 11 / VALUES, "Encode/decimal_fast": 20 / VALUES,
    "Encode/decimal_compat_zstd": None, "Encode/repeated_string_dictionary": 1 / VALUES,
    "Encode/free_string_compat": 82 / VALUES, "Encode/free_string_fast": 46 / VALUES,
    "Encode/free_string_compat_zstd": None,
}


def measure(build, repetitions):
    """{name: medians of the repetitions} of the micro-benchmarks."""
    done = subprocess.run([build / "freight_micro", "--benchmark_format=json", "--benchmark_min_time=0.2",
                           f"--benchmark_repetitions={repetitions}", "--benchmark_report_aggregates_only=true"],
                          check=True, capture_output=True, text=True)
    runs = json.loads(done.stdout)["benchmarks"]
    failed = {r["run_name"]: r["error_message"] for r in runs if r.get("error_occurred")}
    medians = {r["run_name"]: r for r in runs if r.get("aggregate_name") == "median" and r["run_name"] not in failed}
    return medians, failed


def row(name, measured):
    """Measured, limit, and how much of the limit's speed is reached."""
    if name in GBPS:
        value, limit, unit = measured["bytes_per_second"] / 1e9, GBPS[name], "GB/s"
        share = value / limit if limit else None
    else:
        value, limit, unit = 1e9 / measured["items_per_second"], NANOSECONDS[name], "ns"
        share = limit / value if limit else None
    shown = (f"{limit:.3g} {unit}", f"{share:.0%}") if limit else ("–", "–")
    return f"| {name} | {value:.3g} {unit} | {shown[0]} | {shown[1]} |"


def table(build, machine, repetitions=5):
    measured, failed = measure(build, repetitions)
    unknown = set(measured) - set(GBPS) - set(NANOSECONDS)
    if unknown:
        raise SystemExit(f"error: no limit for {min(unknown)}\n   = help: name it in bench/micro.py, None if unknown")
    lines = ["| kernel | measured | limit | % of limit |", "|---|---|---|---|"]
    for name in [*GBPS, *NANOSECONDS]:
        lines.append(row(name, measured[name]) if name in measured
                     else f"| {name} | {failed.get(name, 'not run')} | | |")
    return "\n".join(lines + ["", f"One thread, medians of {repetitions}; {machine}."])

"""Where the CPU time of W1 goes: perf's samples of one run, summed up by the stage that a function belongs to."""
import re
import shutil
import subprocess

import loaders
import measure

# The first that fits decides: (stage, shared object, function, CPU seconds that hand-written loops took for 1.07 GB).
STAGES = [
    ("kernel: reading, writing, memory", r"\[kernel", r"", 0.19),
    ("compression", r"libarrow", r"^(ZSTD|HIST|HUF|FSE)_", 1.85),
    ("compression", r"libzstd", r"", 1.85),
    ("compression", r"freight",
     r"Stride|Repeats|TextMatcher|LongLength|ZstdText|ZstdBlock|SequenceCoder|FseTable|LiteralCoder|Planes|"
     r"PageCompressor|WriteBlock<", 1.85),
    ("checksums and hashes", r"", r"crc32|XXH|Xxh", None),
    ("checksums and hashes", r"libxxhash", r"", None),
    ("record borders", r"freight", r"::Scan\b|CountRange|Cursor|FindLineEndByte", 0.05),
    ("field index and fields", r"freight", r"::Index\b|::Fields\b|Decoder::|Splitter", 0.07),
    ("values: numbers and times", r"freight",
     r"Codec|::Declared\b|::Written\b|::Dates\b|::Timestamps\b|MinuteMemo|ParseFormatted|Civil|ExactText", 0.31),
    ("values: text", r"freight",
     r"StringColumn|IsUtf8|IsAscii|Unescape|Undoubled|FieldText|TextOutput|StringTable", 0.19),
    ("Parquet pages", r"freight",
     r"BytesColumn|NumberValues|Extend<|PageBuilder|Bounds|Dictionary|Encode|Validity|ParquetFile", 0.11),
    ("copying, comparing, allocating", r"libc", r"", None),
    ("the rest", r"", r"", None),
]
TOP = 12


def samples(report):
    """[(share, shared object, function)] of perf's report, largest first; the addresses of a library without symbols
    are one function."""
    found = {}
    for line in report.splitlines():
        fields = [f.strip() for f in line.split("|", 2)]
        if len(fields) == 3 and fields[0].endswith("%"):
            function = re.split(r"\s{2,}", re.sub(r"^\[.\] ", "", fields[2]))[0]  # columns of other events may follow
            key = fields[1], "functions without a name in " + fields[1] if function.startswith("0x") else function
            found[key] = found.get(key, 0) + float(fields[0][:-1])
    return sorted(((share / 100, *key) for key, share in found.items()), reverse=True)


def stage_of(shared_object, function):
    return next(name for name, there, what, _ in STAGES if re.search(there, shared_object) and
                re.search(what, function))


def table(bench, conditions):
    if shutil.which("perf") is None:
        raise SystemExit("error: perf is not installed\n   = help: install the Debian package linux-perf")
    bench.empty()
    source = bench.inputs.get("events")
    loaders.write_project(bench.folder, source, {})
    usage = measure.run(["perf", "record", "-q", "-F", "999", "-o", "perf.data", bench.build / "freight", "run",
                         "t.yaml", "--threads", "2", "--json"], bench.folder)
    report = subprocess.run(["perf", "report", "-i", "perf.data", "--no-children", "--sort", "dso,symbol", "--stdio",
                             "-q", "-t", "|"], cwd=bench.folder, check=True, capture_output=True, text=True).stdout
    return render(samples(report), usage.cpu_s, source.bytes, conditions)


def render(found, cpu_s, input_bytes, conditions):
    shares = {}
    for share, shared_object, function in found:
        stage = stage_of(shared_object, function)
        shares[stage] = shares.get(stage, 0) + share
    floors = {name: floor for name, _, _, floor in STAGES if floor}
    gigabytes = input_bytes / 1.073741824e9
    lines = ["| stage | share | CPU s | alone |", "|---|---|---|---|"]
    for stage in dict.fromkeys(name for name, *_ in STAGES):
        share = shares.get(stage, 0)
        floor = f"{floors[stage] * gigabytes:.2f} s" if stage in floors else "–"
        lines.append(f"| {stage} | {share:.1%} | {share * cpu_s:.2f} s | {floor} |")
    lines += ["", "| function | share |", "|---|---|"]
    lines += [f"| `{re.sub(r'freight::|[(]anonymous namespace[)]::', '', function)[:90]}` | {share:.1%} |"
              for share, _, function in found[:TOP]]
    return "\n".join(lines + ["", f"{cpu_s:.2f} CPU s for {input_bytes / 1e9:.2f} GB; {conditions}."])

"""One load of an input by Freight, by a peer or by a plain tool; it counts only when a second reader agrees."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import NamedTuple

import measure
from data import support

HERE = pathlib.Path(__file__).resolve().parent
FREIGHT, TOOL = "freight", "tool"
SMALL_FILE = 1 << 20


class Loader(NamedTuple):
    name: str
    engine: str   # freight, tool, or a key of peers.LOADS
    input: str    # key for data.Inputs.get
    how: dict = {}
    # freight: threads one_cpu codec profile memory partition_by folders no_sync second_run; peers: threads codec
    # in_order rejects partition; tool: command; all: cold


class Sample(NamedTuple):
    wall_s: float
    cpu_s: float
    rss_bytes: int
    out_bytes: int = 0
    in_bytes: int = 0
    files: int = 0
    small_files: int = 0  # below 1 MiB although their partition is not
    digest: str = ""      # of all published files


class Bench:
    """Where loads run: the binaries of `build`, inputs on demand, one working folder that each load finds empty."""

    def __init__(self, build, inputs, folder):
        self.build, self.inputs, self.folder = build, inputs, folder
        self.aside = folder.with_name(folder.name + "_aside")
        self.warmed = set()  # inodes

    def empty(self):
        """Room for a load, which is to pay for its own files alone: what the last one left is cut to nothing, put aside
        and synced, since removing many files is work that the next syncs and new files would wait for."""
        if self.folder.exists():
            for file in self.folder.rglob("*"):
                if file.is_file() and not file.is_symlink() and file.stat().st_nlink == 1:
                    os.truncate(file, 0)
            self.aside.mkdir(parents=True, exist_ok=True)
            self.folder.rename(self.aside / str(len(os.listdir(self.aside))))
        self.folder.mkdir(parents=True)
        os.sync()

    def remove(self):
        """All that loads have left."""
        for folder in (self.folder, self.aside):
            shutil.rmtree(folder, ignore_errors=True)

    def has_source(self, kind):
        """Whether this binary reads inputs of a kind: its own schema says so."""
        done = subprocess.run([self.build / "freight", "schema"], capture_output=True, text=True, check=True)
        return f'"{kind}"' in done.stdout

    def load(self, loader):
        """A Sample; raises measure.Refused when it must not count."""
        self.empty()
        source = self.inputs.get(loader.input)
        self._warm(source.files)
        run = {FREIGHT: self._freight, TOOL: self._tool}.get(loader.engine, self._peer)
        usage = run(loader, source)
        if loader.how.get("cold"):
            measure.require_cold(usage, sum(map(os.path.getsize, source.files)))
        if loader.engine == TOOL:
            return Sample(usage.wall_s, usage.cpu_s, usage.rss_bytes, in_bytes=source.bytes)
        files = published(self.folder / "out")
        check_figures(files, source)
        sizes = [os.path.getsize(f) for f in files]
        return Sample(usage.wall_s, usage.cpu_s, usage.rss_bytes, sum(sizes), source.bytes, len(files),
                      small_files(files), digest(files, self.folder) if loader.engine == FREIGHT else "")

    def _warm(self, files):
        """Into the page cache from the disk: what a generator wrote lies there in smaller pieces, and reading those
        costs every load of that input a little more."""
        for file in files:
            inode = os.stat(file).st_ino
            if inode not in self.warmed:
                measure.forget_cached([file])
                measure.read_through(file)
                self.warmed.add(inode)

    def _run(self, command, loader, source, environment=None):
        if loader.how.get("cold"):
            measure.forget_cached(source.files)
        return measure.run(command, self.folder, environment)

    def _tool(self, loader, source):
        command = [word.replace("{input}", source.files[0]) for word in loader.how["command"]]
        if shutil.which(command[0]) is None:
            raise measure.Refused(f"{command[0]} is not installed")
        # A decoder writes what it decodes; into a file would measure the disk.
        return self._run(["sh", "-c", 'exec "$@" >/dev/null', "sh", *command], loader, source)

    def _peer(self, loader, source):
        how = {"threads": 2, "codec": "zstd", "in_order": True, "rejects": False, "partition": None} | loader.how
        target = self.folder / "out" if how["partition"] else self.folder / "out" / "out.parquet"
        (self.folder / "out").mkdir()
        job = how | {"engine": loader.engine, "files": source.files, "format": source.format,
                     "columns": source.columns, "target": str(target)}
        (self.folder / "job.json").write_text(json.dumps(job))
        return self._run([sys.executable, HERE / "peers.py", "job.json"], loader, source)

    def _freight(self, loader, source):
        how = {"threads": 2} | loader.how
        write_project(self.folder, source, how)
        command = [self.build / "freight", "run", "t.yaml", "--threads", how["threads"], "--json"]
        if how.get("one_cpu"):
            command = ["taskset", "--cpu-list", "0", *command]
        if how.get("second_run"):
            measure.run(command, self.folder)
        environment = {}
        if how.get("no_sync"):
            environment = {"LD_PRELOAD": str(self.build / "libfreight_no_sync.so"),
                           "FREIGHT_NO_SYNC_COUNT": str(self.folder / "syncs.txt"),
                           "ASAN_OPTIONS": "verify_asan_link_order=0"}  # a sanitized build wants to come first
        usage = self._run(command, loader, source, environment)
        check_report(json.loads((self.folder / "stdout.txt").read_text()), source, bool(how.get("second_run")))
        check_folders(self.folder / "out", source, how.get("folders"))
        if how.get("no_sync") and int((self.folder / "syncs.txt").read_text()) == 0:
            raise measure.Refused("the run without syncs asked for no sync: it measures nothing")
        return usage


def write_project(folder, source, how):
    """A pipeline over the input that writes to out/, as its peers load it."""
    to = {"parquet": "out", "mode": "replace"}
    to |= {key: how[key] for key in ("profile", "codec", "partition_by") if key in how}
    spec = json.loads(support.pipeline_text()) | {"source": {source.format: source.files}, "to": to}
    if "memory" in how:
        spec["limits"] = {"memory": how["memory"]}
    (folder / "t.odcs.yaml").write_text(support.contract_text(source.contract))
    (folder / "t.yaml").write_text(json.dumps(spec, indent=1))


def published(folder):
    return sorted(str(p) for p in folder.rglob("*.parquet"))


def check_report(report, source, again):
    """What Freight says about its own run must be what the generator meant."""
    state, rows = report["state"], report["rows"]
    if state != ("nothing_to_do" if again else "published"):
        raise measure.Wrong(f"the run ended as {state}")
    bad = source.rows - source.good
    if not again and (rows["in"], rows["published"], rows["quarantined"]) != (source.rows, source.good, bad):
        raise measure.Wrong(f"rows {rows}, the data hold {source.good} good and {bad} bad ones")


def check_folders(root, source, wanted):
    """`wanted`: how many partitions there must be at most; "days": one per day of the data."""
    if wanted is None:
        return
    found = {pathlib.Path(f).parent for f in published(root)}
    if wanted == "days" and len(found) != len(source.per_day) or wanted != "days" and len(found) > wanted:
        raise measure.Wrong(f"{len(found)} partitions, {len(source.per_day)} days")


def check_figures(files, source):
    """In a process of its own: what this one holds in memory would be counted to every child that it starts."""
    request = {"files": files, "columns": source.columns, "rows": source.good, "figures": source.figures}
    done = subprocess.run([sys.executable, HERE / "verify.py"], input=json.dumps(request), capture_output=True,
                          text=True)
    if done.returncode != 0:
        raise measure.Wrong(f"wrong result: {done.stderr.strip()[-400:]}")


def small_files(files):
    by_folder = {}
    for file in files:
        by_folder.setdefault(os.path.dirname(file), []).append(os.path.getsize(file))
    return sum(size < SMALL_FILE for sizes in by_folder.values() if sum(sizes) >= SMALL_FILE for size in sizes)


def digest(files, folder):
    whole = hashlib.sha256()
    for name in files:
        with open(name, "rb") as file:
            whole.update(os.path.relpath(name, folder).encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()

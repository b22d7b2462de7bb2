"""What the tests of the real binary share: a project folder, pipelines and contracts as text, runs, published files."""
import hashlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("FREIGHT_BUILD") or ROOT / "build" / "dev")
FREIGHT = os.environ.get("FREIGHT") or str(BUILD / "freight")
GENERATOR = os.environ.get("FREIGHT_GEN") or str(BUILD / "freight_gen")
SHARED = pathlib.Path(os.environ.get("FREIGHT_SHARED_DATA") or ROOT.parent / "shared" / "data")
TYPES = "view click search cart purchase refund login logout share review wishlist support".split()
OK, FAILED, INVALID, REFUSED, RETRY = 0, 1, 2, 3, 75

EVENTS = [
    {"name": "user_id", "logicalType": "integer", "required": True,
     "logicalTypeOptions": {"format": "i64", "minimum": 1}},
    {"name": "event_time", "logicalType": "timestamp", "required": True,
     "logicalTypeOptions": {"format": "yyyy-MM-dd HH:mm:ss"}},
    {"name": "event_type", "logicalType": "string", "required": True,
     "quality": [{"id": "known", "metric": "invalidValues", "arguments": {"validValues": TYPES}, "mustBe": 0}]},
    {"name": "amount", "logicalType": "number", "physicalType": "DECIMAL(12,2)", "logicalTypeOptions": {"minimum": 0}},
    {"name": "comment", "logicalType": "string"},
]


class Done(NamedTuple):
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)


def contract_text(columns, **extra):
    """An ODCS file; JSON is YAML. `columns` are ODCS properties, or names of plain strings."""
    properties = [c if isinstance(c, dict) else {"name": c, "logicalType": "string"} for c in columns]
    schema = {"name": "t", "physicalType": "table", "properties": properties} | extra
    return json.dumps({"apiVersion": "v3.1.0", "kind": "DataContract", "id": "t", "name": "t", "version": "1.0.0",
                       "status": "active", "schema": [schema]}, indent=1)


def pipeline_text(source=None, to=None, **extra):
    """A pipeline file; `source` and `to` add keys beside csv and parquet. A source of another kind replaces csv."""
    inputs = {} if {"ndjson", "parquet"} & set(source or {}) else {"csv": "in/*.csv"}
    spec = {"version": 1, "dataset": "clean.t", "owner": "team@example.com",
            "source": inputs | (source or {}), "contract": "t.odcs.yaml"} | extra
    return json.dumps(spec | {"to": {"parquet": "out/t", "mode": "replace"} | (to or {})}, indent=1)


class Project:
    """A folder with one pipeline that reads in/*.csv and writes out/t."""

    def __init__(self, test, columns, **pipeline):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="freight_test_"))
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "in").mkdir()
        self.write("t.odcs.yaml", contract_text(columns))
        self.write("t.yaml", pipeline_text(**pipeline))
        self.root = self.folder / "out" / "t"

    def write(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def command(self, *args):
        return [FREIGHT, *map(str, args)]

    def call(self, *args, timeout=120, before=None, prefix=()):
        done = subprocess.run([*prefix, *self.command(*args)], cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, preexec_fn=before,
                              env=os.environ | {"NO_COLOR": "1"})
        return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def run(self, *args, **how):
        return self.call("run", "t.yaml", "--json", *args, **how)

    def start(self, *args, **how):
        return subprocess.Popen(self.command("run", "t.yaml", "--json", *args), cwd=self.folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                **how)

    def parts(self):
        """Data files of the dataset: path below its root -> sha256."""
        return {str(p.relative_to(self.root)): hashlib.sha256(p.read_bytes()).hexdigest()
                for p in sorted(self.root.rglob("*.parquet"))}

    def glob(self):
        return str(self.root / "**" / "*.parquet")

    def quarantine_glob(self):
        return str(self.folder / "_dlq" / "**" / "*.parquet")


def generate(folder, *args):
    """Runs freight_gen into `folder`; returns its figures."""
    manifest = pathlib.Path(folder).parent / "manifest.json"
    subprocess.run([GENERATOR, "--out", str(folder), "--manifest", str(manifest), *map(str, args)], check=True)
    return json.loads(manifest.read_text())


def limited(**limits):
    """A preexec_fn that sets resource limits, e.g. limited(FSIZE=1000)."""
    def apply():
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    return apply


class Slowed:
    """Lets a process run for one part of the time only. A context; at its end the process runs freely again."""

    def __init__(self, pid, run=0.005, wait=0.1):
        self.pid, self.run, self.wait = pid, run, wait
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.loop)

    def loop(self):
        while not self.ended.is_set():
            os.kill(self.pid, signal.SIGSTOP)
            self.ended.wait(self.wait)
            os.kill(self.pid, signal.SIGCONT)
            time.sleep(self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class FreightTest(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        if not os.access(FREIGHT, os.X_OK):
            raise RuntimeError(f"no binary at {FREIGHT}; build it, or set FREIGHT")

    def assert_code(self, done, *codes):
        self.assertIn(done.code, codes, f"\nstdout: {done.out[-2000:]}\nstderr: {done.err[-2000:]}")

    def assert_published(self, done, **rows):
        """The run published, its accounting balances, and the given counts are exact."""
        self.assert_code(done, OK)
        report = done.json()
        self.assertEqual(report["state"], "published", report)
        counts = report["rows"]
        self.assertEqual(counts["in"], sum(counts[k] for k in counts if k in
                                           ("published", "filtered", "deduplicated", "quarantined")), counts)
        for name, value in rows.items():
            self.assertEqual(counts[name], value, (name, counts))
        return report

    def assert_refusal(self, done, code, *words):
        """A clear end: this code (or one of them), an error with each of the words, help, no trace of a crash."""
        self.assert_code(done, *(code if isinstance(code, tuple) else (code,)))
        self.assertRegex(done.err, r"(?m)^error", done.err)
        self.assertRegex(done.err, r"(?m)= help: \S", done.err)
        for word in words:
            self.assertIn(word, done.err)
        self.assert_no_crash(done)

    def assert_no_crash(self, done):
        for trace in ("terminate called", "Assertion", "AddressSanitizer", "runtime error:", "what():", "Traceback"):
            self.assertNotIn(trace, done.err)
        self.assertNotIn(-done.code, (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE))

    def assert_nothing_published(self, project):
        self.assertEqual(project.parts(), {})

"""Runs one process: its wall and CPU time, its own peak memory, and what it read from the disk."""
import os
import pathlib
import re
import subprocess
import time
from typing import NamedTuple

COLD_SHARE = 0.9  # of an input must come from the disk before a run counts as cold


class Refused(Exception):
    """A run that gives no time: a tool is missing, or its conditions did not hold."""


class Wrong(Refused):
    """A run that gives no time because it failed or because its result is not right."""


class Usage(NamedTuple):
    wall_s: float
    cpu_s: float
    rss_bytes: int
    disk_bytes: int  # read from the disk


def run(command, folder, environment=None):
    """Runs to the end in `folder`; its output lands there in stdout.txt and stderr.txt."""
    folder = pathlib.Path(folder)
    with open(folder / "stdout.txt", "wb") as output, open(folder / "stderr.txt", "wb") as errors:
        started = time.monotonic()
        child = subprocess.Popen([str(c) for c in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=output,
                                 stderr=errors, env=os.environ | (environment or {}))
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        lines = (folder / "stderr.txt").read_text(errors="replace").strip().splitlines()
        raise Wrong(f"ended with {child.returncode}: {_telling_line(lines)}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, usage.ru_inblock * 512)


def _telling_line(lines):
    """Of a traceback or of several messages: the line that names the error."""
    named = [line for line in lines if re.match(r"[\w.]+: ", line)] or lines or ["no message"]
    return named[0][:160]


def forget_cached(files):
    """Drops clean pages of these files from the page cache; needs no privilege."""
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def read_through(file):
    with open(file, "rb", buffering=0) as source:
        while source.read(1 << 20):
            pass


def require_cold(usage, input_bytes):
    if usage.disk_bytes < COLD_SHARE * input_bytes:
        raise Refused(f"only {usage.disk_bytes:,} of {input_bytes:,} bytes came from the disk")

#!/usr/bin/env python3
"""Fetches what third_party/pins.json pins: wheels from PyPI by name, hash checked, unpacked into the cache.

fetch.py build   the libraries that Freight links          -> <cache>/<name>
fetch.py test    Python with the readers that tests use    -> <cache>/venv
fetch.py bench   Python with the peers to compare with     -> <cache>/bench_venv

<cache> is $FREIGHT_CACHE, else ~/.cache/freight. What is there with the right hash is not fetched again, so a run
that was cut off goes on where it stopped, and a full cache needs no network.
"""
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

PINS = pathlib.Path(__file__).resolve().parent.parent / "third_party" / "pins.json"
CACHE = pathlib.Path(os.environ.get("FREIGHT_CACHE") or pathlib.Path.home() / ".cache" / "freight").absolute()
DOWNLOADS = CACHE / "downloads"
VENVS = {"test": CACHE / "venv", "bench": CACHE / "bench_venv"}
PYTHON = (3, 11)  # the wheels are built for it
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_24_x86_64",
             "manylinux_2_17_x86_64", "manylinux2014_x86_64"]


def fail(message, help_text):
    sys.exit(f"error: {message}\n   = help: {help_text}")


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def venv_python(venv):
    """The Python of an environment, made when it is missing or was cut off while being made."""
    python, made = venv / "bin" / "python", venv / "made"
    if made.exists() and python.exists():
        return python
    shutil.rmtree(venv, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, stdout=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        fail("cannot make a Python environment", "install the Debian package python3-venv")
    made.touch()
    return python


def download(pin):
    """Path of the pinned wheel, fetched unless the cache holds it."""
    path = DOWNLOADS / pin["file"]
    if path.exists() and sha256(path) == pin["sha256"]:
        return path
    path.unlink(missing_ok=True)
    print(f"fetching {pin['name']} {pin['version']}", file=sys.stderr)
    partial = DOWNLOADS / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    command = [str(venv_python(VENVS["test"])), "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
               "--implementation", "cp", "--python-version", "311", "--dest", str(partial)]
    for platform in PLATFORMS:
        command += ["--platform", platform]
    done = subprocess.run(command + [f"{pin['name']}=={pin['version']}"], capture_output=True, text=True)
    got = partial / pin["file"]
    if done.returncode != 0 or not got.exists():
        reason = (done.stderr.strip().splitlines() or ["another file came"])[-1]
        fail(f"cannot fetch \"{pin['file']}\": {reason}",
             f"connect to a Python package index, or put the file into {DOWNLOADS}")
    if sha256(got) != pin["sha256"]:
        fail(f"\"{pin['file']}\" has another sha256 than third_party/pins.json",
             "do not use it; check the package index and the network between")
    os.replace(got, path)
    shutil.rmtree(partial)
    return path


def unpack(pin):
    """Unpacks a wheel to <cache>/<name>; the folder appears whole, with a stamp that names its hash."""
    target = CACHE / pin["name"]
    stamp = target / "sha256"
    if stamp.exists() and stamp.read_text() == pin["sha256"]:
        return
    wheel = download(pin)
    fresh, old = CACHE / f"{pin['name']}.inprogress", CACHE / f"{pin['name']}.old"
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(fresh)
    (fresh / "sha256").write_text(pin["sha256"])
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def install(pins, venv):
    """Installs the pinned wheels into an environment, from the cache alone."""
    wanted = "".join(f"{p['name']}=={p['version']} --hash=sha256:{p['sha256']}\n" for p in pins)
    python, stamp = venv_python(venv), venv / "requirements.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    for pin in pins:
        download(pin)
    pending = venv / "requirements.inprogress.txt"
    pending.write_text(wanted)
    done = subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
                           "--require-hashes", "--find-links", str(DOWNLOADS), "--requirement", str(pending)],
                          capture_output=True, text=True, env={**os.environ, "PIP_FIND_LINKS": ""})
    if done.returncode != 0:
        fail(f"cannot install the pinned packages: {done.stderr.strip()}", f"remove {venv} and try again")
    pending.rename(stamp)


def main():
    use = sys.argv[1] if len(sys.argv) == 2 else ""
    if use not in ("build", "test", "bench"):
        fail("no such thing to fetch", "say fetch.py build, fetch.py test or fetch.py bench")
    if sys.version_info[:2] != PYTHON:
        fail(f"this is Python {sys.version_info[0]}.{sys.version_info[1]}, the pinned wheels need 3.11",
             "run it with the python3 of Debian 12")
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    pins = [p for p in json.loads(PINS.read_text()) if use in p["use"]]
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if use == "build":
            for pin in pins:
                unpack(pin)
        else:
            install(pins, VENVS[use])


if __name__ == "__main__":
    main()

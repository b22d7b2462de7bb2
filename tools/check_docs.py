#!/usr/bin/env python3
"""Documents: links resolve, decisions are numbered, nothing names one machine, nothing is left for another day.

With a binary (argument 2, or build/dev/freight, or build/release/freight) docs/reference must equal `freight docs`.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import source

# Split, so that this file does not find itself.
LEFT_OVER = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "place" + "holder"]) + r")\b", re.I)
MACHINE = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", r"/ho" + r"me/\w", "/opt/" + "wheels", "py" + r"pi\.org",
                               "python" + r"hosted\.org", "deb" + r"\.debian\.org", "registry" + r"\.npm"]))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def anchors(text):
    """The names that headings can be linked by."""
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", t.lower()).strip().replace(" ", "-") for t in titles}


def check_links(root, path, text):
    problems, fenced = [], False
    for number, line in enumerate(text.splitlines(), 1):
        fenced ^= line.startswith("```")
        for target in [] if fenced else LINK.findall(line):
            file, _, anchor = target.partition("#")
            if "://" in target or file.startswith("mailto:"):
                continue
            there = root / path.parent / file if file else root / path
            if not there.exists():
                problems.append(f"{path}:{number}: link to \"{target}\", which is not there")
            elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text()):
                problems.append(f"{path}:{number}: link to \"{target}\", which has no such heading")
    return problems


def check_decisions(files):
    names = sorted(f.name for f in files if f.parts[:2] == ("docs", "decisions"))
    return [f"docs/decisions/{name}:1: decision number {number:04d} was expected here"
            for number, name in enumerate(names, 1) if not name.startswith(f"{number:04d}-")]


def check_reference(root):
    """docs/reference is generated; it must be what the binary writes."""
    binary = next((b for b in [root / "build" / "dev" / "freight", root / "build" / "release" / "freight"]
                   if os.access(b, os.X_OK)), None)
    if len(sys.argv) > 2:
        binary = pathlib.Path(sys.argv[2])
    if binary is None:
        return []
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([str(binary), "docs", "--out", out], capture_output=True, text=True)
        if done.returncode != 0:
            return [f"docs/reference:1: `freight docs` failed: {done.stderr.strip()}"]
        wanted = {p.name: p.read_text() for p in pathlib.Path(out).iterdir()}
    folder = root / "docs" / "reference"
    have = {p.name: p.read_text() for p in folder.iterdir()} if folder.exists() else {}
    return [f"docs/reference/{name}:1: is not what `freight docs --out docs/reference` writes"
            for name in sorted(wanted.keys() | have.keys()) if wanted.get(name) != have.get(name)]


def check(root):
    files = source.tracked_files(root)
    problems = check_decisions(files) + check_reference(root)
    for path in files:
        text = source.read_text(root / path)
        if text is None:
            continue
        if path.suffix == ".md":
            problems += check_links(root, path, text)
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, what in ((LEFT_OVER, "left over"), (MACHINE, "names a machine or a host")):
                found = pattern.search(line)
                if found:
                    problems.append(f"{path}:{number}: \"{found.group()}\": {what}")
    return f"{len(files)} files", problems


if __name__ == "__main__":
    source.run_check("docs", check)

#!/usr/bin/env python3
"""Plain form: lines of at most 120 columns, no tabs or trailing spaces, an opening sentence in every source file."""
import source

COLUMNS_MAX = 120
SOURCES = source.CPP | {".py", ".sh", ".cmake"}


def opening_problem(path, text):
    """Every source file says first what lives in it."""
    lines = [l for l in text.splitlines() if l and not l.startswith("#!")]
    first = lines[0] if lines else ""
    mark = {".py": '"""'}.get(path.suffix, "//" if path.suffix in source.CPP else "#")
    if not first.startswith(mark):
        return f"{path}:1: no opening sentence that says what lives here"
    repeated = path.name.endswith("_inl.h")  # included once per instruction set, by Highway
    if path.suffix == ".h" and not repeated and "\n#pragma once\n" not in text:
        return f"{path}:1: no #pragma once"
    return None


def check(root):
    problems, files = [], 0
    for path in source.tracked_files(root):
        text = source.read_text(root / path)
        if text is None or not (path.suffix in SOURCES or source.is_shell(path, text)):
            continue
        files += 1
        problem = opening_problem(path, text)
        problems += [problem] if problem else []
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > COLUMNS_MAX:
                problems.append(f"{path}:{number}: {len(line)} columns, {COLUMNS_MAX} at most")
            if "\t" in line:
                problems.append(f"{path}:{number}: a tab")
            if line != line.rstrip():
                problems.append(f"{path}:{number}: spaces at the end")
        if text and not text.endswith("\n"):
            problems.append(f"{path}:{text.count(chr(10)) + 1}: no newline at the end")
    return f"{files} files", problems


if __name__ == "__main__":
    source.run_check("style", check)

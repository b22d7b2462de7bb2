#!/usr/bin/env python3
"""A function fits a screen (70 lines, 6 parameters) and a file stays under 800 lines."""
import source

FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 6
FILE_LINES_MAX = 800
SOURCES = source.CPP | {".py", ".sh", ".cmake"}


def check(root):
    problems, files, functions = [], 0, 0
    for path in source.tracked_files(root):
        text = source.read_text(root / path)
        if text is None or not (path.suffix in SOURCES or source.is_shell(path, text)):
            continue
        files += 1
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            problems.append(f"{path}:{lines}: the file has {lines} lines, {FILE_LINES_MAX} at most")
        for f in source.functions_of(path, text):
            functions += 1
            if f.lines > FUNCTION_LINES_MAX:
                problems.append(f"{path}:{f.line}: \"{f.name}\" has {f.lines} lines, {FUNCTION_LINES_MAX} at most")
            if f.parameters > PARAMETERS_MAX:
                problems.append(f"{path}:{f.line}: \"{f.name}\" has {f.parameters} parameters, "
                                f"{PARAMETERS_MAX} at most")
    return f"{functions} functions in {files} files", problems


if __name__ == "__main__":
    source.run_check("lengths", check)

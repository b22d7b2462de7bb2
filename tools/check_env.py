#!/usr/bin/env python3
"""The world comes in as a parameter: only src/io calls the system for files, clocks, random numbers and the like.

The front end may print; its main.cc, which hands the world to the rest, may also read variables and catch signals.
"""
import re

import source

CALLS = ("open openat creat read pread write pwrite rename renameat2 unlink mkdir rmdir fsync fdatasync stat fstat "
         "opendir readdir link symlink ftruncate truncate flock fcntl mmap fopen freopen clock_gettime gettimeofday "
         "rand srand gethostname getpid time localtime tmpfile mkstemp mkdtemp system popen").split()
WORLD = re.compile(r"(?<![\w.>:])(?:std::|::)?(" + "|".join(CALLS) + r")\s*\(|"
                   r"\b(std::(?:i|o)?fstream|std::filesystem|std::random_device|std"
                   r"::chrono::(?:system|steady|high_resolution)_clock)\b")
PRINTING = re.compile(r"(?<![\w.>])(?:std::)?(getenv|secure_getenv|printf|fprintf|puts|fputs|cout|cerr|fwrite)\b")


def check(root):
    problems, files = [], 0
    for path in source.tracked_files(root):
        if path.parts[0] != "src" or path.parts[1] == "io" or path.suffix not in source.CPP:
            continue
        files += 1
        if str(path) == "src/cli/main.cc":
            continue
        front = path.parts[1] == "cli" or str(path) == "src/base/status.cc"  # the latter prints failed assertions
        for number, line in enumerate(source.blank_cpp((root / path).read_text()).splitlines(), 1):
            found = WORLD.search(line) or (None if front else PRINTING.search(line))
            if found:
                problems.append(f"{path}:{number}: \"{found.group().strip('( ')}\" outside src/io; take it from Env")
    return f"{files} files outside src/io", problems


if __name__ == "__main__":
    source.run_check("env", check)

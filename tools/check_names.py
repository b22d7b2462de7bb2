#!/usr/bin/env python3
"""Names: files snake_case (pages of docs may have hyphens), types CamelCase, functions CamelCase or snake_case,
constants kName, macros FREIGHT_.
"""
import re

import source

FILE_NAMES = {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "CMakeLists.txt",
              "CMakePresets.json"}
SNAKE = re.compile(r"\.?[a-z0-9]+(_[a-z0-9]+)*(\.[a-z0-9_]+)*$")
HYPHENS = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*\.\w+$")
RULES = [
    (re.compile(r"^\s*(?:template\s*<.*>\s*)?(?:class|struct|union|enum(?:\s+class)?)\s+(?:\[\[\w+\]\]\s*)?(\w+)\s*"
                r"(?:final\s*)?(?::|\{|$)"), re.compile(r"[A-Z][A-Za-z0-9]*$"), "a type is CamelCase"),
    (re.compile(r"^(?:  )?(?:static |inline )*constexpr\s(?!struct)[\w:<>,\s*&]*?(\w+)(?:\[\w*\])?\s*(?:=|\{)"),
     re.compile(r"k[A-Z0-9]\w*$"), "a constant is kName"),
    (re.compile(r"^\s*#\s*define\s+(\w+)"), re.compile(r"FREIGHT_[A-Z0-9_]+$"), "a macro starts with FREIGHT_"),
]


def check_cpp(path, text):
    problems = []
    for number, line in enumerate(source.blank_cpp(text).splitlines(), 1):
        for pattern, wanted, message in RULES:
            found = pattern.match(line)
            if found and not wanted.match(found.group(1)):
                problems.append(f"{path}:{number}: {message}, not \"{found.group(1)}\"")
    for f in source.cpp_functions(text):
        mixed = "_" in f.name and f.name.lower() != f.name and f.name.upper() != f.name
        if re.match(r"(?!k[A-Z])[a-z]+[A-Z]", f.name) or mixed:
            problems.append(f"{path}:{f.line}: a function is CamelCase or snake_case, not \"{f.name}\"")
    return problems


def check(root):
    problems, files = [], 0
    for path in source.tracked_files(root):
        files += 1
        if path.name not in FILE_NAMES and path.suffix != ".cmake" and not SNAKE.match(path.name):
            named_page = path.parts[0] == "docs" and HYPHENS.match(path.name)
            if not named_page:
                problems.append(f"{path}:1: a file name is snake_case")
        if path.suffix in source.CPP:
            problems += check_cpp(path, (root / path).read_text())
    return f"{files} files", problems


if __name__ == "__main__":
    source.run_check("names", check)

"""What the checks share: the repository's files, C++ text without comments, and the functions of a file."""
import ast
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
CPP = {".cc", ".h"}


class Function(NamedTuple):
    name: str
    line: int
    lines: int
    parameters: int


def tracked_files(root):
    """Files of the checkout that are tracked or could be (not ignored), as paths relative to `root`."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.splitlines()
    else:
        names = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    return sorted(pathlib.Path(n) for n in names if (root / n).is_file())


def blank_cpp(text):
    """C++ text with comments and the insides of literals as spaces; positions and lines stay."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
                       r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)

    def blank(match):
        literal = match.group()
        spaces = re.sub(r"[^\n]", " ", literal)
        return spaces if literal[0] == "/" else literal[0] + spaces[1:-1] + literal[-1]
    return token.sub(blank, text)


def count_parameters(head):
    """Parameters of the function whose text before the body is `head`."""
    start = re.search(r"operator\s*\(\s*\)\s*\(|\(", head)
    depth, commas, inside = 0, 0, ""
    for c in head[start.end():]:
        if c in "([{<":
            depth += 1
        elif c == ")" and depth == 0:
            break
        elif c in ")]}>":
            depth -= 1
        elif c == "," and depth == 0:
            commas += 1
        inside += c
    return 0 if inside.strip() in ("", "void") else commas + 1


def function_name(head):
    before = head[:head.index("(")]
    names = re.findall(r"~?\w+", before)
    return names[-1] if names else "lambda"


def _opens(head):
    """What a brace after `head` opens: 'scope' (namespace, class), 'value' (initializer) or 'function'."""
    head = re.sub(r"template\s*<[^{};]*?>\s*(?=[\w\[:])", "", head.strip(), count=1)
    if "(" not in head:
        return "value" if re.search(r"[=,\w\]]$", head) and not re.search(
            r"\b(namespace|class|struct|union|enum|extern)\b", head) else "scope"
    if re.match(r"(namespace|class|struct|union|enum)\b", head) and not re.search(r"\)[\w\s>*&:-]*$", head):
        return "scope"
    if re.search(r"=\s*$", head):
        return "value"
    return "function"


def cpp_functions(text):
    """Functions with a body, in order. Lambdas count to the function around them."""
    text = "\n".join(re.sub(r".", " ", l) if l.lstrip().startswith("#") else l for l in blank_cpp(text).split("\n"))
    stack, found, head_start, i = [], [], 0, 0
    while i < len(text):
        c = text[i]
        closed = [k for k, _ in stack if k != "scope"]
        if c == "{":
            kind = "inner" if closed else _opens(text[head_start:i])
            stack.append((kind, head_start))
            if kind == "scope":
                head_start = i + 1
        elif c == "}" and stack:
            kind, start = stack.pop()
            rest = text[i + 1:i + 200].lstrip()
            goes_on = kind == "function" and rest[:1] in (",", "{")  # a member initializer, not the body
            if kind == "function" and not goes_on:
                head = text[start:i + 1]
                lead = len(head) - len(head.lstrip())
                line = text.count("\n", 0, start + lead) + 1
                found.append(Function(function_name(head.split("{")[0]), line,
                                      text.count("\n", 0, i) + 2 - line, count_parameters(head.split("{")[0])))
            if kind == "scope" or kind == "function" and not goes_on:
                head_start = i + 1
        elif not closed and (c == ";" or c == ":" and re.search(r"(public|private|protected)\s*$", text[head_start:i])):
            depth = text[head_start:i].count("(") - text[head_start:i].count(")")
            if depth == 0:
                head_start = i + 1
        i += 1
    return found


def python_functions(text):
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = [a.arg for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
            count = len([n for n in names if n not in ("self", "cls")])
            found.append(Function(node.name, node.lineno, node.end_lineno - node.lineno + 1, count))
    return found


def shell_functions(text):
    found, start = [], None
    for number, line in enumerate(text.split("\n"), 1):
        opening = re.match(r"(\w+)\(\) \{", line)
        if opening:
            start = (opening.group(1), number)
        elif line == "}" and start:
            found.append(Function(start[0], start[1], number - start[1] + 1, 0))
            start = None
    return found


def is_shell(path, text):
    return path.suffix == ".sh" or text.startswith(("#!/usr/bin/env bash", "#!/bin/bash", "#!/bin/sh"))


def functions_of(path, text):
    if path.suffix in CPP:
        return cpp_functions(text)
    if path.suffix == ".py":
        return python_functions(text)
    return shell_functions(text) if is_shell(path, text) else []


def read_text(path):
    """The file's text, or None when it is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None


def run_check(name, check):
    """Prints what `check(root)` found, one `file:line: message` each, and exits 1 if anything."""
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    looked_at, problems = check(root)
    for problem in problems:
        print(problem)
    print(f"{name}: {looked_at}, {len(problems)} problems")
    sys.exit(1 if problems else 0)

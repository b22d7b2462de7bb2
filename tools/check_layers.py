#!/usr/bin/env python3
"""Every include in src/ goes where tools/layers.txt allows: to the same folder or to one named beside it."""
import re

import source


def read_layers(path):
    layers = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            folder, _, allowed = line.partition(":")
            layers[folder.strip()] = allowed.split()
    return layers


def check(root):
    layers, problems, includes = read_layers(root / "tools" / "layers.txt"), [], 0
    for number, (folder, allowed) in enumerate(layers.items(), 1):
        above = [a for a in allowed if a not in list(layers)[:number - 1]]
        problems += [f"tools/layers.txt:1: \"{folder}\" may not include \"{a}\", which does not stand above it"
                     for a in above]
    for path in source.tracked_files(root):
        if path.parts[0] != "src" or path.suffix not in source.CPP:
            continue
        folder = path.parts[1]
        if folder not in layers:
            problems.append(f"{path}:1: folder \"{folder}\" is not in tools/layers.txt")
            continue
        for number, line in enumerate((root / path).read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not include:
                continue
            includes += 1
            target = include.group(1).split("/")[0]
            if target != folder and target not in layers[folder]:
                problems.append(f"{path}:{number}: \"{folder}\" may not include \"{include.group(1)}\"")
            elif not (root / "src" / include.group(1)).is_file():
                problems.append(f"{path}:{number}: no file src/{include.group(1)}; name it from src/")
    return f"{includes} includes in {len(layers)} layers", problems


if __name__ == "__main__":
    source.run_check("layers", check)

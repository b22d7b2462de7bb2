"""Each check of tools/ catches a bad sample at its line and lets a good one pass."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = "base:\nio: base\nplan: base io\n"
LONG = "// A sample.\nnamespace a {\nint Long(int x) {\n" + "  ++x;\n" * 69 + "  return x;\n}\n}  // namespace a\n"
# Held in parts, so that the checks do not find their own samples here.
TASK, HOST_PATH = "TO" + "DO", "/ro" + "ot/x"


class ToolsTest(unittest.TestCase):
    def check(self, tool, files):
        """Output lines of tools/check_<tool>.py over a tree with just these files."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            done = subprocess.run([sys.executable, str(ROOT / "tools" / f"check_{tool}.py"), folder],
                                  capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        lines = done.stdout.splitlines()
        self.assertEqual(done.returncode, 1 if len(lines) > 1 else 0)
        return lines[:-1]

    def assert_problems(self, tool, files, *wanted):
        found = self.check(tool, files)
        self.assertEqual(len(found), len(wanted), found)
        for line, start in zip(found, wanted):
            self.assertTrue(line.startswith(start), (line, start))

    def test_layers(self):
        good = {"tools/layers.txt": LAYERS, "src/base/b.h": "", "src/io/i.h": '#include "base/b.h"\n'}
        self.assert_problems("layers", good)
        self.assert_problems("layers", good | {"src/base/b.cc": '\n#include "io/i.h"\n'}, 'src/base/b.cc:2: "base"')
        self.assert_problems("layers", good | {"src/io/j.h": '#include "base/none.h"\n'}, "src/io/j.h:1: no file")
        self.assert_problems("layers", good | {"src/new/n.h": ""}, "src/new/n.h:1: folder")
        self.assert_problems("layers", {"tools/layers.txt": "io: base\nbase:\n"}, "tools/layers.txt:1:")

    def test_lengths(self):
        self.assert_problems("lengths", {"src/a.cc": LONG}, 'src/a.cc:3: "Long" has 72 lines')
        self.assert_problems("lengths", {"src/a.cc": LONG.replace("  ++x;\n" * 2, "")})
        seven = "struct S {\n  S(int a, std::map<int, int> b, int c, int d, int e, int f) : a_(a), b_{b} {\n  }\n};\n"
        self.assert_problems("lengths", {"src/a.cc": seven})
        self.assert_problems("lengths", {"src/a.cc": seven.replace("int f", "int f, int g")}, 'src/a.cc:2: "S" has 7')
        self.assert_problems("lengths", {"a.py": "def f(a, b, c, d, e, f, g):\n    pass\n"}, 'a.py:1: "f" has 7')
        self.assert_problems("lengths", {"a.py": "def f():\n" + "    pass\n" * 70}, 'a.py:1: "f" has 71 lines')
        self.assert_problems("lengths", {"a.sh": "f() {\n" + "  :\n" * 69 + "}\n"}, 'a.sh:1: "f" has 71 lines')
        self.assert_problems("lengths", {"a.h": "\n" * 801}, "a.h:801:")

    def test_names(self):
        good = "class Reader {\n  int rows() const { return 1; }\n};\nconstexpr int kMax = 1;\nint Read() { return 2; }"
        self.assert_problems("names", {"src/good_name.cc": good + "\n", "README.md": ""})
        self.assert_problems("names", {"src/BadName.cc": ""}, "src/BadName.cc:1:")
        self.assert_problems("names", {"src/a.h": "\nstruct row_group {\n"}, "src/a.h:2: a type")
        self.assert_problems("names", {"src/a.h": "constexpr int max_rows = 1;\n"}, "src/a.h:1: a constant")
        self.assert_problems("names", {"src/a.h": "int readAll() { return 1; }\n"}, "src/a.h:1: a function")
        self.assert_problems("names", {"src/a.h": "#define CHECK(x) x\n"}, "src/a.h:1: a macro")

    def test_style(self):
        self.assert_problems("style", {"src/a.h": "// What lives here.\n#pragma once\n"})
        self.assert_problems("style", {"src/a.h": "// What lives here.\n"}, "src/a.h:1: no #pragma once")
        self.assert_problems("style", {"src/a.cc": "int a;\n"}, "src/a.cc:1: no opening")
        self.assert_problems("style", {"a.py": '"""A."""\n' + "x" * 121 + "\n"}, "a.py:2: 121 columns")
        self.assert_problems("style", {"a.py": '"""A."""\n\tx \n'}, "a.py:2: a tab", "a.py:2: spaces")
        self.assert_problems("style", {"a.py": '"""A."""'}, "a.py:1: no newline")

    def test_env(self):
        good = "// open( is only a comment\nauto s = \"open(\"; Open(x); file->read(y); is_open();\n"
        self.assert_problems("env", {"src/io/disk.cc": "int f = open(x);\n", "src/plan/a.cc": good,
                                     "src/cli/main.cc": "getenv(x); printf(y);\n"})
        for bad in ("int f = ::open(x);", "std::ifstream in;", "fopen(x, y);", "std::chrono::system_clock::now();",
                    "getenv(x);", "::write(1, x, 2);", "clock_gettime(a, b);", "rand();", "std::filesystem::path p;"):
            self.assert_problems("env", {"src/plan/a.cc": "\n" + bad + "\n"}, "src/plan/a.cc:2:")

    def test_docs(self):
        self.assert_problems("docs", {"a.md": "# One two\n[x](b/c.md#three) [y](#one-two)\n", "b/c.md": "## Three\n"})
        self.assert_problems("docs", {"a.md": "\n[x](none.md)\n"}, "a.md:2: link")
        self.assert_problems("docs", {"a.md": "[x](b.md#none)\n", "b.md": "# Some\n"}, "a.md:1: link")
        self.assert_problems("docs", {"a.cc": f"\n// {TASK} later\n"}, "a.cc:2:")
        self.assert_problems("docs", {"a.sh": f"ls {HOST_PATH}\n"}, "a.sh:1:")
        self.assert_problems("docs", {"docs/decisions/0001-a.md": "", "docs/decisions/0003-b.md": ""},
                             "docs/decisions/0003-b.md:1: decision number 0002")

    def test_the_fingerprint_of_a_test_run_changes_with_what_it_depends_on(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder, "repo")
            for name, text in {"scripts/fingerprint.sh": (ROOT / "scripts/fingerprint.sh").read_text(), "a.py": "1",
                               ".gitignore": "build/\n", "build/dev/a_test": "x", "build/dev/log": "x"}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            (root / "build/dev/a_test").chmod(0o755)
            subprocess.run(["git", "init", "-q", root], check=True)
            subprocess.run(["git", "-C", root, "add", "."], check=True)

            def fingerprint():
                return subprocess.run(["bash", root / "scripts/fingerprint.sh", "dev"], check=True, capture_output=True,
                                      text=True).stdout

            seen = [fingerprint()]
            (root / "build/dev/log").write_text("y")
            self.assertEqual(fingerprint(), seen[0])
            for name in ["a.py", "new.py", "build/dev/a_test", "../shared/data/a.csv"]:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text("other")
                self.assertNotIn(fingerprint(), seen, name)
                seen.append(fingerprint())
            (root / "a.py").unlink()
            self.assertNotIn(fingerprint(), seen)


if __name__ == "__main__":
    unittest.main()

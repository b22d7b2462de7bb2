"""One table, every command by every kind of careless use: the exit code, what is said, and what is left alone."""
import hashlib
import os
import shutil
import signal
import subprocess
import time
import unittest
from typing import NamedTuple

import support
import terminal

COLUMNS = [{"name": "id", "logicalType": "integer", "required": True}, {"name": "text", "logicalType": "string"}]
# Commands that take pipelines as their only operands.
PIPELINES = ("check", "plan", "run", "status", "runs", "quarantine ls", "quarantine show")
# A right use of every command; {run} is the id of a run.
RIGHT = {c: f"{c} t.yaml" for c in PIPELINES} | {
    "run": "run t.yaml --rebuild", "init": "init new", "show": "show {run}", "schema": "schema",
    "docs": "docs --out pages", "completion": "completion zsh", "help": "help", "version": "--version"}
WRITES = {"init": ("new",), "run": ("out", "_dlq"), "docs": ("pages",)}
LONG_WORDS = ("show",)  # paths of quarantine files, which stay whole
FOR_PROGRAMS = ("schema", "completion")  # their lines are never broken
PLAIN_ROOT = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
NARROW = 40
LONG_ROWS = 1_500_000
LONG = "id,text\n" + "7,some text that takes a while\n" * LONG_ROWS


class Case(NamedTuple):
    """One cell: what is typed, the exit code (or one of them), what stderr must say besides `error` and help."""
    args: str
    code: object
    words: tuple = ()


def on_pipelines(path, *words, code=support.INVALID):
    return {c: Case(f"{c} {path}", code, words) for c in PIPELINES} | {
        "show": Case("show {run} " + path, code, words)}


def on_all(code, *words):
    return {c: Case(args, code, words) for c, args in RIGHT.items()}


def unknown_option(command, typed, meant):
    return Case(f"{command} {typed}", support.INVALID, (f'unknown option "{typed}"', f'did you mean "{meant}"?'))


def missing(args, *words):
    return Case(args, support.INVALID, words)


BAD = support.INVALID
TABLE = {
    "wrong path": on_pipelines("none.yaml", 'called "none.yaml"', "this folder has -t.yaml, clean.t, t.yaml") | {
        "init": Case("init new --from none.csv", BAD, ("none.csv",)),
        "docs": Case("docs --out t.yaml/pages", BAD, ("t.yaml/pages",)),
        "completion": Case("completion fish", BAD, ('unknown shell "fish"', "one of: bash, zsh")),
        "help": Case("help rnu", BAD, ('unknown command "rnu"', 'did you mean "run"?'))},
    "folder for file": on_pipelines("hollow", 'no pipeline file in "hollow"', "freight init") | {
        "init": Case("init new --from in", BAD, ('"in"',))},
    "file for folder": on_pipelines("t.yaml/", 'called "t.yaml/"', 'did you mean "t.yaml"?') | {
        "init": Case("init t.yaml", BAD, ("t.yaml",)),
        "docs": Case("docs --out t.yaml", BAD, ('"t.yaml"',))},
    "data for pipeline": on_pipelines("in/a.csv", '"in/a.csv" is data', "freight init --from in/a.csv") | {
        "init": Case("init new --from odd/cut.csv.gz", support.FAILED, ('"odd/cut.csv.gz" is truncated',))},
    "contract for pipeline": on_pipelines("t.odcs.yaml", '"t.odcs.yaml" is a contract', "`contract`"),
    "empty file": on_pipelines("empty.yaml", "empty.yaml", "freight init") | {
        "init": Case("init new --from odd/empty.csv", BAD, ("odd/empty.csv",))},
    "no permission": on_pipelines("locked.yaml", '"locked.yaml": permission denied', "right to it") | {
        "init": Case("init locked/new", BAD, ('"locked/new', "permission denied")),
        "docs": Case("docs --out locked/pages", BAD, ('"locked/pages"', "permission denied"))},
    "a folder without permission": on_pipelines("locked", '"locked": permission denied', "right to it") | {
        "init": Case("init new --from locked/a.csv", BAD, ('"locked/a.csv": permission denied',))},
    "operand missing": {
        "init": missing("init --from", "--from needs a value"),
        "show": missing("show", "`freight show` needs RUN"),
        "docs": missing("docs", "needs --out", "docs/reference"),
        "completion": missing("completion", "needs SHELL"),
        "quarantine ls": missing("quarantine", "needs a command", "ls, show"),
        "quarantine show": missing("quarantine show --rule", "--rule needs a value"),
        "runs": missing("runs --limit", "--limit needs a value"),
        "run": missing("run --threads", "--threads needs a value"),
        "plan": missing("plan --partition", "--partition needs a value"),
        "version": missing("", "no command given", "freight help")},
    "no operand in an empty folder": {
        c: missing(c, "no pipeline file in this folder", "freight init") for c in PIPELINES} | {
        "show": missing("show {run}", "no pipeline file in this folder", "freight init")},
    "an option that is a variable not set": {
        "init": missing("init new --from ''", "--from needs a value"),
        "docs": missing("docs --out ''", "--out needs a value"),
        "run": missing("run --memory ''", "--memory needs a value"),
        "plan": missing("plan --partition ''", "--partition needs a value"),
        "runs": missing("runs --limit ''", "--limit needs a value"),
        "quarantine ls": missing("quarantine ls --run ''", "--run needs a value"),
        "quarantine show": missing("quarantine show --rule ''", "--rule needs a value"),
        "show": missing("show ''", 'no run is called ""', "freight runs"),
        "check": missing("check ''", 'no pipeline file, folder or dataset is called ""'),
        "status": missing("status ''", 'no pipeline file, folder or dataset is called ""'),
        "completion": missing("completion ''", 'unknown shell ""', "bash, zsh")},
    "too many operands": on_pipelines("t.yaml more", 'called "more"') | {
        "init": Case("init new more", BAD, ('unexpected argument "more"', "freight help init")),
        "schema": Case("schema more", BAD, ('unexpected argument "more"', "freight help schema")),
        "docs": Case("docs --out pages more", BAD, ('unexpected argument "more"',)),
        "completion": Case("completion bash zsh", BAD, ('unexpected argument "zsh"',)),
        "help": Case("help run plan more", BAD, ('unexpected argument "more"',)),
        "version": Case("version more", BAD, ('unexpected argument "more"',))},
    "unknown option": {
        c: unknown_option(c, "--jsno", "--json") for c in PIPELINES + ("show",)} | {
        "init": unknown_option("init", "--form", "--from"),
        "docs": unknown_option("docs", "--otu", "--out"),
        "schema": unknown_option("schema", "--colour", "--color"),
        "completion": unknown_option("completion zsh", "--helpp", "--help"),
        "help": unknown_option("help", "--log-fromat", "--log-format"),
        "version": unknown_option("", "--versoin", "--version")},
    "stdout closed early": on_all(support.FAILED, "standard output was closed before the answer was complete"),
    "stdout full": on_all(support.FAILED, "standard output cannot be written: no space left on device"),
    "stdout not open": on_all(support.FAILED, "standard output cannot be written: bad file descriptor"),
    "stderr not open": on_all(support.OK),
    "terminal of 40 columns": on_all(support.OK),
    "no terminal": on_all(support.OK),
    "a name that begins with a dash": {
        c: Case(f"{c} -- -t.yaml", support.OK) for c in PIPELINES} | {
        "show": Case("show -- {run} -t.yaml", support.OK)},
}
NOT_APPLICABLE = {
    "takes no path": ("schema", "help", "version", "completion"),
    "writes into a folder": ("docs",),
}


def words_of(args, run_id):
    return [word.strip("'").format(run=run_id) for word in args.split()]


class MisuseTableTest(support.FreightTest):
    codes = {}  # misuse -> command -> exit code

    def setUp(self):
        """A published dataset with one bad row, and beside it what one should not name."""
        self.project = project = support.Project(self, COLUMNS, quarantine={"max_percent": 100})
        project.write("in/a.csv", "id,text\n1,one\nbad,two\n")
        self.run_id = self.assert_published(project.run(), published=1, quarantined=1)["run_id"]
        shutil.copy(project.folder / "t.yaml", project.folder / "-t.yaml")
        project.write("empty.yaml", "")
        project.write("odd/empty.csv", "")
        project.write("odd/cut.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\3abc")
        (project.folder / "hollow").mkdir()

    def tree(self):
        """What lies in the project: path -> content."""
        return {str(p.relative_to(self.project.folder)):
                hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "folder"
                for p in sorted(self.project.folder.rglob("*"))}

    def written(self, before):
        after = self.tree()
        return {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}

    def go(self, args, prefix=(), stdout=subprocess.PIPE, before=None, folder=".", **env):
        done = subprocess.run([*prefix, support.FREIGHT, *words_of(args, self.run_id)],
                              cwd=self.project.folder / folder,
                              stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, timeout=60,
                              preexec_fn=before, env=os.environ | env)
        return support.Done(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())

    def judge(self, misuse, command, case, done):
        self.codes.setdefault(misuse, {})[command] = done.code
        if case.code == support.OK:
            self.assert_code(done, support.OK)
            self.assert_no_crash(done)
        else:
            self.assert_refusal(done, case.code, *case.words)

    def column(self, misuse, **how):
        """Every cell of a column whose commands must write nothing."""
        for command, case in TABLE[misuse].items():
            with self.subTest(misuse=misuse, command=command):
                before = self.tree()
                done = self.go(case.args, **how)
                self.judge(misuse, command, case, done)
                self.assertEqual(done.out, "" if case.code else done.out)
                self.assertEqual(self.written(before), set())

    def test_paths(self):
        for misuse in ("wrong path", "folder for file", "file for folder", "data for pipeline", "contract for pipeline",
                       "empty file"):
            self.column(misuse)

    def test_arguments(self):
        for misuse in ("operand missing", "an option that is a variable not set", "too many operands",
                       "unknown option"):
            self.column(misuse)
        self.column("no operand in an empty folder", folder="hollow")

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root and setpriv to drop its rights")
    def test_no_permission(self):
        locked = self.project.folder / "locked"
        shutil.copy(self.project.folder / "t.yaml", self.project.folder / "locked.yaml")
        (self.project.folder / "locked.yaml").chmod(0)
        locked.mkdir(mode=0)
        self.column("no permission", prefix=PLAIN_ROOT)
        self.column("a folder without permission", prefix=PLAIN_ROOT)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root and setpriv to drop its rights")
    def test_a_pipeline_that_cannot_be_read_is_not_passed_over(self):
        shutil.copy(self.project.folder / "t.yaml", self.project.folder / "hidden.yaml")
        (self.project.folder / "hidden.yaml").chmod(0)
        for command in PIPELINES:
            with self.subTest(command=command):
                done = self.go(f"{command} .", prefix=PLAIN_ROOT)
                self.assert_refusal(done, BAD, '"hidden.yaml": permission denied')

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root and setpriv to drop its rights")
    def test_init_that_cannot_write_all_files_leaves_none(self):
        new = self.project.folder / "new"
        (new / "raw").mkdir(parents=True)
        (new / "raw").chmod(0o555)
        self.assert_refusal(self.go("init new", prefix=PLAIN_ROOT), BAD, '"new/raw/events.csv": permission denied')
        self.assertEqual([p for p in new.rglob("*") if p.is_file()], [])
        (new / "raw").chmod(0o755)
        self.assert_code(self.go("init new", prefix=PLAIN_ROOT), support.OK)

    def test_a_name_that_begins_with_a_dash(self):
        misuse = "a name that begins with a dash"
        for command, case in TABLE[misuse].items():
            with self.subTest(command=command):
                self.judge(misuse, command, case, self.go(case.args))
                self.assert_refusal(self.go(case.args.replace("-- ", "").replace("-t.yaml", "--t.yaml")), BAD,
                                    'unknown option "--t.yaml"')

    def streams(self, misuse, **how):
        """Every command used rightly, with its streams as `how` says: what it writes lies where it should."""
        for command, case in TABLE[misuse].items():
            with self.subTest(misuse=misuse, command=command):
                for folder in ("new", "pages"):
                    shutil.rmtree(self.project.folder / folder, ignore_errors=True)
                before, parts = self.tree(), self.project.parts()
                done = self.go(case.args, **how)
                self.judge(misuse, command, case, done)
                roots = {path.split("/")[0] for path in self.written(before)}
                self.assertEqual(roots, set(WRITES.get(command, ())))
                self.assertEqual(self.project.parts(), parts)
                # Words for people went to no file.
                for path in (p for root in roots for p in (self.project.folder / root).rglob("*") if p.is_file()):
                    if "pages" not in path.parts:
                        self.assertNotRegex(path.read_bytes(), rb"published in|wrote |row kept in")
                yield command, done

    def test_stdout_that_takes_nothing(self):
        reader, writer = os.pipe()
        os.close(reader)
        with open("/dev/full", "wb") as full, os.fdopen(writer, "wb") as closed:
            for misuse, how in (("stdout closed early", {"stdout": closed}), ("stdout full", {"stdout": full}),
                                ("stdout not open", {"stdout": None, "before": lambda: os.close(1)})):
                for command, done in self.streams(misuse, **how):
                    if command in WRITES:
                        self.assertIn(f"what `freight {command}` did stays done", done.err)

    def test_a_reader_that_has_seen_enough(self):
        bad = "".join(f"bad,{i}\n" for i in range(20_000))
        self.project.write("in/a.csv", "id,text\n1,one\n" + bad)
        self.assert_published(self.project.run(), quarantined=20_000)
        done = subprocess.run(
            ["bash", "-c", f"'{support.FREIGHT}' quarantine show --limit 20000 | head -1; exit ${{PIPESTATUS[0]}}"],
            cwd=self.project.folder, capture_output=True, text=True, timeout=60)
        self.assertIn("in/a.csv:3", done.stdout)
        self.assert_refusal(support.Done(done.returncode, done.stdout, done.stderr), support.FAILED,
                            "was closed before the answer was complete")

    def test_stderr_that_is_not_open(self):
        for command, done in self.streams("stderr not open", before=lambda: os.close(2)):
            self.assertNotEqual(done.out, "", command)
            self.assertEqual(done.err, "", command)

    def test_no_stream_open_at_all(self):
        before = lambda: os.closerange(0, 3)
        done = self.go("run t.yaml --rebuild", stdout=None, before=before)
        self.assertEqual(done.code, support.FAILED)
        self.assertEqual(self.project.call("status", "--json").json()["datasets"][0]["rows"], 1)

    def test_what_is_said_meanwhile_goes_into_no_file(self):
        """Without standard streams the first files that a run opens would have their numbers."""
        log = self.project.folder / "out" / "t.freight" / "manifest.log"
        for closed in (range(2, 3), range(0, 3)):
            self.project.write("in/a.csv", LONG)
            before = log.stat().st_ino
            child = subprocess.Popen([support.FREIGHT, "run", "t.yaml", "--threads", "1"], cwd=self.project.folder,
                                     preexec_fn=lambda: os.closerange(closed.start, closed.stop),
                                     stdout=subprocess.DEVNULL)
            with support.Slowed(child.pid):
                deadline = time.monotonic() + 60
                while log.stat().st_ino == before and time.monotonic() < deadline:  # a run begins its log anew
                    time.sleep(0.01)
                child.send_signal(signal.SIGINT)
                time.sleep(0.5)
            self.assertEqual(child.wait(timeout=60), 130)
            for path in self.project.folder.rglob("*"):
                if path.is_file():
                    self.assertNotIn(b"stopping when", path.read_bytes(), path)
            self.assert_published(self.project.run(), published=LONG_ROWS)
            self.project.write("in/a.csv", "id,text\n1,one\n")
            self.assert_published(self.project.run(), published=1)

    def test_no_terminal(self):
        for command, done in self.streams("no terminal", TERM="xterm", NO_COLOR="", FORCE_COLOR=""):
            if command not in FOR_PROGRAMS:  # escape codes are part of no answer
                self.assertNotRegex(done.out + done.err, r"[\r\x1b]", command)

    def test_a_terminal_of_40_columns(self):
        misuse = "terminal of 40 columns"
        for command, case in TABLE[misuse].items():
            with self.subTest(command=command):
                words = [support.FREIGHT, *words_of(case.args, self.run_id)]
                with terminal.Terminal(words, NARROW, cwd=self.project.folder) as term:
                    code = term.wait()
                    self.judge(misuse, command, case, support.Done(code, "", term.text()))
                    if command not in FOR_PROGRAMS + LONG_WORDS:
                        self.assertEqual(term.screen.wrapped, 0, term.text())
                if command not in FOR_PROGRAMS:
                    for folder in ("new", "pages"):
                        shutil.rmtree(self.project.folder / folder, ignore_errors=True)
                    with terminal.Terminal(words, cwd=self.project.folder, env={"NO_COLOR": "1"}) as term:
                        self.assertEqual(term.wait(), code, term.text())
                        self.assertNotIn(b"\x1b", term.raw)

    def test_names_that_a_terminal_would_obey_are_shown_as_text(self):
        for name in ("t", "in/a"):
            suffix = {"t": ".yaml", "in/a": ".csv"}[name]
            shutil.copy(self.project.folder / (name + suffix), self.project.folder / f"{name}\x1b[31m{suffix}")
        self.project.write("in/b.csv", "id,text,\x1b[2J\x9b\n3,three,x\n")
        for command, args in RIGHT.items():
            with self.subTest(command=command):
                done = self.go(args.replace("t.yaml", "t\x1b[31m.yaml").replace("in/a.csv", "in/a\x1b[31m.csv"),
                               FORCE_COLOR="")
                if command not in FOR_PROGRAMS:
                    self.assertNotIn("\x1b", done.out + done.err)
        done = self.go("init new2 --from in/a\x1b[31m.csv")
        self.assert_code(done, support.OK)
        self.assertNotIn("\x1b", done.out + done.err)
        run_id = self.project.run("--rebuild").json()["run_id"]
        shown = self.project.call("show", run_id)
        self.assertIn("not read: ", shown.out)
        self.assertNotIn("\x1b", shown.out)

    def test_ctrl_c_where_it_takes_long(self):
        self.project.write("in/a.csv", LONG)
        for command, args, code in (("run", "run t.yaml --threads 1", 130), ("init", "init new --from in/a.csv", -2)):
            before, parts = self.tree(), self.project.parts()
            with terminal.Terminal([support.FREIGHT, *args.split()], cwd=self.project.folder) as term:
                with support.Slowed(term.pid):
                    if command == "run":
                        term.until(lambda: " rows, " in term.text())
                    else:
                        time.sleep(0.5)
                    term.send("\x03")
                    for _ in range(6):
                        term.read()
                self.assertEqual(term.wait(), code, term.text())
            self.codes.setdefault("Ctrl-C", {})[command] = code
            self.assertEqual(self.project.parts(), parts)
            if command == "init":
                self.assertEqual(self.written(before), set())
        self.assert_published(self.project.run(), published=LONG_ROWS)

    def test_the_table_has_every_command(self):
        listed = {line[2:18].strip() for line in self.go("help").out.splitlines() if line.startswith("  ")}
        listed = {name for name in listed if name and not name[0].isdigit()}
        self.assertEqual(listed, set(RIGHT))
        for misuse in ("stdout closed early", "stdout full", "terminal of 40 columns", "no terminal"):
            self.assertEqual(set(TABLE[misuse]), listed)
        for misuse in ("unknown option", "too many operands"):
            self.assertEqual(set(TABLE[misuse]), listed)
        for misuse in ("wrong path", "folder for file", "file for folder", "no permission", "empty file"):
            absent = listed - set(TABLE[misuse]) - {c for names in NOT_APPLICABLE.values() for c in names}
            self.assertEqual(absent, set(), misuse)

    @classmethod
    def tearDownClass(cls):
        print(f"| {'careless use':37}" + "".join(f"| {c} " for c in RIGHT) + "|")
        for misuse in [*TABLE, "Ctrl-C"]:
            codes = cls.codes.get(misuse, {})  # "-": cannot be misused so
            print(f"| {misuse:37}" + "".join(f"| {str(codes.get(c, '-')):>{len(c)}} " for c in RIGHT) + "|")


if __name__ == "__main__":
    unittest.main()

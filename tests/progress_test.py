"""What `run` shows while it works: one line that fits any terminal, plain lines without one; and what Ctrl-C does."""
import json
import os
import re
import select
import signal
import subprocess
import time
import unittest

import support
import terminal

ROWS, FILES = 1_200_000, 6
LINE = re.compile(r"[\d,]+ rows?(,| *$)")
PLAIN_SECONDS = 10
TRIES = 10


class TerminalTest(support.FreightTest):
    def project(self, rows=ROWS, **how):
        project = support.Project(self, support.EVENTS, **how)
        support.generate(project.folder / "in", "--rows", rows, "--files", FILES)
        return project

    def terminal(self, project, *args, columns=80, **env):
        return terminal.Terminal(project.command("run", "t.yaml", "--threads", 1, *args), columns, cwd=project.folder,
                                 env=env)

    def progress(self, term):
        """The rows of the screen that show progress."""
        return [line for line in term.screen.display if LINE.match(line)]


class ProgressTest(TerminalTest):
    """The line while the run works."""

    def test_the_line_fits_every_width_and_is_gone_at_the_end(self):
        for columns, words in ((40, []), (80, ["quarantined"]), (200, ["MB/s", "chunk ", "quarantined", "iB"])):
            with self.subTest(columns=columns), self.terminal(self.project(), columns=columns) as term:
                with support.Slowed(term.pid):
                    term.until(lambda: self.progress(term))
                    seen = set()
                    while len(seen) < 8:
                        term.read()
                        rows = self.progress(term)
                        self.assertEqual(len(rows), 1, term.text())
                        self.assertLess(len(rows[0].rstrip()), columns - 2)
                        seen.add(rows[0])
                    for word in words:
                        self.assertIn(word, rows[0])
                self.assertEqual(term.wait(), support.OK, term.text())
                self.assertEqual(term.screen.wrapped, 0, term.text())
                self.assertEqual(self.progress(term), [], term.text())
                self.assertIn("t: published in", term.text())

    def test_the_line_follows_a_terminal_that_is_resized(self):
        with self.terminal(self.project(to={"level": 15}), columns=200) as term:  # takes long enough everywhere
            with support.Slowed(term.pid):
                term.until(lambda: any("MB/s" in line and "iB" in line for line in self.progress(term)))
                for columns in (40, 120, 30, 200):
                    term.resize(columns)
                    settled = time.monotonic() + 0.5  # what was written before is still on its way
                    while time.monotonic() < settled:
                        term.read()
                    term.screen.wrapped = 0
                    drawn, end = set(), time.monotonic() + 30
                    while len(drawn) < 3 and time.monotonic() < end:
                        self.assertTrue(term.read(), term.text())
                        rows = self.progress(term)
                        self.assertTrue(rows, f"at {columns} columns: {term.text()}")
                        drawn.add(rows[-1].rstrip())
                    self.assertEqual(term.screen.wrapped, 0, term.text())
                    longest = max(map(len, drawn))
                    self.assertLess(longest, columns - 2)
                    if columns >= 120:
                        self.assertTrue(all("MB/s" in line and "iB" in line for line in drawn), drawn)

    def test_time_left_only_when_it_can_be_trusted(self):
        with self.terminal(self.project(), columns=200) as term:
            with support.Slowed(term.pid, wait=0.25):
                term.until(lambda: self.progress(term))
                first = time.monotonic()
                while time.monotonic() < first + 1.5:
                    term.read()
                self.assertNotIn(b" left", term.raw)
                term.until(lambda: any(" s left" in line for line in self.progress(term)))
                self.assertGreater(time.monotonic(), first + 1.8)
            self.assertEqual(term.wait(), support.OK, term.text())

    def test_no_time_left_of_an_archive_whose_size_says_nothing(self):
        project = self.project()
        for path in (project.folder / "in").glob("*.csv"):
            subprocess.run(["gzip", "-1", str(path)], check=True)
        project.write("t.yaml", support.pipeline_text(source={"csv": "in/*.csv.gz"}))
        with self.terminal(project, columns=200) as term:
            with support.Slowed(term.pid, wait=0.25):
                term.until(lambda: self.progress(term))
                end = time.monotonic() + 3
                while time.monotonic() < end:
                    self.assertTrue(term.read(), term.text())
            self.assertEqual(term.wait(), support.OK, term.text())
        self.assertNotIn(b" left", term.raw)

    def test_whoever_wants_no_color_gets_no_escape_code(self):
        for args, env, animated in ((["--color", "never"], {}, True), ([], {"NO_COLOR": "1"}, True),
                                    ([], {"TERM": "dumb"}, False)):
            project = self.project(rows=ROWS // 2)
            with self.subTest(args=args, env=env), self.terminal(project, *args, columns=40, **env) as term:
                with support.Slowed(term.pid):
                    if animated:
                        term.until(lambda: self.progress(term))
                    end = time.monotonic() + 1
                    while time.monotonic() < end:
                        term.read()
                self.assertEqual(term.wait(), support.OK, term.text())
                self.assertNotIn(b"\x1b", term.raw)
                self.assertEqual(term.screen.wrapped, 0, term.text())
                self.assertEqual(self.progress(term), [], term.text())
                if not animated:
                    self.assertNotRegex(term.raw, rb"\r[^\n]")

    def test_without_a_terminal_a_plain_line_every_ten_seconds(self):
        children = []
        for form in ("text", "json"):
            project = self.project(to={"level": 9})  # a second: it still runs when it is stopped
            child = project.start("--threads", "1", "--log-format", form)
            time.sleep(0.15)
            child.send_signal(signal.SIGSTOP)
            children.append(child)
        time.sleep(PLAIN_SECONDS + 0.5)
        for form, child in zip(("text", "json"), children):
            self.assertEqual(select.select([child.stderr], [], [], 0)[0], [], "a line before its time")
            with support.Slowed(child.pid, wait=0.05):
                self.assertTrue(select.select([child.stderr], [], [], 30)[0], "no line")
            out, err = child.communicate(timeout=60)
            self.assertEqual(child.returncode, support.OK, err)
            self.assertEqual(json.loads(out)["state"], "published")
            self.assertNotRegex(err, r"[\r\x1b]")
            if form == "text":
                self.assertRegex(err, r"^[\d,]+ rows, \d+ MB/s, chunk \d of \d, 0 quarantined, [\d.]+ .iB")
            else:
                self.assertEqual([json.loads(line)["event"] for line in err.splitlines()], ["progress"])
            self.assertEqual(len(err.splitlines()), 1, err)


class StopTest(TerminalTest):
    """Ctrl-C at the keyboard, and the run after it."""

    def partitioned(self):
        return self.project(to={"partition_by": ["event_type"]})

    def clean(self):
        project = self.partitioned()
        self.assert_published(project.run(), published=ROWS)
        return project.parts()

    def started(self, project):
        """A run in whose output a first chunk is done, stopped by SIGSTOP."""
        term = self.terminal(project)
        slowed = support.Slowed(term.pid)
        with slowed:
            term.until(lambda: any(re.search(r"chunk [2-5] of", line) for line in self.progress(term)))
            slowed.ended.set()
            slowed.thread.join()
            os.kill(term.pid, signal.SIGSTOP)
        return term

    def assert_resumes(self, project, wanted):
        self.assert_nothing_published(project)
        report = self.assert_published(project.run(), published=ROWS)
        self.assertGreater(report["chunks"]["done_before"], 0)
        self.assertEqual(project.parts(), wanted)

    def test_the_first_ends_in_order_and_the_next_run_goes_on(self):
        wanted, project = self.clean(), self.partitioned()
        with self.started(project) as term:
            term.send("\x03")
            with support.Slowed(term.pid):
                term.until(lambda: "stopped by signal" in term.text())
            self.assertEqual(term.wait(), 130)
            self.assertEqual(term.screen.wrapped, 0, term.text())
            self.assertEqual(self.progress(term), [], term.text())
            for word in ("a second signal stops at once", "t: stopped in", "run the same command again to go on"):
                self.assertIn(word, " ".join(term.text().split()))
        self.assert_resumes(project, wanted)

    def test_the_second_stops_at_once_and_the_next_run_goes_on(self):
        wanted = self.clean()
        for _ in range(TRIES):
            project = self.partitioned()
            with self.started(project) as term:
                for _ in range(2):
                    term.send("\x03")
                    time.sleep(0.02)
                    os.kill(term.pid, signal.SIGCONT)
                    time.sleep(0.0005)
                    os.kill(term.pid, signal.SIGSTOP)
                os.kill(term.pid, signal.SIGCONT)
                self.assertEqual(term.wait(), 130)
                at_once = "t: stopped" not in term.text()
                if at_once:  # the shell's prompt begins a line
                    self.assertEqual(term.screen.cursor.x, 0, term.text())
            self.assert_resumes(project, wanted)
            if at_once:
                return
        self.fail(f"in {TRIES} tries no second Ctrl-C came before the first one's end")


if __name__ == "__main__":
    unittest.main()

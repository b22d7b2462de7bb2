"""The real binary is killed at random moments, run again until it is done, and leaves the same bytes as a clean run."""
import random
import signal
import time
import unittest

import support

KILLS = 12
ROWS = 500_000
FILES = 12


class KillTest(support.FreightTest):
    def project(self):
        project = support.Project(self, support.EVENTS, quarantine={"max_percent": 5},
                                  to={"partition_by": ["event_date = day(event_time)"], "mode": "replace_partitions"})
        figures = support.generate(project.folder / "in", "--rows", ROWS, "--files", FILES, "--bad-percent", 1)
        return project, figures

    def clean(self):
        """A run without a kill: its parts, its time and its report."""
        project, figures = self.project()
        started = time.monotonic()
        report = self.assert_published(project.run(), published=figures["rows_good"], quarantined=figures["rows_bad"])
        return project.parts(), time.monotonic() - started, report

    def test_killed_at_random_moments_it_ends_in_the_same_files(self):
        wanted, seconds, clean = self.clean()
        chance, resumed, alive = random.Random(7), 0, 0
        for attempt in range(KILLS):
            project, _ = self.project()
            child = project.start()
            time.sleep(chance.uniform(0.02, max(0.05, seconds)))
            alive += child.poll() is None
            child.kill()
            child.communicate()
            for run in range(3):  # the second run may be killed too, the last one may not
                if run == 1 or not chance.randrange(2):
                    break
                child = project.start()
                time.sleep(chance.uniform(0.02, seconds / 2))
                child.kill()
                child.communicate()
            done = project.run()
            self.assert_code(done, support.OK)
            report = done.json()
            self.assertIn(report["state"], ("published", "nothing_to_do"))
            if report["state"] == "published":
                resumed += report["chunks"]["done_before"] > 0
                self.assertEqual(report["rows"], clean["rows"])
            self.assertEqual(project.parts(), wanted, f"attempt {attempt}")
            self.assertEqual(project.run().json()["state"], "nothing_to_do")
        print(f"| {KILLS} kills, {alive} of a living run, {resumed} resumed from finished chunks")
        self.assertGreater(alive, KILLS // 3)

    def test_a_signal_stops_it_cleanly_and_the_next_run_resumes(self):
        wanted, seconds, _ = self.clean()
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            project, _ = self.project()
            child = project.start()
            time.sleep(seconds * 0.3)
            child.send_signal(number)
            out, err = child.communicate(timeout=60)
            if child.returncode != 0:  # 0: it was done before the signal came
                self.assertEqual(child.returncode, code, err)
                self.assertEqual(support.Done(0, out, err).json()["state"], "stopped")
                self.assert_nothing_published(project)
            self.assert_code(project.run(), support.OK)
            self.assertEqual(project.parts(), wanted)

    def test_a_signal_that_it_was_started_to_ignore_does_not_stop_it(self):
        """As a script's background job, which Ctrl-C in the terminal shall leave alone."""
        wanted, seconds, _ = self.clean()
        project, _ = self.project()
        child = project.start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        for _ in range(3):
            time.sleep(seconds * 0.2)
            child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
        self.assert_code(support.Done(child.returncode, out, err), support.OK)
        self.assertEqual(project.parts(), wanted)

    def test_of_two_runs_at_once_one_goes_on_and_the_other_names_the_holder(self):
        project, figures = self.project()
        holder = project.start()
        log = project.folder / "out" / "t.freight" / "manifest.log"
        deadline = time.monotonic() + 30
        while holder.poll() is None and time.monotonic() < deadline:
            if log.exists() and log.stat().st_size > 0:  # the epoch is written under the lock
                break
            time.sleep(0.001)
        holder.send_signal(signal.SIGSTOP)  # holds the lock for as long as this test wants
        self.assertIsNone(holder.poll(), "the first run was over before the second could start")
        second = project.run(timeout=30)
        holder.send_signal(signal.SIGCONT)
        out, _ = holder.communicate(timeout=120)
        self.assert_refusal(second, support.RETRY, "lock", str(holder.pid))
        report = self.assert_published(support.Done(holder.returncode, out, ""), published=figures["rows_good"])
        self.assertIn(report["run_id"], second.err)


if __name__ == "__main__":
    unittest.main()

"""The same input and plan give identical files, whatever the number of threads."""
import os
import unittest

import support


class ThreadsTest(support.FreightTest):
    def test_one_two_and_eight_threads_write_the_same_bytes(self):
        wanted = None
        for threads in (1, 2, 8):
            project = support.Project(self, support.EVENTS, quarantine={"max_percent": 5},
                                      to={"partition_by": ["event_type", "event_date = day(event_time)"]})
            figures = support.generate(project.folder / "in", "--rows", 300_000, "--files", 2, "--bad-percent", 1)
            done = project.run("--threads", threads)
            self.assert_published(done, published=figures["rows_good"], quarantined=figures["rows_bad"])
            parts = project.parts()
            self.assertGreater(len(parts), 100)
            wanted = wanted or parts
            self.assertEqual(parts, wanted, f"with {threads} threads")

    def test_sizes_asked_for_give_the_same_bytes_on_any_threads(self):
        for key in ("event_type", "part = bucket(60, user_id)"):
            wanted = None
            for threads in (1, 2, 8):
                project = support.Project(self, support.EVENTS, to={
                    "partition_by": [key], "row_group_size": "256KiB", "file_size": "64KiB"})
                support.generate(project.folder / "in", "--rows", 200_000, "--files", 2)
                self.assert_published(project.run("--threads", threads), published=200_000)
                wanted = wanted or project.parts()
                self.assertEqual(project.parts(), wanted, f"with {threads} threads")

    def test_memory_does_not_change_the_bytes(self):
        wanted = None
        for memory in ("32MiB", "512MiB"):
            project = support.Project(self, support.EVENTS, to={"partition_by": ["event_date = day(event_time)"]})
            support.generate(project.folder / "in", "--rows", 400_000, "--files", 1)
            self.assert_published(project.run("--memory", memory), published=400_000)
            wanted = wanted or project.parts()
            self.assertEqual(project.parts(), wanted, f"with {memory}")

    def test_many_bad_rows_stay_within_the_budget(self):
        # Bad rows leave through one writer: results must not pile up in front of it.
        project = support.Project(self, support.EVENTS, quarantine={"max_percent": 50})
        support.generate(project.folder / "in", "--bytes", 80_000_000, "--files", 1, "--bad-percent", 30)
        done = project.run("--threads", 2, "--memory", "64MiB")
        self.assertEqual(done.code, support.OK, done.err)
        shown = project.call("show", "--json", done.json()["run_id"], "t.yaml").json()
        self.assertLess(shown["memory"]["peak_bytes"], 60 << 20)

    def test_many_inputs_take_no_more_memory_than_few(self):
        # Each input has its own decoder: beside the one before it, it would take memory that nothing had used yet.
        peaks = []
        for inputs in (4, 60):
            project = support.Project(self, support.EVENTS)
            support.generate(project.folder / "in", "--bytes", 6_000_000, "--files", 1)
            first = next((project.folder / "in").iterdir())
            for number in range(1, inputs):
                os.link(first, first.with_name(f"more-{number:02}.csv"))
            done = project.run("--threads", 2)
            self.assert_published(done)
            peaks.append(done.json()["peak_rss_bytes"])
        print(f"\n| peak memory with 4 and with 60 inputs: {peaks[0] >> 20} and {peaks[1] >> 20} MiB")
        self.assertLess(peaks[1], peaks[0] + (8 << 20))


if __name__ == "__main__":
    unittest.main()

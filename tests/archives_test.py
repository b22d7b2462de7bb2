"""Compressed inputs: the same dataset as the plain file's, and nothing of an archive that is cut or damaged."""
import bz2
import gzip
import lzma
import struct
import subprocess
import unittest
import zlib

import support

COLUMNS = [{"name": "id", "logicalType": "integer", "required": True}, {"name": "word", "logicalType": "string"}]
ROWS = 60_000
TEXT = "id,word\n".encode() + b"".join(
    b'%d,"row\n%d"\n' % (i, i % 97) if i % 50 else b"x%d,bad\n" % i for i in range(ROWS))


LONG_ROWS = 600_000
LONG = "id,word\n".encode() + b"".join(
    b"%d,%x\n" % (i, i * 2654435761 % (1 << 32)) if i % 50 else b"x%d,bad\n" % i for i in range(LONG_ROWS))


def zstd(data):
    """By the command of the Debian package that the build needs anyway."""
    return subprocess.run(["zstd", "-q", "-c", "--long=27"], input=data, stdout=subprocess.PIPE, check=True).stdout


PACKERS = {"gz": gzip.compress, "zst": zstd, "bz2": bz2.compress, "xz": lzma.compress}


def in_members(data, pack, count=3):
    step = len(data) // count + 1
    return b"".join(pack(data[i:i + step]) for i in range(0, len(data), step)) + pack(b"")


def bgzf(data):
    """Gzip members that say how long they are, as bgzip writes them."""
    def block(part):
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = deflate.compress(part) + deflate.flush()
        head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(packed) + 25)
        return head + packed + struct.pack("<II", zlib.crc32(part), len(part))
    return in_members(data, block, len(data) // 65_000 + 1)


def xz_blocks(data):
    return subprocess.run(["xz", "-1", "-T2", "--block-size=300KiB", "-c"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


# Forms of archives whose parts can be decoded each by itself.
PIECES = {"gz": bgzf, "zst": lambda data: in_members(data, zstd, len(data) // 500_000 + 1),
          "bz2": lambda data: in_members(data, bz2.compress, len(data) // 900_000 + 1), "xz": xz_blocks}


class ArchivesTest(support.FreightTest):
    def files_of(self, name, data, *args, rows=ROWS):
        project = support.Project(self, COLUMNS, source={"csv": "in/*"})
        project.write(name, data)
        self.assert_published(project.run(*args), **{"in": rows, "quarantined": rows // 50})
        # A part's name holds the input's name; its content does not.
        return sorted(project.parts().values())

    def test_every_format_gives_the_files_of_the_plain_input_at_1_2_and_8_threads(self):
        plain = self.files_of("in/a.csv", TEXT)
        for suffix, pack in PACKERS.items():
            for threads in (1, 2, 8):
                with self.subTest(suffix=suffix, threads=threads):
                    packed = in_members(TEXT, pack) if threads == 2 else pack(TEXT)
                    self.assertEqual(self.files_of(f"in/a.csv.{suffix}", packed, "--threads", threads), plain)

    def test_archives_side_by_side_give_the_files_of_plain_ones(self):
        texts = [b"id,word\n" + b"".join(b"%d,w%d\n" % (i, i % (5 + n)) if i % 50 else b"x%d,bad\n" % i
                                         for i in range(60_000 * (n % 2) + 40_000)) for n in range(6)]
        rows = sum(text.count(b"\n") - 1 for text in texts)

        def files_of(pack, suffix, *args):
            project = support.Project(self, COLUMNS, source={"csv": "in/*"})
            for n, text in enumerate(texts):
                project.write(f"in/{n}.csv{suffix}", pack(text))
            self.assert_published(project.run(*args), **{"in": rows, "quarantined": rows // 50})
            return sorted(project.parts().values())

        plain = files_of(bytes, "")
        for suffix, pack in PACKERS.items():
            for args in (["--threads", 2], ["--threads", 8], ["--threads", 8, "--memory", "32MiB"]):
                with self.subTest(suffix=suffix, args=args):
                    self.assertEqual(files_of(pack, f".{suffix}", *args), plain)

    def test_archives_in_pieces_give_the_files_of_the_plain_input_at_1_2_and_8_threads(self):
        plain = self.files_of("in/a.csv", LONG, rows=LONG_ROWS)
        for suffix, pack in PIECES.items():
            packed = pack(LONG)
            for threads in (1, 2, 8):
                with self.subTest(suffix=suffix, threads=threads):
                    files = self.files_of(f"in/a.csv.{suffix}", packed, "--threads", threads, rows=LONG_ROWS)
                    self.assertEqual(files, plain)

    def test_a_cut_archive_in_pieces_publishes_nothing(self):
        for suffix, pack in PIECES.items():
            packed = pack(LONG)
            cut = len(packed) // 2
            for threads in (1, 8):
                with self.subTest(suffix=suffix, threads=threads):
                    project = support.Project(self, COLUMNS, source={"csv": "in/*"})
                    project.write(f"in/a.csv.{suffix}", packed[:cut])
                    self.assert_refusal(project.run("--threads", threads), support.FAILED, f"in/a.csv.{suffix}",
                                        f"compressed byte {cut}")
                    self.assert_nothing_published(project)

    def test_archives_in_pieces_stay_within_memory(self):
        peaks = {}
        for suffix, pack in PIECES.items():
            for threads in (1, 8):
                project = support.Project(self, COLUMNS, source={"csv": "in/*"})
                project.write(f"in/a.csv.{suffix}", pack(LONG))
                report = self.assert_published(project.run("--threads", threads, "--memory", "32MiB"))
                peaks[suffix, threads] = report["peak_rss_bytes"] >> 20
        for suffix in PIECES:
            with self.subTest(suffix=suffix):
                # 32 MiB are the budget; threads have stacks and heaps of their own.
                self.assertLess(peaks[suffix, 8], peaks[suffix, 1] + 48, peaks)

    def test_a_cut_archive_publishes_and_quarantines_nothing_and_is_read_once_it_is_whole(self):
        for suffix, pack in PACKERS.items():
            whole = in_members(TEXT, pack)
            for share in (0.02, 0.5, 0.95):
                with self.subTest(suffix=suffix, share=share):
                    project = support.Project(self, COLUMNS, source={"csv": "in/*"})
                    cut = int(len(whole) * share)
                    project.write(f"in/a.csv.{suffix}", whole[:cut])
                    self.assert_refusal(project.run(), support.FAILED, f"in/a.csv.{suffix}", f"compressed byte {cut}")
                    self.assert_nothing_published(project)
                    listed = project.call("quarantine", "ls", "t.yaml")
                    self.assertNotIn("not_of_type", listed.out)
                    project.write(f"in/a.csv.{suffix}", whole)
                    self.assert_published(project.run(), **{"in": ROWS})

    def test_a_damaged_archive_publishes_nothing(self):
        for suffix, pack in PACKERS.items():
            with self.subTest(suffix=suffix):
                whole = bytearray(in_members(TEXT, pack))
                whole[len(whole) * 9 // 10] ^= 0x55
                project = support.Project(self, COLUMNS, source={"csv": "in/*"})
                project.write(f"in/a.csv.{suffix}", bytes(whole))
                self.assert_refusal(project.run(), support.FAILED, f"in/a.csv.{suffix}", "compressed byte")
                self.assert_nothing_published(project)

    def test_init_reads_archives(self):
        for suffix, pack in PACKERS.items():
            with self.subTest(suffix=suffix):
                project = support.Project(self, COLUMNS)
                project.write(f"raw/words.csv.{suffix}", pack(b"id,word\n1,a\n2,b\n"))
                self.assert_code(project.call("init", "made", "--from", f"raw/words.csv.{suffix}"), support.OK)
                self.assert_code(project.call("run", "made/words.yaml"), support.OK)


if __name__ == "__main__":
    unittest.main()

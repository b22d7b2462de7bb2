"""Random CSV dialects and contents: Freight's fast path, its careful path and Python's csv agree cell by cell.

A text is written from known cells, with malformed records, blank lines and comments in between. Python's csv reads the
well-formed records alone, since it knows neither comments nor verdicts and takes a stray quote for data; a delimiter of
several bytes stands as one byte for it. Nulls are cells that the dialect spells so without quotes.
"""
import csv
import io
import json
import random
import subprocess
import unittest

import support

CASES = 6_000
WORDS = ["", "a", "NA", "view", "Zoë", "12.50", "  spaced ", "tab\there", "emoji 😀", "x" * 70, "#hash", "-", "null"]
ONE = "\x1f"  # stands for a delimiter of several bytes


class Case:
    """One dialect with one text and what must come of it."""

    def __init__(self, rng):
        self.rng = rng
        self.delimiter = rng.choice([",", ",", ";", "\t", "|", ":", "||", "::", "<>", ", "])
        self.quote = rng.choice(['"', '"', '"', "'", None])
        self.escape = "\\" if self.quote and rng.random() < 0.25 else None
        self.comment = "#" if self.quote and rng.random() < 0.25 else None
        self.padded = rng.random() < 0.3
        self.nulls = rng.choice([None, None, None, ["NA"], ["", "NA", "null"], []])
        self.header = rng.random() < 0.7
        self.skip_rows = rng.choice([0, 0, 0, 1, 3])
        self.columns = rng.randrange(1, 7)
        self.ends = rng.choice([["\n"], ["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]])
        self.rows, self.plain, self.bad, self.blank, self.comments = [], [], [], 0, 0
        self.line = 1
        self.text = "\ufeff" if rng.random() < 0.1 else ""
        self.write()

    def end(self):
        return self.rng.choice(self.ends)

    def put(self, record, end):
        if self.text.endswith("\r") and record == "" and end == "\n":
            end = "\r"  # a LF behind a CR would be part of the same line end
        self.text += record + end
        self.line += self.lines_in(record + end)

    @staticmethod
    def lines_in(text):
        return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")

    def cell(self):
        rng = self.rng
        word = rng.choice(WORDS)
        if self.quote and rng.random() < 0.3:
            parts = [self.delimiter, self.quote, self.quote * 2, "\n", "\r\n", "\r", "a", "é", "\\", "#", " "]
            word = "".join(rng.choice(parts) for _ in range(rng.randrange(1, 8)))
        if not self.quote:
            for part in (*self.delimiter, "\n", "\r"):
                word = word.replace(part, "_")
        return word

    def spell(self, cell, first):
        """(as written, quoted)"""
        special = [*self.delimiter, "\n", "\r", self.quote, self.escape]
        must = any(s and s in cell for s in special) or (self.columns == 1 and cell == "")
        must = must or bool(first and self.comment and cell.startswith(self.comment))
        if not self.quote or not (must or self.rng.random() < 0.3):
            return cell, False
        if self.escape:
            body = cell.replace(self.escape, self.escape * 2).replace(self.quote, self.escape + self.quote)
        else:
            body = cell.replace(self.quote, self.quote * 2)
        return self.quote + body + self.quote, True

    def good(self):
        """False when the cells cannot be written as a record of their own."""
        cells = [self.cell() for _ in range(self.columns)]
        if self.columns == 1 and cells == [""] and not self.quote:
            cells = ["one"]
        spelled = [self.spell(cell, i == 0) for i, cell in enumerate(cells)]
        if self.padded and self.rng.random() < 0.3:
            spelled = spelled[:self.rng.randrange(1, self.columns + 1)]
        written = [text for text, _ in spelled]
        # No record may look like an empty line, a comment or a byte order mark.
        if self.delimiter.join(written) == "" or "\ufeff" in written[0]:
            return False
        nulls = [""] if self.nulls is None else self.nulls
        self.rows.append([None if not quoted and cell in nulls else cell
                          for cell, (_, quoted) in zip(cells, spelled)] + [None] * (self.columns - len(spelled)))
        end = self.end()
        self.plain.append((ONE.join(written) if len(self.delimiter) > 1 else self.delimiter.join(written)) + end)
        self.put(self.delimiter.join(written), end)
        return True

    def malformed(self):
        kind = self.rng.choice(["many" if self.padded else "few", "many", "stray", "after"])
        words = ["w"] * self.columns
        if kind == "few" and self.columns > 1:
            self.bad.append([self.line, "too_few_fields"])
            words = words[:-1]
        elif kind == "many" or not self.quote or kind == "few":
            self.bad.append([self.line, "too_many_fields"])
            words.append("w")
        else:
            self.bad.append([self.line, "stray_quote"])
            at = self.rng.randrange(self.columns)
            words[at] = f"w{self.quote}w" if kind == "stray" else f"{self.quote}w{self.quote}w"
        self.put(self.delimiter.join(words), self.end())

    def write(self):
        rng = self.rng
        for _ in range(self.skip_rows):
            self.put('skipped, "line', self.end())
        if self.header:
            self.put(self.delimiter.join("abcdefg"[:self.columns]), self.end())
        for _ in range(rng.randrange(1, 25)):
            what = rng.random()
            if what < 0.08:
                self.malformed()
            elif what < 0.14 and self.columns > 1:
                self.blank += 1
                self.put("", self.end())
            elif what < 0.2 and self.comment:
                self.comments += 1
                self.put('#comment, "open', self.end())
            else:
                self.good()
        if rng.random() < 0.3 and self.good():
            self.text = self.text.removesuffix("\n").removesuffix("\r")  # the last record has no line end

    def request(self):
        dialect = {"delimiter": self.delimiter, "quote": self.quote, "escape": self.escape, "comment": self.comment,
                   "header": self.header, "skip_rows": self.skip_rows, "nulls": self.nulls, "trim": False,
                   "null_padding": self.padded}
        return json.dumps({"text": self.text.encode().hex(), "columns": self.columns, "dialect": dialect})

    def by_python(self):
        """The well-formed records as Python's csv reads them."""
        reader = csv.reader(io.StringIO("".join(self.plain), newline=""), strict=True,
                            delimiter=ONE if len(self.delimiter) > 1 else self.delimiter, quotechar=self.quote,
                            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
                            doublequote=self.escape is None, escapechar=self.escape)
        return list(reader)


class DialectTest(unittest.TestCase):
    def test_three_readers_agree_on_every_cell(self):
        rng = random.Random(20261127)
        cases = [Case(rng) for _ in range(CASES)]
        done = subprocess.run([support.BUILD / "freight_dialects"], text=True, check=True, capture_output=True,
                              input="".join(case.request() + "\n" for case in cases))
        cells = 0
        for case, answer in zip(cases, map(json.loads, done.stdout.splitlines()), strict=True):
            shown = f"{case.request()}\n{case.text!r}"
            self.assertEqual(answer["differs"], "", shown)
            self.assertEqual(answer["rows"], case.rows, shown)
            self.assertEqual([bad[:2] for bad in answer["bad"]], case.bad, shown)
            self.assertEqual((answer["blank"], answer["comments"]), (case.blank, case.comments), shown)
            python = case.by_python()
            nulls = [""] if case.nulls is None else case.nulls
            self.assertEqual(len(python), len(answer["rows"]), shown)
            for theirs, ours in zip(python, answer["rows"]):
                padding = [None] * (len(ours) - len(theirs))
                self.assertEqual(ours[len(theirs):], padding, shown)
                for cell, (found, null) in zip(theirs + padding, ((c, c is None) for c in ours), strict=True):
                    self.assertTrue(cell is None or cell in nulls if null else cell == found, (cell, found, shown))
                    cells += 1
        print(f"\n| differential CSV test: {len(cases):,} dialects and texts, {cells:,} cells, 0 differences between "
              "the fast path, the careful path and Python's csv")


if __name__ == "__main__":
    unittest.main()

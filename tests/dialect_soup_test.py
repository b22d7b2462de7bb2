"""Random text in random CSV dialects, most of it malformed: Freight's cells and verdicts are those of Python's csv.

dialect_test.py starts from cells, this test from text: pieces of CSV in any order. A strict csv.reader judges each
record. What it cannot do, a thin layer does, and nothing else:
  lines      skip_rows, and comments at the start of a record, are taken out; csv gets physical lines, one by one
  delimiter  several characters become one that stands nowhere else
  quoted     a mark behind each quote that opens a field and before the one that closes it, so that the cells of csv
             tell what was quoted, and so what is null
  trim       blanks are taken from around quoted fields before csv, and from unquoted cells behind it
  shape      the number of cells is compared with that of the header
Where csv and Freight differ on purpose, DIFFERENCES says how, and the test counts how often.
"""
import collections
import csv
import json
import random
import re
import subprocess
import unittest

import support

CASES = 6_000
ONE, OPEN, CLOSE = "\x03", "\x01", "\x02"
LINE = re.compile("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
LETTERS = "abcdef"
# Also what other readers take for a line end or a blank.
WORDS = ["a", "b7", "NA", "null", "Zoë", "12.50", "😀", "x" * 61, " ", "  ", "\t", "\x0b", "\x85", "\u2028", "\xa0"]

DIFFERENCES = {
    "quote inside an unquoted field": "data for csv, stray_quote for Freight",
    "text behind a closing quote, with an escape": "appended by csv even when strict, stray_quote for Freight",
    "quote never closed": "csv gives up all that follows, Freight the line in which it opened: unterminated_quote",
    "escape outside quotes": "csv obeys it, for Freight it is data",
    "empty line in a file of one column": "no cell for csv, a record with an empty field for Freight",
}


class Dialect:
    def __init__(self, rng):
        plain = rng.random() < 0.5  # one that the vector path reads
        self.delimiter = rng.choice([",", ";", "\t", "|", " ", ":"] if plain else
                                    [",", "\t", "||", "::", "<>", ", ", " |", "aab", "§", "→-"])
        self.quote = rng.choice(['"', '"', '"', "'", "~", None])
        self.escape = rng.choice([None, "\\", "\\", "^"]) if self.quote and not plain else None
        self.comment = rng.choice([None, "#", "%"]) if not plain else None
        self.trim = not plain and rng.random() < 0.3
        self.nulls = rng.choice([None, None, [], ["NA"], ["", "null"], ["12.50", "a"]])
        self.header = rng.random() < 0.6
        self.skip_rows = rng.choice([0, 0, 0, 1, 2])
        self.columns = rng.choice([1, 2, 2, 3, 3, 4, 6])
        self.one = self.delimiter if len(self.delimiter) == 1 else ONE
        self.blanks = " \t".replace(self.one, "") if self.trim else ""
        self.fields = self.pattern()
        self.csv = {"delimiter": self.one, "quotechar": self.quote, "escapechar": self.escape,
                    "doublequote": self.escape is None,
                    "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE}

    def pattern(self):
        """Quoted fields, and escapes outside of them."""
        if not self.quote:
            return None
        quote, escape, one = re.escape(self.quote), re.escape(self.escape or ""), re.escape(self.one)
        blanks = f"[{self.blanks}]*" if self.blanks else ""
        blanks_behind = f"(?:{blanks}(?=[{one}\r\n]|\\Z))?" if self.blanks else ""
        body = f"(?:{escape}.?|[^{quote}{escape}])*" if escape else f"(?:{quote}{quote}|[^{quote}])*"
        field = f"(?<![^{one}\r\n]){blanks}{quote}({body})(?:({quote}){blanks_behind})?"
        return re.compile(field + (f"|{escape}" if escape else ""), re.DOTALL)

    def marked(self, text):
        def mark(found):
            if found[1] is None:
                return self.escape * 2
            return self.quote + OPEN + found[1] + (CLOSE + self.quote if found[2] else "")
        text = text.replace(self.delimiter, self.one)
        return self.fields.sub(mark, text) if self.quote else text

    def request(self, text):
        dialect = {key: getattr(self, key) for key in ("delimiter", "quote", "escape", "comment", "header", "skip_rows",
                                                       "nulls", "trim")}
        return json.dumps({"text": text.encode().hex(), "columns": self.columns, "dialect": dialect})


def random_text(rng, dialect):
    ends = rng.choice([["\n"], ["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]])
    noise = rng.choice([0.1, 0.3, 1])
    quote, escape = dialect.quote or '"', dialect.escape or "\\"
    pieces = [*WORDS, *ends * 3, *[dialect.delimiter] * 8, *[quote] * 6, quote * 2, escape, escape + quote,
              dialect.delimiter[0], dialect.comment or "#", '"', "'"]

    def soup(size):
        return "".join(rng.choice(pieces) for _ in range(rng.randrange(size)))

    def field():
        if dialect.quote and rng.random() < 0.4:
            inner = soup(5).replace(escape, "").replace(quote, (dialect.escape or quote) + quote)
            return quote + inner + quote
        return rng.choice(WORDS + ["", ""])

    def record():
        if rng.random() < noise:
            return soup(14)
        wrong = rng.choice([-1, 1]) if rng.random() < 0.1 else 0
        return dialect.delimiter.join(field() for _ in range(dialect.columns + wrong))

    text = "\ufeff" if rng.random() < 0.1 else ""
    text += "".join(f"skipped, {quote}line" + rng.choice(ends) for _ in range(dialect.skip_rows))
    if dialect.header:
        names = [*LETTERS[:dialect.columns], *["y", "z\nz"][:rng.choice([0, 0, 0, 1, 2])]]
        rng.shuffle(names)
        spelled = [quote + n + quote if "\n" in n or (dialect.quote and rng.random() < 0.2) else n for n in names
                   if dialect.quote or "\n" not in n]
        before = [*ends, *([dialect.comment + quote + "\n"] if dialect.comment else [])]
        text += rng.choice(before) if rng.random() < 0.2 else ""
        text += dialect.delimiter.join(spelled) + rng.choice(ends)
    for _ in range(rng.randrange(14)):
        text += record() + rng.choice(ends)
    return text if rng.random() < 0.7 else text.rstrip("\r\n")


class PythonReader:
    """Reads a text by csv, record by record."""

    def __init__(self, dialect, text, seen):
        self.dialect, self.seen = dialect, seen
        self.lines = LINE.findall(text.removeprefix("\ufeff"))
        self.offset = len(text.encode()) - sum(len(line.encode()) for line in self.lines)
        self.at = 0
        self.rows, self.bad, self.blank, self.comments = [], [], 0, 0

    def take(self, lines):
        """(first line, offset, length) of the record that ends there."""
        length = sum(len(line.encode()) for line in self.lines[self.at:self.at + lines])
        place = self.at + 1, self.offset, length
        self.at += lines
        self.offset += length
        return place

    def ask(self, lines, strict=False):
        reader = csv.reader(lines, strict=strict, **self.dialect.csv)
        return next(reader), reader.line_num

    def strict_error(self, lines):
        try:
            self.ask(lines, strict=True)
        except csv.Error as error:
            return str(error)
        return ""

    def irregular(self, cells):
        """The first cell whose quotes are wrong, and how."""
        for index, cell in enumerate(cells):
            if cell.startswith(OPEN):
                if CLOSE not in cell:
                    return index, "unterminated"
                if not cell.endswith(CLOSE):
                    return index, "behind"
            elif self.dialect.quote and self.dialect.quote in cell:
                return index, "inside"
        return None, None

    def lines_until(self, lines, index, kind):
        """How many lines csv needs to come upon that cell."""
        for count in range(1, len(lines) + 1):
            cells, _ = self.ask(lines[:count])
            if len(cells) > index and (kind != "behind" or CLOSE in cells[index]):
                return count
        raise AssertionError("the cell was there")

    def record(self):
        """(cells or None, lines, reason)"""
        lines = LINE.findall(self.dialect.marked("".join(self.lines[self.at:])))
        cells, taken = self.ask(lines)
        index, kind = self.irregular(cells)
        error = self.strict_error(lines)
        if kind is None:
            assert not error, error
            return cells, taken, None
        if kind == "inside":
            self.seen["quote inside an unquoted field"] += 1
        elif kind == "unterminated":
            assert error == "unexpected end of data", error
            self.seen["quote never closed"] += 1
        elif self.dialect.escape:
            self.seen["text behind a closing quote, with an escape"] += 1
        else:
            assert "expected after" in error, error
        reason = "unterminated_quote" if kind == "unterminated" else "stray_quote"
        return None, self.lines_until(lines, index, kind), reason

    def value(self, cell):
        text = cell.replace(self.dialect.one, self.dialect.delimiter)
        if cell.startswith(OPEN):
            return text[1:-1]
        if self.dialect.escape and self.dialect.escape in text:
            self.seen["escape outside quotes"] += 1
        text = text.strip(self.dialect.blanks)
        return None if text in ([""] if self.dialect.nulls is None else self.dialect.nulls) else text

    def read(self):
        dialect = self.dialect
        self.take(dialect.skip_rows)
        names = None if dialect.header else list(LETTERS[:dialect.columns])
        while self.at < len(self.lines):
            if dialect.comment and self.lines[self.at].startswith(dialect.comment):
                self.take(1)
                self.comments += names is not None
                continue
            cells, lines, reason = self.record()
            place = self.take(lines)
            if cells == [] and (names is None or len(names) > 1):
                self.blank += names is not None
            elif names is None:
                names = [cell.strip(OPEN + CLOSE) for cell in cells]
            else:
                self.judge(names, cells, reason, place)
        return {"rows": self.rows, "bad": self.bad, "blank": self.blank, "comments": self.comments, "differs": ""}

    def judge(self, names, cells, reason, place):
        if cells == []:
            self.seen["empty line in a file of one column"] += 1
            cells = [""]
        if cells is not None and len(cells) != len(names):
            reason = "too_few_fields" if len(cells) < len(names) else "too_many_fields"
        if reason:
            self.seen[reason] += 1
            line, offset, length = place
            self.bad.append([line, reason, offset, length])
        else:
            self.rows.append([self.value(cells[names.index(letter)]) for letter in LETTERS[:self.dialect.columns]])


class DialectSoupTest(unittest.TestCase):
    def test_malformed_text_gets_the_verdicts_of_python(self):
        rng = random.Random(20261128)
        cases = []
        for _ in range(CASES):
            dialect = Dialect(rng)
            cases.append((dialect, random_text(rng, dialect)))
        done = subprocess.run([support.BUILD / "freight_dialects"], text=True, check=True, capture_output=True,
                              input="".join(dialect.request(text) + "\n" for dialect, text in cases))
        seen = collections.Counter()
        for (dialect, text), line in zip(cases, done.stdout.removesuffix("\n").split("\n"), strict=True):
            answer = json.loads(line)
            python = PythonReader(dialect, text, seen).read()
            self.assertEqual(answer, python, f"{dialect.request(text)}\n{text!r}")
            seen["rows"] += len(answer["rows"])
            seen["cells"] += sum(map(len, answer["rows"]))
        print(f"\n| malformed CSV: {CASES:,} dialects and texts, {seen['rows']:,} rows with {seen['cells']:,} cells "
              "and these verdicts, 0 unexplained differences from Python's csv")
        for reason in ("too_few_fields", "too_many_fields", "stray_quote", "unterminated_quote"):
            print(f"|   {seen[reason]:7,} {reason}")
            self.assertGreater(seen[reason], 100, reason)
        for what, how in DIFFERENCES.items():
            print(f"|   {seen[what]:7,} {what}: {how}")
            self.assertGreater(seen[what], 20, what)


if __name__ == "__main__":
    unittest.main()

"""Structs, lists and maps of Parquet inputs through the real binary: value for value, verdicts with paths, pruning."""
import datetime
import decimal
import json
import random
import unittest

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

import support

D = decimal.Decimal


class Kind:
    """A type of the file, how a contract declares it, and its values."""

    def __init__(self, arrow, contract, value, convert=lambda v: v):
        self.arrow, self.contract, self.make, self.convert = arrow, contract, value, convert

    def value(self, rng):
        return None if rng.random() < 0.2 else self.make(rng)

    def published(self, value):
        return None if value is None else self.convert(value)


def leaf(rng):
    day, moment = datetime.date(2026, 6, 11), datetime.datetime(2026, 6, 11)
    return rng.choice([
        lambda: Kind(pa.int64(), {"logicalType": "integer"}, lambda r: r.randrange(-2**63, 2**63)),
        lambda: Kind(pa.int16(), {"logicalType": "integer", "logicalTypeOptions": {"format": "i32"}},
                     lambda r: r.randrange(-2**15, 2**15)),
        lambda: Kind(pa.string(), {"logicalType": "string"}, lambda r: r.choice(["", "Zoë", "x" * 40, "a\"b\n"])),
        lambda: Kind(pa.dictionary(pa.int32(), pa.string()), {"logicalType": "string"},
                     lambda r: r.choice(["red", "green", "blue"])),
        lambda: Kind(pa.decimal128(20, 3), {"logicalType": "number", "physicalType": "DECIMAL(18,2)"},
                     lambda r: D(r.randrange(-10**12, 10**12) * 10).scaleb(-3)),
        lambda: Kind(pa.date32(), {"logicalType": "date"}, lambda r: day + datetime.timedelta(r.randrange(9999))),
        lambda: Kind(pa.timestamp("ms"), {"logicalType": "timestamp"},
                     lambda r: moment + datetime.timedelta(milliseconds=r.randrange(10**12))),
        lambda: Kind(pa.float32(), {"logicalType": "number", "logicalTypeOptions": {"format": "f64"}},
                     lambda r: r.choice([0.5, -0.0, 1e30]), lambda v: pa.scalar(v, pa.float32()).as_py()),
        lambda: Kind(pa.bool_(), {"logicalType": "boolean"}, lambda r: r.random() < 0.5),
        lambda: Kind(pa.binary(), {"logicalType": "string", "logicalTypeOptions": {"format": "binary"}},
                     lambda r: r.randbytes(r.randrange(9)))])()


def array_of(rng, depth):
    item = kind(rng, depth - 1)
    size = rng.randrange(1, 4)
    arrow, sizes = rng.choice([(pa.list_(item.arrow), (0, 5)), (pa.large_list(item.arrow), (0, 5)),
                               (pa.list_(item.arrow, size), (size, size))])
    return Kind(arrow, {"logicalType": "array", "items": item.contract},
                lambda r: [item.value(r) for _ in range(r.randint(*sizes))], lambda v: [item.published(x) for x in v])


def map_of(rng, depth):
    item = kind(rng, depth - 1)
    properties = [{"name": "key", "logicalType": "string", "required": True}, {"name": "value"} | item.contract]
    return Kind(pa.map_(pa.string(), item.arrow),
                {"logicalType": "array", "items": {"logicalType": "object", "properties": properties}},
                lambda r: [(f"k{i}", item.value(r)) for i in range(r.randrange(4))],
                lambda v: [{"key": k, "value": item.published(x)} for k, x in v])


def object_of(rng, depth):
    """Of a struct with a field that the contract does not name; the contract names one that the file does not have."""
    parts = {f"f{i}": kind(rng, depth - 1) for i in range(rng.randrange(1, 4))}
    fields = [pa.field(name, part.arrow) for name, part in parts.items()] + [pa.field("unread", pa.string())]
    rng.shuffle(fields)
    properties = [{"name": f"of_{name}", "physicalName": name} | part.contract for name, part in parts.items()]
    properties.append({"name": "absent", "logicalType": "string"})

    def make(r):
        return {name: part.value(r) for name, part in parts.items()} | {"unread": "never"}

    def convert(value):
        return {f"of_{name}": part.published(value[name]) for name, part in parts.items()} | {"absent": None}
    return Kind(pa.struct(fields), {"logicalType": "object", "properties": properties}, make, convert)


def kind(rng, depth):
    if depth == 0 or rng.random() < 0.3:
        return leaf(rng)
    return rng.choice([array_of, map_of, object_of])(rng, depth)


def project(test, columns, **more):
    source = {"parquet": "in/*.parquet"} | more.pop("source", {})
    return support.Project(test, columns, source=source, quarantine={"max_percent": 100}, **more)


def rows_of(p):
    return pq.ParquetDataset(str(p.root)).read().sort_by("id").to_pylist()


ID = {"name": "id", "logicalType": "integer"}
PRICE = {"name": "price", "logicalType": "number", "physicalType": "DECIMAL(9,2)", "required": True,
         "logicalTypeOptions": {"minimum": 0}}
ITEMS = {"name": "items", "logicalType": "array", "required": True, "logicalTypeOptions": {"maxItems": 3},
         "items": {"logicalType": "object", "required": True, "properties": [
             PRICE, {"name": "tag", "logicalType": "string", "logicalTypeOptions": {"maxLength": 3}}]}}
ITEM = pa.struct([("price", pa.decimal128(12, 3)), ("tag", pa.string()), ("note", pa.string())])


class NestedTest(support.FreightTest):
    def test_random_nested_columns_come_through_value_for_value(self):
        for seed in range(12):
            rng = random.Random(seed)
            makers = [object_of, array_of, map_of]
            kinds = [makers[i % 3](rng, rng.randrange(1, 4)) for i in range(4)]
            rows = rng.choice([1, 300, 2_000])
            data = {f"c{i}": [k.value(rng) for _ in range(rows)] for i, k in enumerate(kinds)}
            table = pa.table({"id": pa.array(range(rows), pa.int64())} |
                             {name: pa.array(values, k.arrow) for (name, values), k in zip(data.items(), kinds)})
            how = rng.choice([{"compression": "zstd"}, {"data_page_version": "2.0", "row_group_size": 70},
                              {"use_dictionary": False, "data_page_size": 500}, {"store_schema": False}])
            columns = [ID] + [{"name": f"c{i}"} | k.contract for i, k in enumerate(kinds)]
            want = [{"id": r} | {name: k.published(data[name][r]) for name, k in zip(data, kinds)}
                    for r in range(rows)]
            with self.subTest(seed=seed, schema=table.schema, how=how):
                versions = []
                for threads in (1, 2):
                    p = project(self, columns)
                    pq.write_table(table, p.folder / "in/a.parquet", **how)
                    self.assert_published(p.run("--threads", threads), published=rows, quarantined=0)
                    versions.append(p.parts())
                self.assertEqual(versions[0], versions[1])
                self.assertEqual(rows_of(p), want)

    def test_files_of_duckdb(self):
        query = ("SELECT i AS id, CASE WHEN i % 5 > 0 THEN {'name': 'n' || i, 'tags': [t || i FOR t IN ['a', 'b']]} "
                 "END AS \"user\", CASE WHEN i % 7 > 0 THEN map([i, i + 1], [CAST(i / 4.0 AS DOUBLE), NULL]) END "
                 "AS scores, "
                 "range(i % 4) AS few FROM range(70000) r(i)")
        columns = [
            ID, {"name": "user", "logicalType": "object", "properties": [
                {"name": "name", "logicalType": "string"},
                {"name": "tags", "logicalType": "array", "items": {"logicalType": "string"}}]},
            {"name": "scores", "logicalType": "array", "items": {"logicalType": "object", "properties": [
                {"name": "key", "logicalType": "integer", "required": True},
                {"name": "value", "logicalType": "number", "logicalTypeOptions": {"format": "f64"}}]}},
            {"name": "few", "logicalType": "array", "items": {"logicalType": "integer"}}]
        p = project(self, columns)
        with duckdb.connect() as db:
            db.execute(f"COPY ({query}) TO '{p.folder}/in/a.parquet' (FORMAT parquet)")
            self.assert_published(p.run(), published=70_000)
            found = f"SELECT id, \"user\", scores, few FROM read_parquet('{p.glob()}')"
            want = f"SELECT id, \"user\", map_entries(scores) AS scores, few FROM ({query})"
            for a, b in ((found, want), (want, found)):
                self.assertEqual(db.execute(f"SELECT count(*) FROM ({a} EXCEPT ALL {b})").fetchone(), (0,))

    def test_bad_values_are_quarantined_with_path_and_rule(self):
        good = {"price": D("1.500"), "tag": "a", "note": "x"}
        items = [[good, good], [good, None], [good, good | {"price": D("1.234"), "tag": "long"}], None,
                 [good | {"price": None}], [good] * 4, [], [good | {"price": D("-1.000")}], [good]]
        users = [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}, {"id": 5}, {"id": 6}, {"id": 70_000}, {"id": 8}, None]
        p = project(self, [ID, ITEMS, {"name": "user_id", "physicalName": "user.id", "logicalType": "integer",
                                       "required": True, "logicalTypeOptions": {"format": "i16"}}])
        table = pa.table({"id": pa.array(range(9), pa.int64()), "items": pa.array(items, pa.list_(ITEM)),
                          "user": pa.array(users, pa.struct([("id", pa.int64())]))})
        pq.write_table(table, p.folder / "in/a.parquet", row_group_size=4)
        self.assert_published(p.run(), published=1, quarantined=8)
        self.assertEqual(rows_of(p), [{"id": 0, "items": [{"price": D("1.50"), "tag": "a"}] * 2, "user_id": 1}])
        with duckdb.connect() as db:
            found = db.execute("SELECT line, raw, list_transform(failures, lambda f: [f.column, f.path, f.rule, "
                               "f.reason]) FROM read_parquet(?) ORDER BY line", [p.quarantine_glob()]).fetchall()
        self.assertEqual([(line, failures) for line, _, failures in found], [
            (2, [["items", "$.items[1]", "required", "missing"]]),
            (3, [["items", "$.items[1].price", "type", "inexact"],
                 ["items", "$.items[1].tag", "maxLength", "too_long"]]),
            (4, [["items", "$.items", "required", "missing"]]),
            (5, [["items", "$.items[0].price", "required", "missing"]]),
            (6, [["items", "$.items", "maxLength", "too_long"]]),
            (7, [["user_id", "$.user.id", "type", "out_of_range"]]),
            (8, [["items", "$.items[0].price", "minimum", "below_minimum"]]),
            (9, [["user_id", "$.user.id", "required", "missing"]])])
        self.assertEqual(json.loads(bytes(found[1][1])), {"id": 2, "user": {"id": 3}, "items": [
            {"price": 1.5, "tag": "a"}, {"price": 1.234, "tag": "long"}]})
        self.assertIn("$.items[1].price", p.call("quarantine", "show", "t.yaml").out)

    def corrupt(self, path, *spared):
        """Overwrites the pages of all leaves but these."""
        group = pq.ParquetFile(path).metadata.row_group(0)
        with path.open("r+b") as f:
            for i in range(group.num_columns):
                column = group.column(i)
                if column.path_in_schema not in spared:
                    f.seek(column.dictionary_page_offset or column.data_page_offset)
                    f.write(b"\xff" * column.total_compressed_size)

    def test_only_the_leaves_that_are_named_are_read(self):
        users = [{"id": i, "name": f"n{i}", "home": {"city": f"c{i % 3}", "zip": i}} for i in range(100)]
        users[7] = None
        users[8]["home"] = None
        items = [[{"price": D(i), "tag": "t", "note": "n"}] * (i % 3) for i in range(100)]
        table = pa.table({"id": pa.array(range(100), pa.int64()), "user": users,
                          "items": pa.array(items, pa.list_(ITEM))})
        p = project(self, [ID, {"name": "city", "physicalName": "user.home.city", "logicalType": "string"},
                           {"name": "items", "logicalType": "array", "items": {
                               "logicalType": "object", "properties": [{"name": "tag", "logicalType": "string"}]}},
                           {"name": "user", "logicalType": "object", "properties": [
                               {"name": "other", "logicalType": "string"}]}])
        path = p.folder / "in/a.parquet"
        pq.write_table(table, path)
        self.corrupt(path, "id", "user.id", "user.home.city", "items.list.element.tag")
        self.assert_published(p.run(), published=100)
        want = [{"id": i, "city": u and u["home"] and u["home"]["city"], "items": [{"tag": "t"}] * (i % 3),
                 "user": u and {"other": None}} for i, u in enumerate(users)]
        self.assertEqual(rows_of(p), want)
        unread = json.loads(p.call("plan", "t.yaml", "--json", "--rebuild").out)["columns_not_read"]
        self.assertEqual(unread, ["user.name", "user.home.zip", "items[].price", "items[].note"])
        p.write("t.odcs.yaml", support.contract_text([ID], customProperties=[
            {"property": "onViolation", "value": {"columns": "freeze"}}]))
        self.assert_refusal(p.run("--rebuild"), support.INVALID, "freezes the columns", '"user"')

    def test_where_reaches_into_structs(self):
        users = [None if i % 10 == 0 else {"id": i, "name": None if i % 3 == 0 else f"n{i}"} for i in range(1_000)]
        table = pa.table({"id": pa.array(range(1_000), pa.int64()), "user": users, "a.b c": list(range(1_000))})
        conditions = {"user.id >= 600": lambda i, u: u and u["id"] >= 600,
                      "user.name is null": lambda i, u: not u or u["name"] is None,
                      "user.name is not null": lambda i, u: u and u["name"] is not None,
                      "user is null": lambda i, u: u is None, "\"a.b c\" < 10": lambda i, u: i < 10}
        for condition, holds in conditions.items():
            with self.subTest(condition=condition):
                p = project(self, [ID], source={"where": condition})
                pq.write_table(table, p.folder / "in/a.parquet", row_group_size=100)
                want = [{"id": i} for i, u in enumerate(users) if holds(i, u)]
                self.assert_published(p.run(), published=len(want), filtered=1_000 - len(want))
                self.assertEqual(rows_of(p), want)
        p = project(self, [ID], source={"where": "user.id >= 600"})
        path = p.folder / "in/a.parquet"
        pq.write_table(table, path, row_group_size=600)
        self.corrupt(path)  # of the first row group alone
        self.assert_published(p.run(), published=360, filtered=640)

    def test_what_does_not_fit_is_refused_with_its_place(self):
        table = pa.table({"id": [1], "user": [{"id": 1}], "tags": [["a"]], "far": [{"items": [{"x": 1.5}]}]})
        text, number = {"logicalType": "string"}, {"logicalType": "integer"}
        cases = [
            ({"name": "user"} | text, 'column "user"', "does not fit"),
            ({"name": "tags", "logicalType": "object", "properties": [{"name": "x"} | text]}, 'column "tags"'),
            ({"name": "user", "logicalType": "array", "items": text}, 'column "user"', "does not fit"),
            ({"name": "tags", "logicalType": "array", "items": number}, 'column "tags[]"', "does not fit"),
            ({"name": "far", "logicalType": "object", "properties": [
                {"name": "items", "logicalType": "array", "items": {
                    "logicalType": "object", "properties": [{"name": "x"} | number]}}]}, 'column "far.items[].x"'),
            ({"name": "user", "logicalType": "object", "properties": [{"name": "gone", "required": True} | text]},
             'required column "user.gone" is not in the schema'),
            ({"name": "x", "physicalName": "tags.x"} | text, "which is list<", "no struct"),
            ({"name": "x", "physicalName": "user.gone", "required": True} | text, 'required column "user.gone"'),
            ({"name": "x", "physicalName": "user..id"} | text, "is no path"),
            ({"name": "x", "physicalName": "$.id"} | text, "two columns are read from $.id")]
        for column, *words in cases:
            with self.subTest(column=column):
                p = project(self, [ID, column])
                pq.write_table(table, p.folder / "in/a.parquet")
                self.assert_refusal(p.run(), support.INVALID, *words)
                self.assert_nothing_published(p)
        for where in ("tags.x = 1", "user.gone = 1", "user = 1", "tags = a"):
            with self.subTest(where=where):
                p = project(self, [ID], source={"where": where})
                pq.write_table(table, p.folder / "in/a.parquet")
                self.assert_refusal(p.run(), support.INVALID, "where:", "in/a.parquet")

    def test_one_column_may_be_read_from_a_struct_and_another_from_inside_it(self):
        p = project(self, [ID, {"name": "inside", "physicalName": "user.id", "logicalType": "integer"},
                           {"name": "user", "logicalType": "object", "properties": [
                               {"name": "name", "logicalType": "string"}]}], source={"where": "user.born > 1900"})
        users = [{"born": 1890, "name": "a", "id": 1}, {"born": 1990, "name": "b", "id": 2}, None]
        pq.write_table(pa.table({"id": [1, 2, 3], "user": users}), p.folder / "in/a.parquet")
        self.assert_published(p.run(), published=1, filtered=2)
        self.assertEqual(rows_of(p), [{"id": 2, "inside": 2, "user": {"name": "b"}}])

    def test_names_with_dots_stand_in_quotes(self):
        p = project(self, [ID, {"name": "x", "physicalName": '"a.b"', "logicalType": "string"},
                           {"name": "y", "physicalName": '"c.d".e', "logicalType": "integer"}])
        pq.write_table(pa.table({"id": [1], "a.b": ["v"], "c.d": [{"e": 5}]}), p.folder / "in/a.parquet")
        self.assert_published(p.run(), published=1)
        self.assertEqual(rows_of(p), [{"id": 1, "x": "v", "y": 5}])

    def test_what_init_writes_runs_without_an_edit(self):
        rng = random.Random(7)
        kinds = {"one": object_of(rng, 3), "two words": array_of(rng, 3), "a.b": map_of(rng, 2),
                 "user": Kind(pa.struct([pa.field("id", pa.int32(), nullable=False), ("odd", pa.float16())]), None,
                              lambda r: {"id": 5, "odd": None})}
        table = pa.table({"id": pa.array(range(50), pa.int64())} |
                         {n: pa.array([k.value(rng) for _ in range(50)], k.arrow) for n, k in kinds.items()})
        p = project(self, [ID])
        (p.folder / "raw").mkdir()
        pq.write_table(table, p.folder / "raw/nested.parquet")
        self.assert_code(p.call("init", "made", "--from", "raw/nested.parquet"), support.OK)
        self.assert_published(p.call("run", "made", "--json"), published=50, quarantined=0)
        found = pq.ParquetDataset(str(p.folder / "made/clean/nested")).read().sort_by("id").to_pylist()

        def plain(value):
            if isinstance(value, dict):
                return {k: plain(v) for k, v in value.items() if k != "odd"}
            if isinstance(value, list):
                return [{"key": v[0], "value": plain(v[1])} if isinstance(v, tuple) else plain(v) for v in value]
            return value
        self.assertEqual(found, [plain(row) for row in table.to_pylist()])

    def test_identical_at_1_2_and_8_threads(self):
        rng = random.Random(5)
        rows = 120_000
        items = pa.array([[{"price": D(rng.randrange(10**6)).scaleb(-3 if rng.random() < 0.01 else -2),
                            "tag": rng.choice(["a", "b", "cc"]), "note": "n"} for _ in range(i % 4)]
                          for i in range(rows)], pa.list_(ITEM))
        table = pa.table({"id": pa.array(range(rows), pa.int64()), "items": items})
        versions = []
        for threads in (1, 2, 8):
            p = project(self, [ID, ITEMS])
            pq.write_table(table, p.folder / "in/a.parquet", row_group_size=rows, use_dictionary=False)
            report = self.assert_published(p.run("--threads", threads))
            self.assertGreater(report["rows"]["quarantined"], 100)
            versions.append(p.parts())
        self.assertTrue(all(v == versions[0] for v in versions))


if __name__ == "__main__":
    unittest.main()

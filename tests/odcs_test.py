"""Contracts against the standard itself: its examples, and its JSON Schema over examples that were damaged."""
import copy
import json
import random
import re
import unittest

import jsonschema
import yaml

import support

ODCS = support.SHARED / "odcs"
EXAMPLES = sorted(ODCS.glob("examples/*.yaml"))
READ = {"column-validity", "kafka-schema", "table-column", "table-column-description"}
MUTANTS = 400
# What the structure of a file can get wrong: unknown, second and missing keys, kinds of value, values not allowed.
STRUCTURE = re.compile(r"F010\d")
VALUES = [None, True, 5, -1, 1.5, "text", "a b", "v3.1.0", [], ["a"], {}, {"a": 1}, [1, 2], [{"name": "x"}],
          [{"type": "sql"}], [{"metric": "rowCount", "mustBe": 0}], [{"property": "x", "value": [1]}]]


class JsonTypes(yaml.SafeLoader):
    """Scalars as JSON has them: a date is a string."""
    yaml_implicit_resolvers = {first: [r for r in rules if not r[0].endswith(":timestamp")]
                               for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def check(project, names):
    """Runs `freight check` over a pipeline per contract; returns contract name -> set of its error codes."""
    for path in project.folder.glob("*.yaml"):
        if path.name == "t.yaml":
            path.unlink()
    for name in names:
        project.write(f"{name}.yaml", support.pipeline_text(contract=f"{name}.odcs.yaml"))
    done = project.call("check")
    codes = {name: set() for name in names}
    error = re.compile(r"^error\[(F\d+)\].*\n\s*--> (?:\./)?(.*?)\.odcs\.yaml:?(\d*)", re.MULTILINE)
    for code, name, line in error.findall(done.err + done.out):
        codes[name].add(code)
        assert line, f"{name}: {code} has no line"
    return codes


def paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def keys_of(schema):
    found = set()
    for path in paths(schema):
        if len(path) > 1 and path[-2] == "properties":
            found.add(path[-1])
    return sorted(found)


def mutate(document, keys, rng):
    """Removes a key, changes a value, or adds a key of the standard where it may not belong."""
    document = copy.deepcopy(document)
    path = rng.choice([p for p in paths(document) if p])
    owner = document
    for key in path[:-1]:
        owner = owner[key]
    target = owner[path[-1]] if isinstance(owner[path[-1]], dict) else owner
    choice = rng.randrange(4)
    if choice == 0:
        del owner[path[-1]]
    elif choice > 1 and isinstance(target, dict):
        target[rng.choice([*keys, "nope"])] = rng.choice(VALUES)
    else:
        owner[path[-1]] = rng.choice(VALUES)
    return document


@unittest.skipUnless(EXAMPLES, f"no examples of the standard in {ODCS}")
class StandardTest(support.FreightTest):
    def test_examples_are_read_or_refused_with_a_reason_at_a_place(self):
        project = support.Project(self, ["a"])
        names = []
        for path in EXAMPLES:
            names.append(path.name.removesuffix(".odcs.yaml"))
            project.write(path.name, path.read_bytes())
        codes = check(project, names)
        self.assertEqual({name for name in names if not codes[name]}, READ)
        for name in names:
            self.assertFalse([c for c in codes[name] if STRUCTURE.match(c)], f"{name} is valid by the standard")

    def test_damaged_files_are_judged_as_the_json_schema_judges_them(self):
        schema = json.loads((ODCS / "odcs-json-schema-v3.1.0.json").read_text())
        validator = jsonschema.Draft201909Validator(schema)
        examples = [yaml.load(path.read_text(), JsonTypes) for path in EXAMPLES]
        keys, rng = keys_of(schema), random.Random(1)
        mutants = {f"m{i}": mutate(rng.choice(examples), keys, rng) for i in range(MUTANTS)}
        project = support.Project(self, ["a"])
        for name, document in mutants.items():
            project.write(f"{name}.odcs.yaml", json.dumps(document, indent=1))
        codes = check(project, list(mutants))
        invalid = {name for name, document in mutants.items() if not validator.is_valid(document)}
        refused = {name for name in mutants if any(STRUCTURE.match(code) for code in codes[name])}
        self.assertGreater(len(invalid), MUTANTS // 4)
        self.assertLess(len(invalid), MUTANTS)
        self.assertEqual(sorted(invalid - refused), [])
        self.assertEqual(sorted(refused - invalid), [])

    def test_the_pipeline_schema_knows_the_example_pipeline(self):
        project = support.Project(self, ["a"])
        validator = jsonschema.Draft202012Validator(json.loads(project.call("schema").out))
        example = yaml.safe_load((support.ROOT / "examples" / "events" / "events.yaml").read_text())
        validator.validate(example)
        for change in ({"transform": []}, {"version": 2}, {"to": {"parquet": "x", "mode": "upsert"}}, {"source": {}}):
            self.assertFalse(validator.is_valid(example | change), change)


if __name__ == "__main__":
    unittest.main()

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from tempdata_dagster.spec.json_schema import build_json_schema
from tempdata_dagster.spec.yaml_tree import parse_tree

HEAD = "dataset: x\nstart: 2025-01-01\ntables:\n  a: {rows: 2_000, key: x, columns: {x: {kind: key, nulls: 5%}}}\n"


@pytest.fixture(scope="module")
def schema(kinds):
    return build_json_schema(kinds)


def find_errors(schema, text: str) -> list[str]:
    tree = parse_tree(text, "f", [])
    assert tree is not None
    document = json.loads(json.dumps(tree.value, default=str))
    return [one.json_path for one in Draft202012Validator(schema).iter_errors(document)]


def test_it_is_a_schema_and_every_reference_resolves(schema):
    Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    names = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert names <= set(schema["$defs"])
    assert {"kind.key", "kind.integer", "kind.choice", "integer.Skew"} <= set(schema["$defs"])


@pytest.mark.parametrize("table", [
    "{rows: {per: day, mean: 3, holidays: US, growth: 15%/year, history: 1w}, columns: {x: {kind: integer, skew: {zipf: 2}}}}",
    "{rows: {per: day, mean: 3, holidays: {country: US, factor: 0.2}}, columns: {x: {kind: choice, values: [a]}}}",
    "{rows: {per: a, share: 30%}, rules: [x > 1, {sql: x, severity: warning}], columns: {x: {kind: key}}}",
    "{rows: {per: a, every: 10min}, key: [x], columns: {x: {kind: key}}}",
    "{rows: {file: countries.csv}}",
])  # fmt: skip
def test_what_the_loader_takes_is_valid(schema, table):
    assert find_errors(schema, f"{HEAD}  b: {table}\n") == []


@pytest.mark.parametrize(("table", "path"), [
    ("{rows: -1, columns: {x: {kind: key}}}", "$.tables.b.rows"),
    ("{rows: '10', columns: {x: {kind: key}}}", "$.tables.b.rows"),
    ("{rows: {per: day}, columns: {x: {kind: key}}}", "$.tables.b.rows"),
    ("{rows: {per: a, mean: 1, weekday: {}}, columns: {x: {kind: key}}}", "$.tables.b.rows"),
    ("{rows: 1, columns: {x: {kind: key, prefx: P}}}", "$.tables.b.columns.x"),
    ("{rows: 1, columns: {x: {kind: kye}}}", "$.tables.b.columns.x.kind"),
    ("{rows: 1, columns: {x: {min: 3}}}", "$.tables.b.columns.x"),
    ("{rows: 1, columns: {a-b: {kind: key}}}", "$.tables.b.columns"),
    ("{rows: 1, colums: {}}", "$.tables.b"),
])  # fmt: skip
def test_what_the_loader_refuses_is_invalid_at_its_place(schema, table, path):
    assert path in find_errors(schema, f"{HEAD}  b: {table}\n")


def test_settings_have_the_descriptions_of_their_classes(schema):
    key = schema["$defs"]["kind.key"]
    assert key["description"] == "The row's own number."
    assert key["properties"]["prefix"]["description"] == "Text before the number."
    assert key["properties"]["nulls"]["description"] == "Share of the cells that are null."
    assert schema["$defs"]["integer.Skew"]["properties"]["zipf"]["type"] == "number"
    assert schema["$defs"]["PeriodRows"]["properties"]["history"]["description"]

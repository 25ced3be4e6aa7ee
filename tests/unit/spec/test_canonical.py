from __future__ import annotations

import pytest

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.spec.canonical import EXCLUDED, canonical_dataset, canonical_table
from tempdata_dagster.spec.models import ColumnSettings, Dataset, Table

BASE = """\
dataset: shop
seed: 42
locale: en_US
start: 2025-01-01
schedule: {cron: "0 2 * * *"}
tags: {team: core}
tables:
  p: {rows: 1, columns: {x: {kind: key}}}
  t:
    description: A table.
    owners: [ann]
    rows: {per: day, mean: 30, weekday: {sat: 1.4, sun: 1.3}}
    key: a
    columns:
      a: {kind: key, prefix: A}
      b: {kind: integer, min: 1, max: 6, description: A die., skew: {zipf: 1.1}}
      c: {kind: choice, values: {x: 1, y: 2}}
      h: {kind: integer, drop: true}
    rules: [b >= 1]
    expectations: [{type: expect_column_to_exist, kwargs: {column: a}}]
"""


@pytest.fixture
def of_table(load):
    def take(text: str) -> str:
        return fingerprint(canonical_table(load(text).dataset.tables["t"]))

    return take


def edit(old: str, new: str) -> str:
    assert BASE.count(old) == 1
    return BASE.replace(old, new)


@pytest.mark.parametrize(("old", "new"), [
    ("A table.", "Another."), ("[ann]", "[bob]"), ("A die.", "A coin."), ("42", "43"), ("en_US", "de_DE"),
    ("2025-01-01", "2024-01-01"), ("0 2 * * *", "0 3 * * *"), ("core", "shop"), ("dataset: shop", "dataset: other"),
    ("min: 1, max: 6", "max: 6, min: 1"), ("{x: 1, y: 2}", "{y: 2, x: 1}"), ("{x: 1, y: 2}", "{x: 1.0, y: 2.0}"),
    ("sat: 1.4, sun: 1.3", "sun: 1.3, sat: 1.4"), ("mean: 30", "mean: 30.0"), ("key: a", "key: [a]"),
    ("[b >= 1]", "[{sql: b >= 1}]"), ("{kind: key, prefix: A}", "{kind: key, prefix: A, nulls: 0, unique: false}"),
    ("    key: a\n", "    # a comment\n    key: 'a'\n\n"), ("{kind: key, prefix: A}", "{kind: key, prefix: A, pii: true}"),
    ("rows: 1, columns: {x: {kind: key}}", "rows: 2, columns: {y: {kind: key}}"),
    ("      h: {kind: integer, drop: true}\n", "      h:\n        drop: true\n        kind: integer\n"),
])  # fmt: skip
def test_what_bears_on_no_data_of_the_table_does_not_change_its_fingerprint(of_table, old, new):
    assert of_table(edit(old, new)) == of_table(BASE)


@pytest.mark.parametrize(("old", "new"), [
    ("mean: 30", "mean: 31"), ("per: day", "per: month"), ("sat: 1.4", "sat: 1.5"), ("sat: 1.4", "fri: 1.4"), ("key: a", "key: b"),
    ("key: a\n", "key: [a, b]\n"), ("prefix: A", "prefix: B"), ("min: 1", "min: 0"), ("max: 6", "max: 7"), ("zipf: 1.1", "zipf: 1.2"),
    ("kind: integer, min", "nulls: 5%, kind: integer, min"), ("kind: integer, min", "unique: true, kind: integer, min"),
    ("kind: integer, min", "type: int16, kind: integer, min"), (", drop: true", ""), ("{x: 1, y: 2}", "{x: 1, y: 3}"),
    ("{x: 1, y: 2}", "{x: 1, z: 2}"), ("{x: 1, y: 2}", "[x, y]"), ("[b >= 1]", "[b >= 2]"), ("[b >= 1]", "[]"),
    ("[b >= 1]", "[{sql: b >= 1, severity: warning}]"), ("{column: a}", "{column: b}"), ("      c:", "      cc:"),
    ("      h: {kind: integer, drop: true}\n", ""),
    ("{per: day, mean: 30, weekday: {sat: 1.4, sun: 1.3}}", "30"),
])  # fmt: skip
def test_what_bears_on_the_data_changes_the_fingerprint(of_table, old, new):
    assert of_table(edit(old, new)) != of_table(BASE)


def test_the_order_of_written_columns_counts_and_that_of_dropped_ones_does_not(of_table):
    lines = BASE.splitlines(keepends=True)
    a = next(i for i, line in enumerate(lines) if line.startswith("      a:"))
    swapped = [*lines[:a], lines[a + 1], lines[a], *lines[a + 2 :]]
    dropped_first = [*lines[:a], lines[a + 3], *lines[a : a + 3], *lines[a + 4 :]]
    assert of_table("".join(swapped)) != of_table(BASE)
    assert of_table("".join(dropped_first)) == of_table(BASE)


@pytest.mark.parametrize(("old", "new"), [("42", "43"), ("en_US", "de_DE"), ("dataset: shop", "dataset: other")])
def test_dataset_settings_that_bear_on_every_table_change_its_fingerprint(load, old, new):
    assert canonical_dataset(load(edit(old, new)).dataset) != canonical_dataset(load(BASE).dataset)


@pytest.mark.parametrize(
    ("old", "new"), [("core", "shop"), ("2025-01-01", "2024-01-01"), ("0 2 * * *", "0 3 * * *"), ("30", "31")]
)
def test_other_dataset_settings_do_not(load, old, new):
    assert canonical_dataset(load(edit(old, new)).dataset) == canonical_dataset(load(BASE).dataset)


def test_every_exclusion_names_a_setting_and_a_reason():
    for level, model in (("dataset", Dataset), ("table", Table), ("column", ColumnSettings)):
        assert set(EXCLUDED[level]) <= set(model.model_fields)
        assert all(len(reason) > 10 for reason in EXCLUDED[level].values())

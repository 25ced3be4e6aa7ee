from __future__ import annotations

import pytest

HEAD = "dataset: shop\nstart: 2025-01-01\ntables:\n  days: {rows: {per: day, mean: 1}, columns: {x: {kind: key}}}\n"
HEAD += "  fixed: {rows: 1, columns: {x: {kind: key}}}\n"


def table(rows: str = "1", columns: str = "a: {kind: key}, b: {kind: integer}", more: str = "") -> str:
    return f"{HEAD}  t:\n    rows: {rows}\n    columns: {{{columns}}}\n{more}"


@pytest.mark.parametrize(("text", "code", "line", "message", "hint"), [
    (table("{per: dys, mean: 1}"), "TD1030", 7, "'dys' is neither a period nor a table", "did you mean 'days' or 'day'?"),
    (table("{per: t, mean: 1}"), "TD1032", 7, "the tables hang on each other in a circle: t -> t",
     "give one of them rows of its own"),
    (table("{per: u}", more="  u: {rows: {per: t}, columns: {x: {kind: key}}}\n"), "TD1032", 7,
     "the tables hang on each other in a circle: t -> u -> t", "give one of them rows of its own"),
    (table(more="    key: aa\n"), "TD1031", 9, "table 't' has no column 'aa' for its key", "did you mean 'a'?"),
    (table(more="    key: [a, b, a]\n"), "TD1038", 9, "'a' is twice in the key", "name each column once"),
    (table(columns="a: {kind: key, drop: true}, b: {kind: key}", more="    key: a\n"), "TD1038", 9,
     "key column 'a' is dropped", "remove its 'drop: true'"),
    (table(columns="a: {kind: key, nulls: 0.1}", more="    key: a\n"), "TD1038", 9, "key column 'a' has nulls",
     "remove its 'nulls'"),
    (table("{per: days, partition_by: c}"), "TD1031", 7, "table 't' has no column 'c' to partition by", "known: a, b"),
    (table("{per: fixed, partition_by: a}"), "TD1038", 7,
     "'fixed' is static, so that 't' has no partitions to choose from",
     "remove 'partition_by', or give that table a 'per: day'"),
    (table("{per: days}", columns="Date: {kind: key}"), "TD1033", 8,
     "column 'Date' has the name of a folder level (date=...) of its partitions", "rename it, or mark it 'drop: true'"),
    (table("{per: month, mean: 3}", columns="month: {kind: key}"), "TD1033", 8,
     "column 'month' has the name of a folder level (month=...) of its partitions",
     "rename it, or mark it 'drop: true'"),
    (table(columns="a: {kind: key}, A: {kind: key}"), "TD1033", 8, "columns 'a' and 'A' differ only by case",
     "rename one of the two"),
    (table(columns=""), "TD1037", 6, "table 't' has no columns", "only a table with 'rows: {file: ...}' may leave them out"),
    (table(columns="a: {kind: key, drop: true}"), "TD1037", 8, "table 't' writes no column: all are dropped", "docs/errors.md explains TD1037"),
    (table(more="  T: {rows: 1, columns: {x: {kind: key}}}\n"), "TD1033", 9, "tables 't' and 'T' differ only by case", "docs/errors.md explains TD1033"),
])  # fmt: skip
def test_what_does_not_fit_together_is_reported(one_problem, *, text, code, line, message, hint):
    found = one_problem(text)
    assert (found[0], found[1], found[3], found[4]) == (code, line, message, hint)


@pytest.mark.parametrize("text", [
    table("{per: days, partition_by: b}"),
    table(columns="date: {kind: key}"),
    table("{per: days}", columns="date: {kind: key, drop: true}, x: {kind: key}"),
    table("{per: month, mean: 3}", columns="date: {kind: key}"),
    table("{per: fixed, every: 1h}", more="  u: {rows: {per: t}, columns: {x: {kind: key}}}\n"),
])  # fmt: skip
def test_what_fits_together_is_loaded(load, text):
    assert "t" in load(text).dataset.tables


def test_a_table_with_problems_of_its_own_is_still_a_parent(complain):
    problems = complain(table("{per: broken}", more="  broken: {rows: -1, columns: {x: {kind: nokind}}, key: x}\n"))
    assert [one.code for one in problems] == ["TD1023", "TD1001"]

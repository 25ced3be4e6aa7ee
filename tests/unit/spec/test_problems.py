from __future__ import annotations

import pytest

WHOLE = "write it without quotes and decimals, such as 42"
HEAD = "dataset: shop\nstart: 2025-01-01\ntables:\n"


@pytest.mark.parametrize(("column", "code", "at", "message", "hint"), [
    ("{kind: integer, mn: 3}", "TD1020", 26, "unknown key 'mn'", "did you mean 'min'?"),
    ("{kind: integer, seed: 3}", "TD1020", 26, "unknown key 'seed'", "'seed' belongs to the top of the file"),
    ("{kind: integer, owners: [a]}", "TD1020", 26, "unknown key 'owners'", "'owners' belongs to a table"),
    ("{kind: integer, min: x}", "TD1022", 31, "'min' is a whole number, not text 'x'", WHOLE),
    ("{kind: integer, min: 1.5}", "TD1022", 31, "'min' is a whole number, not the number 1.5", WHOLE),
    ("{kind: integer, min: true}", "TD1022", 31, "'min' is a whole number, not true", WHOLE),
    ("{kind: integer, min: }", "TD1022", 31, "'min' is a whole number, not nothing", WHOLE),
    ("{kind: integer, min: 2024-01-01}", "TD1022", 31, "'min' is a whole number, not the date 2024-01-01", WHOLE),
    ("{kind: integer, unique: 'x'}", "TD1022", 34, "'unique' is true or false, not text 'x'", "write true or false, without quotes"),
    ("{kind: integer, type: 3}", "TD1022", 32, "'type' is text, not the number 3", "put it in quotes"),
    ("{kind: integer, type: " + "x" * 50 + "}", "TD1023", 32, "'type' has at most 40 characters", "docs/errors.md explains TD1023"),
    ("{kind: integer, distribution: unifrom}", "TD1024", 40, "'distribution' cannot be text 'unifrom'",
     "did you mean 'uniform'?"),
    ("{kind: integer, nulls: 1.5}", "TD1024", 33, "a share is between 0 and 1, or between 0% and 100%", "docs/errors.md explains TD1024"),
    ("{kind: integer, skew: {zipff: 3}}", "TD1020", 33, "unknown key 'zipff'", "did you mean 'zipf'?"),
    ("{kind: integer, skew: 3}", "TD1022", 32, "'skew' is a mapping, not the number 3",
     "write 'key: value' lines below it"),
    ("{kind: integer, ranges: [{zpf: 1}]}", "TD1020", 36, "unknown key 'zpf'", "did you mean 'zipf'?"),
    ("{kind: integer, after: soon}", "TD1024", 33,
     "'soon' is not a duration", "write a number and a unit, such as 10min or 2d"),
    ("{kind: choice}", "TD1021", 7, "'values' is missing", "add 'values: ...'"),
    ("{kind: choice, values: 3}", "TD1022", 33, "'values' is a mapping or a list, not the number 3", "write 'key: value' lines below it or write it as [a, b]"),
    ("{kind: choice, values: {a: x}}", "TD1022", 37, "'a' is a number, not text 'x'", "write it without quotes, such as 1.5"),
    ("{kind: choice, values: [a, 3]}", "TD1022", 37, "entry 2 of 'values' is text, not the number 3", "put it in quotes"),
    ("{kind: chioce}", "TD1001", 17, "unknown kind 'chioce'", "did you mean 'choice'?"),
    ("{kind: [x]}", "TD1022", 11, "'kind' is a name, not a list", "known: choice, integer, key"),
    ("{min: 3}", "TD1021", 7, "'kind' is missing", "known: choice, integer, key"),
    ("integer", "TD1022", 10, "a column is a mapping, not text 'integer'", "write it as {kind: integer, min: 1, max: 6}"),
])  # fmt: skip
def test_column_complaint_is_one_plain_sentence_at_its_place(one_problem, *, column, code, at, message, hint):
    text = f"{HEAD}  t:\n    rows: 1\n    columns:\n      x: {column}\n"
    found = one_problem(text)
    assert (found[0], found[3], found[4]) == (code, message, hint)
    assert found[1:3] == (7, at)


@pytest.mark.parametrize(("rows", "code", "message"), [
    ("-1", "TD1023", "'rows' is at least 0, not the number -1"),
    ("1000000000001", "TD1023", "'rows' is at most 1000000000000, not the number 1000000000001"),
    ("true", "TD1026", "rows is a whole number, or a mapping with 'count', 'per' or 'file'"),
    ("'10'", "TD1026", "rows is a whole number, or a mapping with 'count', 'per' or 'file'"),
    ("1e9", "TD1026", "rows is a whole number, or a mapping with 'count', 'per' or 'file'"),
    ("[1]", "TD1026", "rows is a whole number, or a mapping with 'count', 'per' or 'file'"),
    ("", "TD1026", "rows is a whole number, or a mapping with 'count', 'per' or 'file'"),
    ("{mean: 3}", "TD1026", "rows needs 'count', 'per' (hour, day, week, month or a table) or 'file'"),
    ("{per: [a], mean: 3}", "TD1026", "'per' is a period or the name of a table"),
    ("{per: 3, mean: 3}", "TD1026", "'per' is a period or the name of a table"),
    ("{per: day}", "TD1021", "'mean' is missing"),
    ("{per: day, mean: -1}", "TD1023", "'mean' is at least 0, not the number -1"),
    ("{per: day, mean: 1, wekday: {}}", "TD1020", "unknown key 'wekday'"),
    ("{per: day, mean: 1, weekday: {sut: 2}}", "TD1025", "'sut' is no key of 'weekday'"),
    ("{per: day, mean: 1, growth: 15%}", "TD1024", "'15%' is not a growth"),
    ("{per: day, mean: 1, holidays: usa}", "TD1024", "'holidays' does not have the form ^[A-Z]{2}$: text 'usa'"),
    ("{per: day, mean: 1, noise: poison}", "TD1024", "'noise' cannot be text 'poison'"),
    ("{per: u, distribution: poisson}", "TD1024", "a poisson number of children needs a mean"),
    ("{per: u, min: 3, max: 2}", "TD1024", "max 2 is less than min 3"),
    ("{per: u, every: 0s}", "TD1024", "'every' is between 1ms and 31d"),
    ("{file: 3}", "TD1022", "'file' is text, not the number 3"),
    ("{file: a.csv, per: day}", "TD1020", "unknown key 'per'"),
])  # fmt: skip
def test_rows_complaint_is_one_plain_sentence(one_problem, rows, code, message):
    text = f"{HEAD}  t:\n    rows: {rows}\n    columns: {{x: {{kind: key}}}}\n  u: {{rows: 1, columns: {{x: {{kind: key}}}}}}\n"
    found = one_problem(text)
    assert (found[0], found[1], found[3]) == (code, 5, message)


@pytest.mark.parametrize(("text", "code", "line", "message"), [
    ("tables: {t: {rows: 1, columns: {x: {kind: key}}}}", "TD1021", 1, "'dataset' is missing"),
    ("dataset: a", "TD1021", 1, "'tables' is missing"),
    ("dataset: a\ntables: {}", "TD1023", 2, "'tables' has at least 1 entries, not 0"),
    ("dataset: a\ntables: [b]", "TD1022", 2, "'tables' is a mapping, not a list"),
    ("dataset: a\ntables: {t: }", "TD1022", 2, "table 't' is a mapping, not nothing"),
    ("dataset: a\ntables: {t: {columns: {x: {kind: key}}}}", "TD1021", 2, "'rows' is missing"),
    ("dataset: a\ntables: {t: {rows: 1, columns: [x]}}", "TD1022", 2, "'columns' is a mapping, not a list"),
    ("dataset: a\ntables: {3: {rows: 1, columns: {x: {kind: key}}}}", "TD1025", 2, "'3' is no key of 'tables'"),
    ("dataset: a\ntables: {t: {rows: 1, columns: {x: {kind: key}}, rules: [{sqll: a}]}}", "TD1020", 2,
     "unknown key 'sqll'"),
    ("dataset: a\nstart: 2200-01-02\ntables: {t: {rows: 1, columns: {x: {kind: key}}}}", "TD1024", 2,
     "start is between 1970-01-01 and 2200-01-01"),
    ("dataset: a\nstart: '2025-01-01'\ntables: {t: {rows: 1, columns: {x: {kind: key}}}}", "TD1022", 2,
     "'start' is a date, not text '2025-01-01'"),
    ("dataset: a\ntables: {t: {rows: {per: day, mean: 1}, columns: {x: {kind: key}}}}", "TD1024", 1,
     "table 't' is partitioned in time"),
    ("dataset: ../../x\ntables: {t: {rows: 1, columns: {x: {kind: key}}}}", "TD1024", 1,
     "'../../x' is not a name"),
    ("dataset: con\ntables: {t: {rows: 1, columns: {x: {kind: key}}}}", "TD1034", 1,
     "'con' is a device on Windows, not a file"),
    ("dataset: a\nlocale: EN-us\ntables: {t: {rows: 1, columns: {x: {kind: key}}}}", "TD1024", 2,
     "'locale' does not have the form ^[a-z]{2,3}(_[A-Z][A-Za-z]{3})?(_[A-Z]{2})?$: text 'EN-us'"),
])  # fmt: skip
def test_dataset_complaint_is_one_plain_sentence(complain, text, code, line, message):
    found = [(one.code, one.where.line, one.message) for one in complain(text)]
    assert (code, line, message) in found
    assert all(one[0] in {code, "TD1021", "TD1037"} for one in found), found

from __future__ import annotations

from datetime import date


def years(born: date, then: date) -> int:
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def test_birthdays_up_to_a_day(build):
    columns = """
        b: {kind: birth_date, min_age: 0, max_age: 90}
        t: {kind: timestamp, start: 2020-01-01, end: 2030-01-01}
        d: {kind: date, start: 1600-01-01, end: 2400-01-01, nulls: 10%}
        a: {kind: age}
        at: {kind: age, as_of: t}
        since: {kind: age, of: d, as_of: 2028-02-29}
    """
    for row in build(columns, rows=20_000).to_pylist():
        assert row["a"] == years(row["b"], date(2025, 1, 1))
        assert row["at"] == years(row["b"], row["t"].date())
        assert row["since"] == (None if row["d"] is None else years(row["d"], date(2028, 2, 29)))


def test_problems(problems):
    assert problems("a: {kind: age, of: b}\nb: {kind: position}")[0][0] == "TD2026"
    assert problems("a: {kind: age, as_of: b}")[0][0] == "TD2002"

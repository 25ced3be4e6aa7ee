"""Days."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from tempdata_dagster.core.errors import SpecError

START = "start: 2025-01-01"


def test_every_day_of_a_range_is_as_frequent(build):
    days = build("d: {kind: date, start: 2024-02-01, end: 2024-03-01}", rows=29_000)["d"]
    assert days.type == pa.date32()
    offsets = np.array([(day - date(2024, 2, 1)).days for day in days.to_pylist()])
    assert stats.chisquare(np.bincount(offsets, minlength=29)).pvalue > 1e-3


def test_ranges_reach_to_the_ends_of_the_calendar(build):
    days = build("d: {kind: date, start: 0001-01-02, end: 9999-12-30}", rows=20_000)["d"].to_pylist()
    assert min(days) < date(10, 1, 1)
    assert max(days) > date(9990, 1, 1)


def test_unique_days(build):
    days = build("d: {kind: date, start: 2024-01-01, end: 2024-01-11, unique: true}", rows=10)["d"].to_pylist()
    assert sorted(days) == [date(2024, 1, 1) + timedelta(days=i) for i in range(10)]


def test_lags_are_whole_days_after(build):
    table = build(
        """
        at: {kind: timestamp, start: 2024-01-01, end: 2024-12-01, nulls: 10%}
        day: {kind: date, of: at}
        due: {kind: date, after: at, lag: {min: 2d, max: 4d}}
        late: {kind: date, after: day, lag: {min: 1d, max: 90d, mean: 11d, distribution: exponential}}
        """,
        rows=20_000,
    )
    rows = table.to_pylist()
    assert all(
        (row["at"] is None) == (row["day"] is None) == (row["due"] is None) == (row["late"] is None) for row in rows
    )
    rows = [row for row in rows if row["at"]]
    assert all(row["at"].date() == row["day"] for row in rows)
    lags = np.array([(row["due"] - row["day"]).days for row in rows])
    assert stats.chisquare(np.bincount(lags - 2, minlength=3)).pvalue > 1e-3
    late = np.array([(row["late"] - row["day"]).days for row in rows])
    assert (late.min(), late.max() <= 90) == (1, True)
    assert late.mean() == pytest.approx(11, abs=0.4)


@pytest.mark.parametrize(
    ("period", "day"), [("hour", "2025-01-03"), ("day", "2025-01-03"), ("week", "2025-01-13"), ("month", "2025-02-01")]
)
def test_arrives_within_its_partition(compile_columns, period, day):
    more = f"""
  p:
    rows: {{per: {period}, mean: 500, initial: 300, history: 30d}}
    columns: {{d: {{kind: date}}}}
"""
    plan = compile_columns("x: {kind: position}", rows=1, head=START, more=more)
    first = plan.first_ordinal("p")
    keys = plan.partition_keys("p", None, day + ("-05:00" if period == "hour" else ""))
    assert first
    days = {}
    for key in (keys[0], keys[-1]):
        frames = [f for part in plan.parts("p", key) for f in plan.frames(part)]
        days[key] = sorted({value for f in frames for value in f.column("d").to_pylist()})
    begin = date.fromisoformat(day)
    lengths = {"hour": 1, "day": 1, "week": 7, "month": 28}
    assert days[keys[-1]] == [begin + timedelta(days=i) for i in range(lengths[period])]
    # The initial population came in the 30 days before.
    assert days[keys[0]][0] == date.fromisoformat(keys[0][:10]) - timedelta(days=30)


def test_says_how_late_it_can_be(compile_columns):
    more = """
  orders:
    rows: {per: day, mean: 200}
    key: id
    columns: {id: {kind: key, prefix: O}, day: {kind: date}}
  shipments:
    rows: {per: orders, partition_by: shipped}
    columns:
      order: {kind: reference, to: orders}
      ordered: {kind: lookup, of: order, column: day}
      shipped: {kind: date, after: ordered, lag: {max: 3d}}
"""
    plan = compile_columns("x: {kind: position}", rows=1, head=START, more=more)
    for key in plan.partition_keys("shipments", "2025-01-05", "2025-01-06"):
        frames = [f for part in plan.parts("shipments", key) for f in plan.frames(part)]
        shipped = {value for f in frames for value in f.column("shipped").to_pylist()}
        ordered = {value for f in frames for value in f.column("ordered").to_pylist()}
        assert shipped == {date.fromisoformat(key)}
        assert ordered == {date.fromisoformat(key) - timedelta(days=i) for i in range(4)}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("start: 2024-01-01", "start and end go together"),
        ("start: 2024-01-02, end: 2024-01-02", "end is not after start"),
        ("start: 2024-02-30, end: 2024-03-01", "there is no day 2024-02-30"),
        ("start: 0001-01-01, end: 2024-01-01", "a day lies between"),
        ("start: 2024-01-01, end: 9999-12-31", "a day lies between"),
        ("start: '2024-01-01', end: 2024-03-01", "is a date"),
        ("start: now, end: 2024-03-01", "is a date"),
        ("after: x", "after and lag go together"),
        ("after: t, lag: {min: 1h, max: 2d}", "whole days"),
        ("after: t, lag: {min: 3d, max: 2d}", "less than its min"),
        ("after: x, lag: {max: 2d}", "'x' is no moment"),
        ("of: x", "'x' is no timestamp"),
        ("of: nothing", "no column 'nothing'"),
        ("of: t, start: 2024-01-01, end: 2024-02-01", "only one of these"),
        ("unique: true, start: 2024-01-01, end: 2024-01-31", "needs 1,000 distinct values"),
        ("description: nothing else", "do not arrive in time by themselves"),
    ],
)
def test_says_what_is_wrong(compile_columns, settings, message):
    more = "      x: {kind: position}\n      t: {kind: timestamp, start: 2024-01-01, end: 2025-01-01}\n"
    with pytest.raises(SpecError) as error:
        compile_columns(f"d: {{kind: date, {settings}}}", more=more)
    assert message in str(error.value)

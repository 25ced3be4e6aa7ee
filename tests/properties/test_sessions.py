"""Events in sessions are in order, and sessions are as long as asked for; tenures are those of the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.plan import Plan, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.tenure import count_units
from tempdata_dagster.spec.load import load_dataset

CLICKS = """
dataset: d
seed: 6
start: 2025-01-01
tables:
  users:
    rows: 1_500
    columns:
      at: {kind: timestamp, start: 2024-01-01, end: 2024-06-01}
  clicks:
    rows: {per: users, distribution: poisson, mean: 60}
    columns:
      began: {kind: lookup, of: user, column: at}
      user: {kind: reference, to: users}
      at: {kind: session_time, after: at, gap: {min: 1s, max: 1min}, pause: {min: 1h, max: 2d}, events: 5}
      session: {kind: session_number, of: at}
"""


@pytest.fixture
def plan_of(tmp_path):
    def plan_of_(text: str) -> Plan:
        text = text.replace("rows: 1_500\n", "rows: 1_500\n    key: id\n").replace(
            "      at: {kind: timestamp, start", "      id: {kind: key}\n      at: {kind: timestamp, start"
        )
        (tmp_path / "d.yaml").write_text(text, encoding="utf-8")
        return compile_plan(load_dataset(tmp_path / "d.yaml", KINDS))

    return plan_of_


def test_events_are_in_order_and_sessions_as_asked_for(plan_of, figure):
    plan = plan_of(CLICKS)
    rows = []
    for part in plan.parts("clicks", None):
        for frame in plan.frames(part):
            users = frame.parent().rows.ordinal.tolist()
            rows += zip(users, *(frame.column(n).to_pylist() for n in ("began", "at", "session")), strict=True)
    same = [(one, two) for one, two in pairwise(rows) if one[0] == two[0]]
    unordered = sum(two[2] < one[2] for one, two in same) + sum(at < began for _, began, at, _ in rows)
    within = [(two[2] - one[2]).total_seconds() for one, two in same if one[3] == two[3]]
    between = [(two[2] - one[2]).total_seconds() for one, two in same if one[3] != two[3]]
    share = len(between) / len(same)
    figure(f"sessions: {unordered} of {len(rows):,} events out of order, {1 / share:.3f} events a session of 5")
    assert unordered == 0
    assert all(two[3] - one[3] in (0, 1) for one, two in same)
    assert {row[3] for last, row in pairwise([(None,), *rows]) if last[0] != row[0]} == {1}
    assert 1 / share == pytest.approx(5, rel=0.03)
    assert (min(within) >= 1, max(within) <= 60, min(between) >= 3_600, max(between) <= 2 * 86_400) == (True,) * 4
    assert np.mean(within) == pytest.approx(30.5, rel=0.02)


def test_events_may_be_published_on_their_own_days(plan_of):
    text = CLICKS.replace(
        "rows: 1_500\n    columns:\n      at: {kind: timestamp, start: 2024-01-01, end: 2024-06-01}",
        "rows: {per: day, mean: 50}\n    key: id\n    columns:\n      id: {kind: key, prefix: U}\n      at: {kind: timestamp}",
    )
    text = text.replace("mean: 60}", "mean: 6, max: 12, partition_by: at}")
    plan = plan_of(text)
    for key in plan.partition_keys("clicks", "2025-01-20", "2025-01-21"):
        cells = pa.chunked_array([f.column("at") for part in plan.parts("clicks", key) for f in plan.frames(part)])
        assert {moment.date().isoformat() for moment in cells.to_pylist()} == {key}
        assert len(cells) > 100


def test_tenures_are_those_of_the_calendar(figure):
    first = np.arange(-9_000, 20_000, 13)
    last = first + np.arange(len(first)) * 7 % 9_000
    epoch = date(1970, 1, 1)
    wrong = 0
    for unit, months in (("months", 1), ("years", 12)):
        for begin, end, found in zip(
            first.tolist(), last.tolist(), count_units(first, last, unit).tolist(), strict=True
        ):
            one, two = epoch + timedelta(days=begin), epoch + timedelta(days=end)
            passed = (two.year - one.year) * 12 + two.month - one.month - (two.day < one.day)
            wrong += passed // months != found
    figure(f"{wrong} of {2 * len(first):,} tenures differ from those of the calendar")
    assert wrong == 0
    assert count_units(first, last, "weeks").tolist() == [(b - a) // 7 for a, b in zip(first, last, strict=True)]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("of: at}", "of: began}", "TD2084"),
        ("gap: {min: 1s, max: 1min}", "gap: {min: 1, max: 4, unit: business_days}", "TD1024"),
        ("after: at", "after: id", "TD2026"),
        ("after: at", "after: att", "TD2002"),
        ("rows: {per: users, distribution: poisson, mean: 60}", "rows: 60", "TD2084"),
        ("session: {kind: session_number, of: at}", "session: {kind: tenure, of: at}", "TD2083"),
        ("session: {kind: session_number, of: at}", "session: {kind: tenure, of: user, as_of: 2025-01-01}", "TD2026"),
    ],
)
def test_settings_that_make_no_sense_are_refused(plan_of, old, new, code):
    assert old in CLICKS
    with pytest.raises(SpecError) as raised:
        plan_of(CLICKS.replace(old, new))
    assert code in {problem.code for problem in raised.value.problems}
    assert all(problem.hint and problem.where.line for problem in raised.value.problems)

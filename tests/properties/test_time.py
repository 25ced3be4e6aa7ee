"""Local time, opening hours, business days and lags: shares as declared, and nothing outside its hours."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.plan import Plan, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset


@pytest.fixture
def plan_of(tmp_path):
    def plan_of_(rows: str, columns: str, more: str = "") -> Plan:
        text = f"dataset: d\nseed: 3\nstart: 2025-03-01\ntables:\n  t:\n    rows: {rows}\n    columns:\n"
        text += "".join(f"      {line.strip()}\n" for line in columns.strip().splitlines()) + more
        (tmp_path / "d.yaml").write_text(text, encoding="utf-8")
        return compile_plan(load_dataset(tmp_path / "d.yaml", KINDS))

    return plan_of_


def read(plan: Plan, name: str, first: str | None = None, last: str | None = None) -> list:
    keys = [None] if first is None else plan.partition_keys("t", first, last)
    blocks = [f.column(name) for key in keys for part in plan.parts("t", key) for f in plan.frames(part)]
    return pa.chunked_array(blocks).to_pylist()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Asia/Kolkata"])
def test_hours_are_those_of_the_zones_clocks_on_both_sides_of_daylight_saving(plan_of, figure, zone):
    plan = plan_of(
        "{per: day, mean: 20_000}", f"at: {{kind: timestamp, zone: {zone}, hours: {{0-6: 0, 9-17: 3, 23: 0}}}}"
    )
    weights = np.array([0.0] * 7 + [1.0] * 2 + [3.0] * 9 + [1.0] * 5 + [0.0])
    error, forbidden = 0.0, 0
    for first, last in (("2025-03-02", "2025-03-06"), ("2025-04-06", "2025-04-10"), ("2025-11-10", "2025-11-12")):
        moments = read(plan, "at", first, last)
        assert moments == sorted(moments)
        hours = [moment.astimezone(ZoneInfo(zone)).hour for moment in moments]
        shares = np.bincount(hours, minlength=24) / len(hours)
        error = max(error, float(np.abs(shares - weights / weights.sum()).max()))
        forbidden += sum(weights[hour] == 0 for hour in hours)
    figure(f"hours in {zone}: shares off by {error:.4f} at most, {forbidden} in forbidden hours")
    assert error < 0.01
    assert forbidden == 0


def test_the_day_of_the_change_has_its_hours_too(plan_of):
    plan = plan_of("{per: day, mean: 46_000}", "at: {kind: timestamp, zone: Europe/Berlin, hours: {0-23: 1}}")
    moments = read(plan, "at", "2025-03-30", "2025-03-30")
    hours = np.bincount([moment.astimezone(ZoneInfo("Europe/Berlin")).hour for moment in moments], minlength=24)
    assert hours[2] == 0  # there was no such hour
    assert (hours[0], hours[1]) == (pytest.approx(46_000 / 24, rel=0.02), pytest.approx(2 * 46_000 / 24, rel=0.02))


def test_as_of_follows_the_zone(plan_of, figure):
    more = """
  visits:
    rows: {per: day, mean: 5_000}
    columns:
      at: {kind: timestamp}
      t: {kind: reference, to: t, as_of: at, nulls: 5%}
      born: {kind: lookup, of: t, column: at}
"""
    columns = "id: {kind: key, prefix: T}\nat: {kind: timestamp, zone: Asia/Tokyo, hours: {0-6: 0, 9-17: 3}}"
    text = "{per: day, mean: 50}\n    key: id"
    plan = plan_of(text, columns, more)
    early = rows = 0
    for key in plan.partition_keys("visits", "2025-03-01", "2025-03-03"):
        for part in plan.parts("visits", key):
            for frame in plan.frames(part):
                pairs = zip(frame.column("at").to_pylist(), frame.column("born").to_pylist(), strict=True)
                known = [(at, born) for at, born in pairs if born is not None]
                early, rows = early + sum(born > at for at, born in known), rows + len(known)
    figure(f"{early} of {rows:,} references to rows of a zone that do not exist yet")
    assert early == 0
    assert rows > 10_000


def test_business_days_are_even_and_skip_weekends_and_holidays(plan_of, figure):
    plan = plan_of(
        "60_000",
        """
        at: {kind: timestamp, start: 2024-01-01, end: 2025-12-01}
        sent: {kind: timestamp, after: at, lag: {min: 1, max: 4, unit: business_days, holidays: US}}
        due: {kind: date, after: at, lag: {min: 0, max: 4, unit: business_days, holidays: US}}
        """,
    )
    free = holidays.country_holidays("US", years=range(2023, 2027))
    days = [date(2024, 1, 1) + timedelta(days=i) for i in range(800)]
    number, count = {}, 0
    for day in days:
        count += day.weekday() < 5 and day not in free
        number[day] = count
    rows = list(zip(*(read(plan, name) for name in ("at", "sent", "due")), strict=True))
    closed = sum(day.weekday() > 4 or day in free for _, sent, due in rows for day in (sent.date(), due))
    lags = np.bincount([number[sent.date()] - number[at.date()] for at, sent, _ in rows])
    figure(f"lags of 1 to 4 business days: shares {np.round(lags / len(rows), 4).tolist()}, {closed} on closed days")
    assert closed == 0
    assert lags[0] == 0
    assert len(lags) == 5
    assert stats.chisquare(lags[1:]).pvalue > 1e-3
    assert all(at.time() == sent.time() for at, sent, _ in rows[:2_000])


def test_business_hours_are_kept_in_local_time(plan_of, figure):
    plan = plan_of(
        "40_000",
        """
        asked: {kind: timestamp, start: 2024-01-01, end: 2025-12-01}
        opened: {kind: timestamp, start: 2024-03-01, end: 2024-12-01, business: {open: 8.5, close: 18, holidays: DE}, zone: Europe/Berlin}
        solved: {kind: timestamp, after: asked, lag: {distribution: lognormal, median: 5h, sigma: 1}, business: {holidays: DE}, zone: Europe/Berlin}
        called: {kind: timestamp, after: asked, lag: {min: 1, max: 2, unit: business_days}, business: {holidays: DE}, zone: Europe/Berlin}
        """,
    )
    zone, free = ZoneInfo("Europe/Berlin"), holidays.country_holidays("DE", years=range(2023, 2027))
    outside = 0
    for name, first, last in (("opened", 8.5, 18), ("solved", 9, 17), ("called", 9, 17)):
        for moment in read(plan, name):
            local = moment.astimezone(zone)
            hour = local.hour + local.minute / 60 + local.second / 3600
            outside += not first <= hour <= last or local.weekday() > 4 or local.date() in free
    early = sum(asked > solved for asked, solved in zip(read(plan, "asked"), read(plan, "solved"), strict=True))
    months = np.bincount([moment.month for moment in read(plan, "opened")], minlength=13)[3:12]
    open_days = [
        sum(
            d.weekday() < 5 and d not in free
            for i in range(275)
            if (d := date(2024, 3, 1) + timedelta(days=i)).month == m
        )
        for m in range(3, 12)
    ]
    error = float(np.abs(months / months.sum() - np.array(open_days) / sum(open_days)).max())
    figure(
        f"{outside} of 120,000 moments outside business hours, {early} before they were asked; months off by {error:.4f}"
    )
    assert (outside, early) == (0, 0)
    assert error < 0.01


def test_lognormal_lags_have_their_median_and_their_sigma(plan_of, figure):
    plan = plan_of(
        "100_000",
        """
        at: {kind: timestamp, start: 2024-01-01, end: 2025-12-01}
        sent: {kind: timestamp, after: at, lag: {distribution: lognormal, median: 2d, sigma: 0.7}}
        """,
    )
    lags = np.array([(s - a).total_seconds() for a, s in zip(read(plan, "at"), read(plan, "sent"), strict=True)])
    median, sigma = float(np.median(lags) / 86_400), float(np.log(lags).std())
    figure(f"lognormal lag: median {median:.3f}d of 2d, sigma {sigma:.4f} of 0.7")
    assert median == pytest.approx(2, rel=0.03)
    assert sigma == pytest.approx(0.7, rel=0.03)


@pytest.mark.parametrize(
    ("rows", "columns", "code"),
    [
        ("{per: day, mean: 5}", "at: {kind: timestamp, zone: Europe/Berln}", "TD2081"),
        ("{per: day, mean: 5}", "at: {kind: timestamp, zone: ../etc}", "TD2081"),
        ("{per: day, mean: 5, holidays: XX}", "at: {kind: timestamp}", "TD2080"),
        ("{per: day, mean: 5}", "at: {kind: timestamp, business: {}}", "TD2082"),
        ("5", "at: {kind: timestamp, start: 2025-03-01, end: 2025-03-02, business: {}}", "TD2082"),
        ("5", "at: {kind: timestamp, start: 2025-03-01, end: 2025-03-09, business: {holidays: XX}}", "TD2080"),
        ("5", "d: {kind: date, start: 2025-03-01, end: 2025-03-09}\ne: {kind: date, after: d, lag: {max: 3, unit: business_days, holidays: XX}}", "TD2080"),
        ("5", "d: {kind: date, start: 2025-03-01, end: 2025-03-09}\ne: {kind: date, after: d, lag: {max: 3d, unit: business_days}}", "TD1024"),
        ("5", "d: {kind: date, start: 2025-03-01, end: 2025-03-09}\ne: {kind: date, after: d, lag: {max: 3d, holidays: US}}", "TD1024"),
        ("5", "d: {kind: date, start: 2025-03-01, end: 2025-03-09}\ne: {kind: timestamp, after: d, lag: {distribution: lognormal}}", "TD1024"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(plan_of, rows, columns, code):
    with pytest.raises(SpecError) as raised:
        plan_of(rows, columns)
    assert [problem.code for problem in raised.value.problems] == [code]
    assert all(problem.hint and problem.where.line for problem in raised.value.problems)

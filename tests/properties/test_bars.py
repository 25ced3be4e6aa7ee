"""Bars and meters nest: what the small intervals show adds up to what the large ones show, exactly."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.plan import Plan, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset

LIKE = "".join(
    f"\n      {name}: {{kind: ohlcv, field: {name}, like: minutes.open}}" for name in ("high", "low", "close", "volume")
)
BARS = f"""
dataset: d
seed: 4
start: 2025-03-01
tables:
  tickers:
    rows: 12
    columns: {{listed_at: {{kind: number, distribution: uniform, min: 5, max: 500, decimals: 2}}}}
  minutes:
    rows: {{per: tickers, every: 1min}}
    columns:
      at: {{kind: timestamp}}
      open: {{kind: ohlcv, field: open, base: listed_at, geometric_brownian: {{volatility: 0.4}}, hours: {{0-8: 0}}, jumps: {{every: 5d, spread: 0.1}}}}{LIKE}
  hours:
    rows: {{per: tickers, every: 1h}}
    columns:
      at: {{kind: timestamp}}
      open: {{kind: ohlcv, field: open, like: minutes.open}}{LIKE}
  days:
    rows: {{per: tickers, every: 1d, partition: week}}
    columns:
      at: {{kind: timestamp}}
      open: {{kind: ohlcv, field: open, like: minutes.open}}{LIKE}
"""
METER = "rate: need, noise: 0.8, hours: {0-5: 0.2, 18-22: 3}, weekday: {sun: 2}, process: power, tick: 10min"
METERS = f"""
dataset: d
seed: 4
start: 2025-03-01
tables:
  homes:
    rows: 30
    columns: {{need: {{kind: number, distribution: uniform, min: 2, max: 30, decimals: 1}}}}
  readings:
    rows: {{per: homes, every: 10min}}
    columns:
      reading: {{kind: meter, {METER}}}
      usage: {{kind: meter, field: usage, {METER}}}
  days:
    rows: {{per: homes, every: 1d, partition: week}}
    columns:
      usage: {{kind: meter, field: usage, {METER}}}
"""
MONDAY = "2025-03-03"


def plan_of(folder, text: str) -> Plan:
    (folder / "d.yaml").write_text(text, encoding="utf-8")
    return compile_plan(load_dataset(folder / "d.yaml", KINDS))


def read(plan: Plan, table: str, names: list[str], first: str, last: str) -> list[tuple]:
    """Rows of a table with the number of their parent before them."""
    rows = []
    for key in plan.partition_keys(table, first, last):
        for part in plan.parts(table, key):
            for frame in plan.frames(part):
                parent = frame.parent().rows.ordinal.tolist()
                rows += zip(parent, *(frame.column(name).to_pylist() for name in names), strict=True)
    return rows


FIELDS = ["open", "high", "low", "close", "volume"]


def test_bars_of_minutes_are_those_of_hours_and_days(tmp_path, figure):
    plan = plan_of(tmp_path, BARS)
    last = "2025-03-09"
    minutes = read(plan, "minutes", ["at", *FIELDS], MONDAY, last)
    wrong = [bar for bar in minutes if not bar[4] <= min(bar[2], bar[5]) <= max(bar[2], bar[5]) <= bar[3]]
    checked = len(minutes)
    for table, unit in (("hours", "h"), ("days", "D")):
        groups = defaultdict(list)
        for ticker, at, *bar in minutes:
            groups[ticker, np.datetime64(at.replace(tzinfo=None), unit)].append(bar)
        bars = read(plan, table, ["at", *FIELDS], MONDAY, MONDAY if table == "days" else last)
        assert len(bars) == len(groups)
        for ticker, at, *bar in bars:
            some = groups[ticker, np.datetime64(at.replace(tzinfo=None), unit)]
            added = [some[0][0], max(b[1] for b in some), min(b[2] for b in some), some[-1][3], sum(b[4] for b in some)]
            wrong += [(ticker, at)] if added != bar else []
        checked += len(bars)
    figure(f"{len(wrong)} of {checked:,} bars out of order or not the sum of their minutes")
    assert wrong == []
    assert sum(bar[6] for bar in minutes if bar[1].hour <= 8) == 0


def test_the_volatility_of_closes_is_what_was_asked_for(tmp_path, figure):
    text = BARS.replace(", jumps: {every: 5d, spread: 0.1}", "").replace("rows: 12", "rows: 60")
    plan = plan_of(tmp_path, text)
    closes = read(plan, "hours", ["close"], "2025-03-03", "2025-03-20")
    logs = np.log(
        np.array([float(close) for _, close in closes]).reshape(18, 60, 24).transpose(1, 0, 2).reshape(60, -1)
    )
    found = float(np.diff(logs, axis=1).std() * (365.2425 * 24) ** 0.5)
    figure(f"volatility of hourly closes 0.4: {found:.4f} found ({logs.size:,} bars)")
    assert found == pytest.approx(0.4, rel=0.03)


def test_meters_never_run_backwards_and_usages_add_up(tmp_path, figure):
    plan = plan_of(tmp_path, METERS)
    last = "2025-03-09"
    readings = read(plan, "readings", ["reading", "usage"], MONDAY, last)
    by_home = defaultdict(list)
    for home, reading, usage in readings:
        by_home[home].append((reading, usage))
    back = sum(one[0] > other[0] for rows in by_home.values() for one, other in pairwise(rows))
    gaps = sum(one[0] + one[1] != other[0] for rows in by_home.values() for one, other in pairwise(rows))
    days = defaultdict(list)
    for home, usage in read(plan, "days", ["usage"], MONDAY, MONDAY):
        days[home].append(usage)
    wrong = sum(
        [sum(u for _, u in rows[d * 144 : d * 144 + 144]) for d in range(7)] != days[home]
        for home, rows in by_home.items()
    )
    figure(f"{back} of {len(readings):,} readings run backwards, {gaps + wrong} usages do not add up")
    assert (back, gaps, wrong, len(by_home)) == (0, 0, 0, 30)
    assert sum(usage == 0 for _, _, usage in readings) < len(readings) / 100


def test_what_meters_use_follows_their_calendar(tmp_path, figure, torture):
    plan = plan_of(tmp_path, METERS.replace("rows: 30", f"rows: {1_000 if torture else 200}"))
    used = np.array([float(u) for _, u in read(plan, "readings", ["usage"], MONDAY, "2025-03-09")]).reshape(
        7, -1, 24, 6
    )
    need = np.array(
        [
            float(v)
            for part in plan.parts("homes", None)
            for f in plan.frames(part)
            for v in f.column("need").to_pylist()
        ]
    )
    weights = np.array([0.2] * 6 + [1.0] * 12 + [3.0] * 5 + [1.0])
    shares = used.sum(axis=(0, 1, 3)) / used.sum()
    of_sunday = float(used[6].sum() / used[:6].sum() * 6)
    error = float(np.abs(shares - weights / weights.sum()).max())
    mean = float(used[:6].sum() / 6 / need.sum())
    figure(
        f"shares of hours off by {error:.4f} at most; Sundays use {of_sunday:.3f} times as much of 2; mean {mean:.4f} of 1"
    )
    assert error < 0.01
    assert of_sunday == pytest.approx(2, rel=0.02)
    assert mean == pytest.approx(1, rel=0.02)


@given(day=st.integers(0, 30), ticker=st.integers(0, 11), window=st.tuples(st.integers(0, 1400), st.integers(1, 40)))
def test_any_bars_alone_are_those_of_a_full_run(bars, day, ticker, window):
    plan, whole = bars
    relation = plan.relations["minutes"]
    steps = np.arange(window[0], min(sum(window), 1440))
    rows = Addresses(relation.layout.first + day, (ticker << relation.layout.bits) | steps)
    for name in ("high", "volume"):
        if day not in whole:
            partition = relation.layout.first + day
            full = (np.arange(12)[:, None] << relation.layout.bits | np.arange(1440)).ravel()
            whole[day] = {n: relation.at(Addresses(partition, full)).column(n) for n in ("high", "volume")}
        assert relation.at(rows).column(name).equals(whole[day][name][ticker * 1440 + window[0] :][: len(steps)])


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    return plan_of(tmp_path_factory.mktemp("bars"), BARS), {}


@pytest.mark.parametrize(
    ("text", "old", "new", "code"),
    [
        (BARS, "like: minutes.open}\n  days", "like: minutes.at}\n  days", "TD2021"),
        (BARS, "hours: {0-8: 0}", "hours: {0-8: 0}, tick: 7s", "TD2076"),
        (METERS, "rate: need", "rate: 5, origin: 2026-01-01", "TD2077"),
        (METERS, "tick: 10min}}\n  days".replace("}}", "}"), "tick: 3min}\n  days", "TD2076"),
        (METERS, "rate: need", "rate: -5", "TD1023"),
        (BARS, "like: minutes.open}\n      low", "base: 7}\n      low", "TD2077"),
        (METERS, "rate: need", "rate: 5, holidays: XX", "TD2080"),
        (
            METERS,
            "rate: need",
            "rate: 5, weekday: {mon: 0, tue: 0, wed: 0, thu: 0, fri: 0, sat: 0, sun: 0}, month: {}",
            "",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path, text, old, new, code):
    assert old in text
    with pytest.raises(SpecError) as raised:
        plan_of(tmp_path, text.replace(old, new))
    assert {problem.code for problem in raised.value.problems} >= ({code} if code else set())

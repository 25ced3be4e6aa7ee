from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempdata_dagster.core.partition import DAY_US, Period, ordinal_at, start_of
from tempdata_dagster.engine.addresses import INITIAL
from tempdata_dagster.engine.calendar import Calendar, holiday_days
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.spec.rows import PeriodRows

PERIODS = list(Period)


def calendar_of(period: Period, **settings: object) -> Calendar:
    rows = PeriodRows.model_validate({"per": period, "mean": 1_000.0} | settings, strict=False)
    return Calendar(rows, date(2025, 1, 1), Stream.of("rows"))


@pytest.mark.parametrize("period", PERIODS)
def test_counts_before_and_places_agree(period: Period) -> None:
    clock = calendar_of(period, initial=500, noise="poisson")
    ordinals = np.arange(clock.first, clock.first + 40)
    counts = clock.count(ordinals)
    assert np.array_equal(clock.before(ordinals), 500 + np.cumsum(counts) - counts)
    index = np.arange(int(clock.before(ordinals[-1:])[0]))
    partition, ordinal = clock.locate(index)
    assert np.array_equal(clock.before(partition) + ordinal, index)
    assert (partition[:500] == INITIAL).all()
    assert np.array_equal(clock.count(np.array([INITIAL, clock.first - 1])), [500, 0])


@pytest.mark.parametrize("period", PERIODS)
@settings(max_examples=30)
@given(offset=st.integers(0, 30), seed=st.integers(0, 1000))
def test_rows_arrive_in_order_and_those_that_have_arrived_are_counted(period: Period, offset: int, seed: int) -> None:
    clock = calendar_of(period, initial=50, weekday={"sat": 2.0}, hours={"9-17": 3, "0-5": 0})
    partition = clock.first + offset
    total = int(clock.count(np.array([partition]))[0])
    share = (np.arange(total) + np.random.default_rng(seed).random(total)) / total
    moments = clock.moment(partition, share, None)
    assert (np.diff(moments) >= 0).all()
    assert (ordinal_at(period, moments) == partition).all()
    at = int(start_of(period, partition)) + seed * DAY_US // 24_000
    known = int(clock.arrived(np.array([at]), None)[0] - clock.before(np.array([ordinal_at(period, at)]))[0])
    same = ordinal_at(period, at) == partition
    assert not same or known <= 0 or moments[known - 1] <= at
    vector = clock.moment(np.full(total, partition), share, None)
    assert np.array_equal(vector, moments)


def test_initial_rows_arrived_before_the_start_in_order() -> None:
    clock = calendar_of(Period.DAY, initial=1_000, history=100 * DAY_US)
    moments = clock.moment(INITIAL, np.arange(1_000) / 1_000, None)
    assert (np.diff(moments) > 0).all()
    assert moments[0] == clock.start_us - 100 * DAY_US
    assert moments[-1] < clock.start_us
    halfway = clock.arrived(np.array([clock.start_us - 50 * DAY_US]), None)
    assert abs(int(halfway[0]) - 500) <= 1
    assert moments[int(halfway[0]) - 1] <= clock.start_us - 50 * DAY_US


def test_calendar_shares_are_as_declared() -> None:
    clock = calendar_of(Period.DAY, mean=100_000.0, weekday={"sat": 1.4, "sun": 1.3}, month={"dec": 1.8})
    days = np.arange(clock.first, clock.first + 364)
    counts = clock.count(days)
    weekday = (days + 3) % 7
    january = days < clock.first + 31
    assert counts[january & (weekday == 5)].mean() == pytest.approx(140_000, rel=0.01)
    assert counts[january & (weekday == 6)].mean() == pytest.approx(130_000, rel=0.01)
    december = days >= clock.first + 334
    assert counts[december & (weekday == 2)].mean() == pytest.approx(180_000, rel=0.01)


def test_growth_compounds_by_the_year() -> None:
    clock = calendar_of(Period.MONTH, mean=1e6, growth=0.15)
    assert clock.rate(np.array([clock.first + 24]))[0] == pytest.approx(1e6 * 1.15**2, rel=0.002)


def test_holidays_lower_the_rate() -> None:
    clock = calendar_of(Period.DAY, holidays="US")
    independence_day = np.array([ordinal_at(Period.DAY, 0) + (date(2025, 7, 4) - date(1970, 1, 1)).days])
    assert clock.rate(independence_day)[0] == pytest.approx(400)
    assert (date(2025, 12, 25) - date(1970, 1, 1)).days in holiday_days("US", 2025, 2025)


def test_noise_is_poisson() -> None:
    for mean in (0.3, 4.0, 2_000.0):
        counts = calendar_of(Period.DAY, mean=mean, noise="poisson").count(np.arange(20_090, 28_090))
        assert counts.mean() == pytest.approx(mean, rel=0.05)
        assert counts.var() == pytest.approx(mean, rel=0.08)

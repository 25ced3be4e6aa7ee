"""Time zones against zoneinfo, business days against the package holidays, cosines against numpy's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import pytest

from tempdata_dagster.engine.series.intensity import Intensity, days_closed
from tempdata_dagster.engine.timing.business import Business, OpeningHours, find_business_days
from tempdata_dagster.engine.timing.zones import find_zone
from tempdata_dagster.engine.waves import cosine_of_turns

HOUR = 3_600_000_000
MOMENTS = np.random.default_rng(3).integers(0, 4_102_000_000, 3_000) * 1_000_000
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]


@pytest.mark.parametrize("name", ZONES)
def test_local_time_is_that_of_zoneinfo(name):
    zone = find_zone(name)
    expected = [
        datetime.fromtimestamp(int(one) // 10**6, ZoneInfo(name)).replace(tzinfo=UTC).timestamp() for one in MOMENTS
    ]
    local = zone.to_local(MOMENTS)
    assert (local // 10**6).tolist() == expected
    # An hour that comes twice is taken for the first of the two.
    back = zone.to_utc(local)
    assert set(np.unique(MOMENTS - back).tolist()) <= {0, HOUR // 2, HOUR}
    assert (back == MOMENTS).mean() > 0.99


def test_there_is_no_zone_of_another_name():
    assert [find_zone(name) for name in ("Europe/Berln", "", "../../etc/passwd", "/etc/passwd", "x" * 400)] == [
        None
    ] * 5


@pytest.mark.parametrize(("country", "free"), [("US", {5, 6}), ("SA", {4, 5}), (None, {5, 6})])
def test_business_days_are_those_that_are_not_free(country, free):
    days = find_business_days(country)
    closed = holidays.country_holidays(country, years=range(2020, 2027)) if country else {}
    for number in range(18_300, 20_400, 7):
        ahead = [date(1970, 1, 1) + timedelta(days=number + i) for i in range(60)]
        worked = [day for day in ahead if day.weekday() not in free and day not in closed]
        later = worked[1:] if worked[0] == ahead[0] else worked
        expected = [worked[0], later[0], later[1], later[9]]
        found = days.after(np.full(4, number), np.array([0, 1, 2, 10]))
        assert [date(1970, 1, 1) + timedelta(days=int(one)) for one in found] == expected


def test_business_days_before_and_beyond_the_table_are_all_days():
    days = find_business_days("US")
    assert days.after(np.array([-5, -5]), np.array([0, 3])).tolist() == [-5, -2]
    far = days.after(np.array([60_000, 60_000]), np.array([1, 3]))
    assert far[1] - far[0] == 2
    assert far[0] >= 60_000
    assert days.reach(1) >= 4


def test_opening_hours_are_a_clock_that_stops():
    clock = OpeningHours(Business(open=8, close=12.5, holidays="DE"))
    opened = clock.until(MOMENTS)
    following = clock.moment(opened)
    assert (following >= MOMENTS).all()
    assert (clock.until(following) == opened).all()
    assert (clock.until(following + HOUR // 60) - opened <= HOUR // 60).all()


def test_an_intensity_counts_days_and_hours_by_their_weights():
    hours = tuple(float(hour < 6) for hour in range(24))
    intensity = Intensity(hours, {"sun": 0.0}, {"jan": 2.0}, days_closed("US"), 0.5)
    first = int(np.datetime64("2025-01-01", "us").astype(int))  # a Wednesday, and a holiday
    days = [
        float(np.diff(intensity.until(np.array([first + d * 24 * HOUR, first + (d + 1) * 24 * HOUR])))[0])
        for d in range(40)
    ]
    assert days[:5] == pytest.approx([1.0, 2.0, 2.0, 2.0, 0.0])
    assert days[33] == pytest.approx(1.0)
    assert intensity.until(np.array([first + 33 * 24 * HOUR + 6 * HOUR])) == intensity.until(
        np.array([first + 34 * 24 * HOUR])
    )


def test_cosines_are_numpys_to_the_last_digits():
    turns = np.linspace(-3.0, 3.0, 20_001)
    assert np.abs(cosine_of_turns(turns) - np.cos(2 * np.pi * turns)).max() < 4e-15
    assert cosine_of_turns(np.array([0.0, 0.5, 1.0])).tolist() == [1.0, -1.0, 1.0]

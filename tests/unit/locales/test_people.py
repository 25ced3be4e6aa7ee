from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from tempdata_dagster.locales.people import count_women, pack_days, weigh_ages

EPOCH = date(1970, 1, 1)


def test_packed_days_are_the_calendars():
    days = np.array([-65_744, -25_567, -1, 0, 19_782, 84_369, -300_000, 500_000])
    for some in (days[:6], days):
        expected = [(EPOCH + timedelta(int(day))) for day in some]
        assert pack_days(some).tolist() == [day.year << 9 | day.month << 5 | day.day for day in expected]
    assert (np.diff(pack_days(np.arange(-65_744, 84_370))) > 0).all()


def test_the_pyramid_falls_with_age_and_with_growth():
    ages = np.arange(0, 110, 0.5)
    world, old = weigh_ages(ages, 0.008), weigh_ages(ages, -0.01)
    assert (np.diff(world) < 0).all()
    assert np.average(ages, weights=old) > np.average(ages, weights=world) + 5


def test_shares_are_kept_to_a_four_thousandth():
    assert [count_women(share) for share in (0, 0.5, 0.51, 1)] == [0, 2048, 2089, 4096]

"""How much happens up to a moment when days and hours weigh differently, in closed form for any moment."""

from __future__ import annotations

from datetime import date

import numpy as np

from tempdata_dagster.core.partition import DAY_US, HOUR_US
from tempdata_dagster.engine.calendar import holiday_days
from tempdata_dagster.spec.rows import MONTHS, WEEKDAYS

FIRST_YEAR, LAST_YEAR = 1970, 2399
_FIRST_WEEKDAY = 3
_HOURS = 24
_LAST_HOLIDAYS = 2100


class Intensity:
    """A rate with its calendar, integrated.

    Args:
        hours: 24 weights; only their proportions count.
        weekday: Factors by the names of `WEEKDAYS`.
        month: Factors by the names of `MONTHS`.
        closed: Days since 1970 with a factor of their own.
        factor: That factor.
    """

    def __init__(
        self,
        hours: tuple[float, ...] = (1.0,) * _HOURS,
        weekday: dict[str, float] | None = None,
        month: dict[str, float] | None = None,
        closed: np.ndarray | None = None,
        factor: float = 1.0,
    ) -> None:
        days = np.arange((date(LAST_YEAR + 1, 1, 1) - date(FIRST_YEAR, 1, 1)).days + 1)
        of_weekday = np.array([(weekday or {}).get(day, 1.0) for day in WEEKDAYS])
        of_month = np.array([(month or {}).get(name, 1.0) for name in MONTHS])
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
        self._factor = of_weekday[(days + _FIRST_WEEKDAY) % 7] * of_month[months]
        if closed is not None:
            self._factor = np.where(np.isin(days, closed), self._factor * factor, self._factor)
        self._before = np.concatenate([[0.0], np.cumsum(self._factor)])[:-1]
        edges = np.concatenate([[0.0], np.cumsum(np.asarray(hours))])
        self._edges = edges / edges[-1]
        self._hours = np.append(np.diff(self._edges), 0.0)

    def until(self, micros: np.ndarray) -> np.ndarray:
        """What happens from 1970 to each moment, in mean days; float64, monotone up to rounding."""
        moment = np.clip(micros, 0, (len(self._factor) - 1) * DAY_US - 1)
        day = moment // DAY_US
        rest = moment - day * DAY_US
        hour = rest // HOUR_US
        within = (rest - hour * HOUR_US) * (1.0 / HOUR_US)
        return np.asarray(self._before[day] + self._factor[day] * (self._edges[hour] + self._hours[hour] * within))


def days_closed(country: str) -> np.ndarray:
    """Days since 1970 of a country's public holidays, from 1970 to 2100."""
    return holiday_days(country, FIRST_YEAR, _LAST_HOLIDAYS)

"""Business days and business hours."""

from __future__ import annotations

import importlib.metadata
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from tempdata_dagster.core.partition import DAY_US, HOUR_US
from tempdata_dagster.engine.calendar import holiday_days
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.spec.rows import WEEKDAYS
from tempdata_dagster.spec.values import Settings

_YEARS = (1970, 2100)
_FIRST_WEEKDAY = 3
_WEEK = 7
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Business(Settings):
    """When a business is open."""

    open: float = Field(default=9.0, ge=0, lt=24, description="hour of the day, such as 8.5")
    close: float = Field(default=17.0, gt=0, le=24, description="hour of the day")
    days: Annotated[tuple[Weekday, ...], Field(strict=False)] = Field(
        default=(), description="without: not on weekends"
    )
    holidays: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", description="a country whose holidays are free")

    @model_validator(mode="after")
    def _ordered(self) -> Business:
        if self.close <= self.open:
            raise ValueError("a business closes after it opens, on the same day")
        return self


class BusinessDays:
    """The business days from 1970 to 2100.

    Args:
        country: Its public holidays are free, and its weekend is the weekend; None for Saturdays and Sundays only.
        named: The weekdays that are worked on; empty for all but the weekend.
    """

    def __init__(self, country: str | None, named: tuple[str, ...] = ()) -> None:
        days = np.arange((date(_YEARS[1] + 1, 1, 1) - date(_YEARS[0], 1, 1)).days)
        worked = np.array([day in named for day in WEEKDAYS]) if named else ~np.isin(np.arange(7), _weekend(country))
        self.is_open = worked[(days + _FIRST_WEEKDAY) % _WEEK]
        if country is not None:
            self.is_open &= ~np.isin(days, holiday_days(country, *_YEARS))
        self._days = np.flatnonzero(self.is_open)
        self._until = np.cumsum(self.is_open)

    def after(self, day: np.ndarray, count: np.ndarray) -> np.ndarray:
        """The business day so many of them after each day; with a count of 0 the day itself, or the next one.

        Args:
            day: Days since 1970, int64 of shape `(n,)`.
            count: Not negative, likewise.
        """
        known = np.clip(day, 0, len(self.is_open) - 1)
        place = self._until[known] - (self.is_open[known] & (count == 0)) + np.maximum(count, 1) - 1
        # Before 1970 and beyond 2100 every day counts.
        last = len(self._days) - 1
        found = (
            np.asarray(self._days[np.minimum(place, last)]) + np.maximum(place - last, 0) + np.maximum(day - known, 0)
        )
        return np.asarray(np.where(day < 0, day + count, found))

    def reach(self, count: int) -> int:
        """The most days that so many business days take."""
        days = np.arange(len(self.is_open) - 5 * count - 400)
        return int((self.after(days, np.full(len(days), count)) - days).max())


class OpeningHours:
    """Time that passes only while a business is open, in local time.

    Args:
        business: When it is open.
    """

    def __init__(self, business: Business) -> None:
        is_open = find_business_days(business.holidays, business.days).is_open
        self._open = round(business.open * HOUR_US)
        self._long = round(business.close * HOUR_US) - self._open
        self._before = np.concatenate([[0], np.cumsum(is_open * self._long)])
        self._is_open = np.append(is_open, False)

    def until(self, local: np.ndarray) -> np.ndarray:
        """Open microseconds from 1970 to each moment, int64."""
        day = np.clip(local // DAY_US, 0, len(self._before) - 1)
        within = np.clip(local - day * DAY_US - self._open, 0, self._long)
        return np.asarray(self._before[day] + np.where(self._is_open[day], within, 0))

    def moment(self, opened: np.ndarray) -> np.ndarray:
        """The local moment at which so many open microseconds have passed, while it is open; int64."""
        day = np.minimum(np.searchsorted(self._before, opened, side="right") - 1, len(self._before) - 1)
        return np.asarray(day * DAY_US + self._open + (opened - self._before[day]))

    def stretch(self, opened: int) -> int:
        """The most microseconds that so much open time takes."""
        longest = int(np.diff(np.flatnonzero(self._is_open)).max())
        return (opened // self._long + 2) * longest * DAY_US


@lru_cache(maxsize=64)
def find_business_days(country: str | None, named: tuple[str, ...] = ()) -> BusinessDays:
    """The business days of a country."""
    return BusinessDays(country, named)


def _weekend(country: str | None) -> list[int]:
    if country is None:
        return [5, 6]
    import holidays

    return sorted(holidays.country_holidays(country).weekend)


@lru_cache(maxsize=256)
def is_known(country: str) -> bool:
    """Whether the holidays of a country are known."""
    import holidays

    try:
        holidays.country_holidays(country)
    except NotImplementedError:
        return False
    return True


def check_holidays(scope: Scope, country: str, *path: str | int) -> None:
    """Note that cells depend on the holidays of a country.

    Raises:
        UnboundError: They are not known; the problem is noted.
    """
    if not is_known(country):
        hint = "write the ISO code of a country that the package holidays has, such as US"
        scope.fail("TD2080", f"the holidays of '{country}' are not known", *path, hint=hint)
    scope.add_fact("holidays", importlib.metadata.version("holidays"))

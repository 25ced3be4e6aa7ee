"""The opening hours and business days of one place, in its own time, seen from UTC."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tempdata_dagster.core.partition import DAY_US, HOUR_US
from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.engine.streams import Stream, to_unit
from tempdata_dagster.engine.timing.business import (
    Business,
    BusinessDays,
    OpeningHours,
    check_holidays,
    find_business_days,
)
from tempdata_dagster.engine.timing.zones import Zone, find_zone, zone_names

_CLOCKS_US = 3 * HOUR_US
TimeOfDay = Callable[[Frame], np.ndarray]


class Office(NamedTuple):
    """A place with a time zone, and maybe opening hours.

    Attributes:
        zone: None for UTC.
        business: Its settings; None for a place that has none.
        opening: The same as a clock that runs while it is open.
    """

    zone: Zone | None
    business: Business | None
    opening: OpeningHours | None

    def to_local(self, micros: np.ndarray) -> np.ndarray:
        """Wall-clock microseconds of moments."""
        return micros if self.zone is None else self.zone.to_local(micros)

    def to_utc(self, local: np.ndarray) -> np.ndarray:
        """Moments of wall-clock microseconds."""
        return local if self.zone is None else self.zone.to_utc(local)

    def until(self, micros: np.ndarray) -> np.ndarray:
        """Open microseconds from 1970 to each moment."""
        return self._clock.until(self.to_local(micros))

    def moment(self, opened: np.ndarray) -> np.ndarray:
        """The moment at which so many open microseconds have passed."""
        return self.to_utc(self._clock.moment(opened))

    def after(
        self, micros: np.ndarray, days: np.ndarray, of_day: np.ndarray | None, holidays: str | None
    ) -> np.ndarray:
        """The moment so many business days later, at the same time of day or a given one."""
        local = self.to_local(micros)
        day = local // DAY_US
        target = self._days(holidays).after(day, days)
        return self.to_utc(target * DAY_US + (local - day * DAY_US if of_day is None else of_day))

    def reach(self, most: int, unit: str, holidays: str | None) -> int:
        """The most microseconds that a lag takes."""
        if unit == "time":
            return self._clock.stretch(most) + _CLOCKS_US
        return (self._days(holidays).reach(most) + 1) * DAY_US + _CLOCKS_US

    def bind_time_of_day(self, stream: Stream, hours: tuple[float, ...] | None) -> TimeOfDay | None:
        """A time of day for each row: in the opening hours, else by the hours' weights; None to keep the one it had."""
        if self.business is not None:
            begin = round(self.business.open * HOUR_US)
            width = round(self.business.close * HOUR_US) - begin
            return lambda frame: begin + (to_unit(stream.bits(frame.rows)) * width).astype(np.int64)
        if hours is None:
            return None
        table, within = DiscreteTable(hours), Stream(stream.high, stream.low)

        def draw(frame: Frame) -> np.ndarray:
            rest = (to_unit(within.bits(frame.rows)) * HOUR_US).astype(np.int64)
            return table.look_up(stream.bits(frame.rows)).astype(np.int64) * HOUR_US + rest

        return draw

    @property
    def _clock(self) -> OpeningHours:
        if self.opening is None:
            raise TypeError("a place without opening hours has no time that they count")
        return self.opening

    def _days(self, holidays: str | None) -> BusinessDays:
        named = self.business.days if self.business else ()
        return find_business_days(holidays or (self.business.holidays if self.business else None), named)


def bind_zone(scope: Scope, name: str | None) -> Zone | None:
    """A time zone by its name; None for UTC.

    Raises:
        UnboundError: There is no such zone; the problem is noted.
    """
    if name is None:
        return None
    zone = find_zone(name)
    if zone is None:
        hint = closest(name, zone_names()) or "write an IANA name such as Europe/Berlin"
        scope.fail("TD2081", f"there is no time zone '{name}'", "zone", hint=hint)
    scope.add_fact(f"zone {name}", zone.digest)
    return zone


def bind_office(scope: Scope, zone: str | None, business: Business | None) -> Office:
    """A place of a zone with opening hours.

    Raises:
        UnboundError: The zone or the holidays are not known; the problem is noted.
    """
    found = bind_zone(scope, zone)
    if business is None:
        return Office(found, None, None)
    if business.holidays is not None:
        check_holidays(scope, business.holidays, "business", "holidays")
    return Office(found, business, OpeningHours(business))

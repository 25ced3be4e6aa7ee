"""The day of birth of a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.sex import Personal
from tempdata_dagster.locales.people import birth_stream, find_columns, weigh_ages

AS_OF = date(2025, 1, 1)
_EPOCH = date(1970, 1, 1)
_YEAR = 365.2425
_KNOT_BITS, _PART_BITS = 12, 10


@KINDS.register("birth_date")
class BirthDate(Personal):
    """The day on which a person was born, by an age pyramid between two ages.

    The pyramid is the world's: the survivors of a law of Gompertz and Makeham, of generations that grow by `growth` a year.
    National numbers of the same person, and its `age`, agree with it.

    Example: {kind: birth_date, min_age: 18, max_age: 67, as_of: 2025-01-01}
    """

    min_age: int = Field(default=18, ge=0, le=120, description="the youngest are of this age")
    max_age: int = Field(default=95, ge=0, le=120, description="the oldest are of this age")
    as_of: date = Field(default=AS_OF, description="the day on which they are so old")
    growth: float = Field(
        default=0.008, ge=-0.05, le=0.05, strict=False,
        description="births grow by this a year: about -0.01 for an old country, 0.025 for a young one",
    )  # fmt: skip

    @model_validator(mode="after")
    def _ordered(self) -> BirthDate:
        if self.max_age < self.min_age:
            raise ValueError(f"max_age {self.max_age} is less than min_age {self.min_age}")
        if not 1800 <= self.as_of.year <= 2200:
            raise ValueError("as_of lies between 1800 and 2200")
        return self

    def bind(self, scope: Scope) -> Binding:
        """Days of the pyramid, by one look-up."""
        find_birth(scope, self.person)
        first, last = self._bounds()
        days = self.bind_days(scope)
        fill: Callable[[Frame], pa.Array] = lambda frame: wrap(days(frame).astype(np.int32), pa.date32())  # noqa: E731 - one line
        return Binding(pa.date32(), fill, minimum=first, maximum=last)

    def bind_days(self, scope: Scope) -> Callable[[Frame], np.ndarray]:
        """The day of birth of each row's person, days since 1970 as int64."""
        first, last = self._bounds()
        count, start = (last - first).days + 1, (first - _EPOCH).days
        ages = ((self.as_of - first).days - np.arange(count) + 0.5) / _YEAR
        knots, stream = _freeze(weigh_ages(ages, self.growth)), birth_stream(scope, self.person)
        widths = np.diff(knots)
        scope.add_fact("birth", f"{first} {last} {self.growth}")

        def draw(frame: Frame) -> np.ndarray:
            bits = stream.bits(frame.rows)
            cell = (bits >> np.uint64(64 - _KNOT_BITS)).astype(np.int64)
            within = ((bits >> np.uint64(16)) & np.uint64((1 << 32) - 1)).view(np.int64)
            return np.asarray(((knots[cell] + (widths[cell] * within >> 32)) >> _PART_BITS) + start)

        return draw

    def _bounds(self) -> tuple[date, date]:
        return _years_before(self.as_of, self.max_age + 1) + timedelta(days=1), _years_before(self.as_of, self.min_age)


def _freeze(weights: np.ndarray) -> np.ndarray:
    """The quantiles of days at even steps of probability, in 1,024ths of a day: between them the days are alike."""
    shares = np.concatenate([[0.0], np.cumsum(weights)])
    steps = np.arange((1 << _KNOT_BITS) + 1) / (1 << _KNOT_BITS)
    places = np.interp(steps, shares / shares[-1], np.arange(len(shares), dtype=np.float64))
    return np.rint(places * (1 << _PART_BITS)).astype(np.int64)


def _years_before(day: date, years: int) -> date:
    """The same day of an earlier year; the last of February for the 29th."""
    year = day.year - years
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date(year, day.month, 28 if (day.month, day.day) == (2, 29) and not leap else day.day)


def find_birth(scope: Scope, person: str) -> BirthDate:
    """How the person's day of birth is drawn: as its column in the table says, or by default."""
    columns = find_columns(scope, person, BirthDate)
    ways = {(one.min_age, one.max_age, one.as_of, one.growth) for one in columns.values()}
    if len(ways) > 1:
        names = ", ".join(f"'{name}'" for name in columns)
        message = f"columns {names} draw the birth of one person in different ways"
        scope.fail("TD2057", message, hint="give each a `person` of its own")
    return next(iter(columns.values()), BirthDate(kind="birth_date", person=person))

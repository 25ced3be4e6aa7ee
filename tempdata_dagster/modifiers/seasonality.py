"""Numbers that go with the hour, the day of the week and the month."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from tempdata_dagster.engine.amounts import Change, Ends, NumberModifier, multiply_ends
from tempdata_dagster.engine.modifier import MODIFIERS, ModifierScope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.timing.moments import DAY_US, read_moments
from tempdata_dagster.spec.rows import MONTHS, WEEKDAYS, Factor
from tempdata_dagster.spec.values import Hours, Identifier

_HOUR_US = 3_600_000_000
_THURSDAY = 3  # 1970-01-01


@MODIFIERS.register("seasonality")
class Seasonality(NumberModifier):
    """Each number times the factors of its moment (UTC): by hour, day of the week and month; what is not named counts 1.

    Example: {kind: seasonality, at: ordered_at, weekday: {sat: 1.4, sun: 0.6}, month: {dec: 1.8}}
    """

    at: Identifier = Field(description="a timestamp or date of this table")
    hours: Hours = (1.0,) * 24
    weekday: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Factor] = {}
    month: dict[
        Literal["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], Factor
    ] = {}

    @model_validator(mode="after")
    def _says_something(self) -> Seasonality:
        if not self.weekday and not self.month and set(self.hours) == {1.0}:
            raise ValueError("seasonality needs 'hours', 'weekday' or 'month'")
        return self

    def _tables(self) -> list[np.ndarray]:
        weekday = [self.weekday.get(day, 1.0) for day in WEEKDAYS]  # type: ignore[call-overload]
        month = [self.month.get(name, 1.0) for name in MONTHS]  # type: ignore[call-overload]
        return [np.array(self.hours), np.array(weekday), np.array(month)]

    def prepare(self, scope: ModifierScope, column: Binding) -> Change:
        """Three look-ups; a row without a moment counts 1."""
        del column
        read = read_moments(scope, self.at, "at")
        hours, weekdays, months = self._tables()

        def factor(micros: np.ndarray) -> np.ndarray:
            day = micros // DAY_US
            month = day.view("datetime64[D]").astype("datetime64[M]").view(np.int64) % 12
            return np.asarray(
                hours[(micros - day * DAY_US) // _HOUR_US] * weekdays[(day + _THURSDAY) % 7] * months[month]
            )

        def apply(frame: Frame, amounts: np.ndarray) -> np.ndarray:
            micros, missing = read(frame)
            factors = factor(np.where(missing, 0, micros) if missing.any() else micros)
            return np.asarray(amounts * np.where(missing, 1.0, factors))

        return apply

    def move_ends(self, ends: Ends) -> Ends:
        """The ends with the least and the greatest factors."""
        least, greatest = 1.0, 1.0
        for table in self._tables():
            least, greatest = least * float(table.min()), greatest * float(table.max())
        return multiply_ends(ends, min(least, 1.0), max(greatest, 1.0))

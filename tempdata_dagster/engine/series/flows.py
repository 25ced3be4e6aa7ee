"""Amounts that flow along time by a calendar: their settings, and how much has flowed at a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from tempdata_dagster.engine.series.counts import Supply
from tempdata_dagster.engine.series.intensity import Intensity, days_closed
from tempdata_dagster.engine.series.lattice import trace
from tempdata_dagster.engine.series.timeline import Timeline
from tempdata_dagster.engine.timing.business import check_holidays
from tempdata_dagster.spec.rows import Factor, Holidays
from tempdata_dagster.spec.values import Hours, Settings

_QUANTA = 1 << 52
Month = Literal["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Flowed = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Shape(Settings):
    """When more flows, and when less."""

    hours: Hours = (1.0,) * 24
    weekday: dict[Weekday, Factor] = {}
    month: dict[Month, Factor] = {}
    holidays: Holidays | None = None
    noise: float = Field(default=0.3, ge=0, le=1, description="relative deviation of what flows in one step")

    @field_validator("holidays", mode="before")
    @classmethod
    def _country(cls, value: Any) -> Any:
        return {"country": value} if isinstance(value, str) else value


def bind_flow(timeline: Timeline, shape: Shape, lane: str) -> tuple[Flowed, float]:
    """What has flowed up to a step, in whole quanta that are never taken back; and quanta in a mean day.

    The function takes the identities of the series and the steps: uint64 and int64 of shape `(n,)`, and gives int64.
    """
    closed, factor = None, 1.0
    if shape.holidays is not None:
        check_holidays(timeline.scope, shape.holidays.country, "holidays")
        closed, factor = days_closed(shape.holidays.country), shape.holidays.factor
    weekday, month = ({str(name): one for name, one in names.items()} for names in (shape.weekday, shape.month))
    intensity = Intensity(shape.hours, weekday, month, closed, factor)
    tick = timeline.tick

    def flow(step: np.ndarray) -> np.ndarray:
        return intensity.until(step * tick)

    whole = float(flow(np.array([1 << timeline.top]))[0])
    if not whole:
        timeline.scope.fail("TD2077", "nothing flows at any time", lane, hint="give some factors above 0")
    supply = Supply(timeline.stream(lane), timeline.top, _QUANTA, flow, shape.noise)
    return lambda series, step: trace(supply, series, step)[0], _QUANTA / whole

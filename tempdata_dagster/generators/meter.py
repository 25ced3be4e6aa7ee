"""Meters: readings that only go up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.core.partition import DAY_US
from tempdata_dagster.engine.arrays import make_decimal, set_null
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import GridLayout
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.series.flows import Flowed, Shape, bind_flow
from tempdata_dagster.engine.series.output import PRECISION
from tempdata_dagster.engine.series.timeline import Numbers, Timeline, bind_timeline, day_micros
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.series import Amount
from tempdata_dagster.spec.values import Duration, Identifier

_LARGEST = 4.0e15


@KINDS.register("meter")
class Meter(Kind, Shape):
    """A counter of something that is used all the time, such as electricity: it never runs backwards.

    Its reading at the row's moment, or with `field: usage` what is used from this moment of the grid to the next; usages
    add up to the difference of two readings exactly. Meters of other tables with the same parent, `process` and settings
    (`tick` among them) are the same meters, so hours add up to the day.

    Example: {kind: meter, rate: 9.5, per: 1d, hours: {7-8: 2, 18-22: 3, 0-5: 0.3}, decimals: 3}
    """

    field: Literal["reading", "usage"] = "reading"
    rate: Amount = Field(
        description="used in `per` on average, a number or a column of the parent; factors of days come on top"
    )
    per: Duration = Field(default=DAY_US, gt=0)
    initial: float = Field(default=0.0, ge=0, le=1e12, description="the reading on the day of the origin")
    origin: date = Field(default=date(2020, 1, 1), description="the day on which the meter was set")
    decimals: int = Field(default=3, ge=0, le=9)
    at: Identifier | None = Field(default=None, description="a moment of this table; without it the grid's")
    of: Identifier | None = Field(default=None, description="a reference to what has meters; without it the parent")
    tick: Duration | None = Field(default=None, ge=1_000_000, description="length of a step; without it the grid's")
    process: Identifier | None = Field(default=None, description="a name by which other tables share the same meters")

    def bind(self, scope: Scope) -> Binding:
        """Whole units of the last digit, from a supply that is shared out along time."""
        start = scope.dataset.start
        if start is not None and self.origin > start:
            hint = "set the origin to that day or before"
            scope.fail("TD2077", f"the meter is set after the first day, {start}", "origin", hint=hint)
        timeline = bind_timeline(scope, self.at, self.of, self.tick, self.process)
        layout = scope.relation.layout
        if self.field == "usage" and not (isinstance(layout, GridLayout) and self.at is None):
            scope.fail("TD2075", "a usage is that of a step of a grid", "field", hint="take the reading")
        flowed, quanta = bind_flow(timeline, self, "meter")
        rate, nullable = timeline.number(self.rate, "rate")
        read = self._reader(timeline, flowed, quanta, rate)
        every = layout.every if isinstance(layout, GridLayout) else 0

        def fill(frame: Frame) -> pa.Array:
            begin = timeline.moment(frame)
            if self.field == "usage":
                units, null = read(frame, begin + every)
                units = units - read(frame, begin)[0]
            else:
                units, null = read(frame, begin)
            missing = timeline.missing(frame)
            cells = make_decimal(units, PRECISION, self.decimals)
            cells = cells if null is None else set_null(cells, null)
            return cells if missing is None else set_null(cells, missing)

        nullable = nullable or self.at is not None or self.of is not None
        return Binding(pa.decimal128(PRECISION, self.decimals), fill, nullable=nullable)

    def _reader(
        self, timeline: Timeline, flowed: Flowed, quanta: float, rate: Numbers
    ) -> Callable[[Frame, np.ndarray], tuple[np.ndarray, np.ndarray | None]]:
        unit = DAY_US / self.per / quanta * float(10**self.decimals)
        initial = round(self.initial * 10**self.decimals)
        origin = int(timeline.steps(np.array([day_micros(self.origin)]))[0])
        name = f"{timeline.scope.table}.{timeline.scope.name}"

        def read(frame: Frame, micros: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
            series, (rates, null) = timeline.series(frame), rate(frame)
            since = flowed(series, timeline.steps(micros)) - flowed(series, np.full(len(frame), origin))
            units = since * (np.maximum(rates, 0.0) * unit)
            if len(units) and not np.abs(units).max() < _LARGEST:
                hint = "lower the rate, or write fewer decimals"
                raise GenerationError("TD2101", f"a reading of column '{name}' is too large", hint)
            return np.floor(units).astype(np.int64) + initial, null

        return read

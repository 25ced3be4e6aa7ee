"""Moments that are a little off."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.engine.arrays import is_null, set_null, unwrap, wrap
from tempdata_dagster.engine.distributions.quantile import QuantileTable, normal_quantile
from tempdata_dagster.engine.modifier import MODIFIERS, Modifier, ModifierScope, change
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream, below
from tempdata_dagster.engine.timing.moments import DAY_US
from tempdata_dagster.spec.values import Duration

_DEVIATIONS = 3.0


@MODIFIERS.register("time_jitter")
class TimeJitter(Modifier):
    """Each moment moved at random by up to a duration, earlier or later; dates by whole days.

    `normal` has most of them nearby: a third of `by` is its standard deviation, and nothing goes beyond `by`.

    Example: {kind: time_jitter, by: 30s}
    """

    by: Duration = Field(gt=0)
    direction: Literal["both", "later", "earlier"] = "both"
    distribution: Literal["uniform", "normal"] = "uniform"
    precision: Duration = Field(default=1_000, ge=1, description="moments move by multiples of it")

    @model_validator(mode="after")
    def _fits(self) -> TimeJitter:
        if self.by < self.precision:
            raise ValueError("'by' is less than the precision: give a 'precision' that is finer")
        return self

    def bind(self, scope: ModifierScope, column: Binding) -> Binding:
        """Whole steps are added; nulls stay."""
        is_date = pa.types.is_date32(column.type)
        if not (is_date or pa.types.is_timestamp(column.type)):
            hint = "put it on a timestamp or a date"
            scope.fail("TD2066", f"'time_jitter' changes moments, and the column is a {column.type}", "kind", hint=hint)
        unit = DAY_US if is_date else 1
        step = DAY_US if is_date else self.precision
        if self.by < step:
            scope.fail("TD2066", "a date moves by whole days", "by", hint="write 1d or more")
        draw = self._draw(scope.stream(), self.by // step)

        def fill(frame: Frame) -> pa.Array:
            cells = column.fill(frame)
            values = unwrap(cells)
            moved = values + (draw(frame) * (step // unit)).astype(values.dtype)
            return set_null(wrap(moved, column.type), is_null(cells))

        far = self.by // step * step
        later, earlier = (0 if self.direction == side else far for side in ("earlier", "later"))
        low, high = _move(column.minimum, -earlier), _move(column.maximum, later)
        reach = None if column.reach is None else column.reach + later
        return change(column, fill, minimum=low, maximum=high, reach=reach)

    def _draw(self, stream: Stream, most: int) -> Any:
        """Steps for each row, int64, from -most (or 0) to most (or 0)."""
        sign = -1 if self.direction == "earlier" else 1
        if self.distribution == "uniform":
            if self.direction == "both":
                return lambda frame: below(stream.bits(frame.rows), 2 * most + 1) - most
            return lambda frame: below(stream.bits(frame.rows), most + 1) * sign
        table = QuantileTable(normal_quantile)

        def draw(frame: Frame) -> np.ndarray:
            away = np.clip(table.look_up(stream.bits(frame.rows)) * (most / _DEVIATIONS), -most, most)
            steps = np.rint(away).astype(np.int64)
            return steps if self.direction == "both" else np.abs(steps) * sign

        return draw


def _move(end: Any, micros: int) -> Any:
    """A bound so many microseconds later; None where there is none, or no such day."""
    if end is None:
        return None
    try:
        if isinstance(end, date) and not isinstance(end, datetime):
            return end + timedelta(days=micros // DAY_US)
        return end + timedelta(microseconds=micros)
    except OverflowError:
        return None

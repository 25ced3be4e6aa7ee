"""Whole units of time that have passed since a day."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.partition import DAY_US
from tempdata_dagster.engine.arrays import is_null, set_null, unwrap, wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.timing.as_of import AsOf, bind_as_of
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier

_MONTHS = {"months": 1, "quarters": 3, "years": 12}
_DAYS = {"days": 1, "weeks": 7}


@KINDS.register("tenure")
class Tenure(Kind):
    """Whole years (or months, weeks, days) from a day or moment of the table to another, or to the end of the partition.

    A month is over on the same day of the next one, or where there is none, on the day after. Null before the beginning.

    Example: {kind: tenure, of: hired_on, as_of: 2025-12-31, unit: months}
    """

    of: Identifier = Field(description="a date or moment of this table")
    as_of: AsOf = None
    unit: Literal["years", "quarters", "months", "weeks", "days"] = "years"

    def bind(self, scope: Scope) -> Binding:
        """By the calendar's own days."""
        begin = scope.column(self.of, "of")
        is_date = pa.types.is_date32(begin.type)
        if not (is_date or pa.types.is_timestamp(begin.type)):
            scope.fail("TD2026", f"'{self.of}' is no day or moment", "of", hint="name a date or a timestamp")
        cutoff, _ = bind_as_of(scope, self.as_of)

        def fill(frame: Frame) -> pa.Array:
            cells, (end, unknown) = frame.column(self.of), cutoff(frame)
            null = is_null(cells) if unknown is None else is_null(cells) | unknown
            values = unwrap(cells).astype(np.int64)
            first = np.where(null, 0, values if is_date else values // DAY_US)
            last = np.where(null, 0, (end - 1) // DAY_US)
            passed = count_units(first, last, self.unit)
            return set_null(wrap(passed.astype(np.int32), pa.int32()), null | (last < first))

        return Binding(pa.int32(), fill, nullable=True, minimum=0)


def count_units(first: np.ndarray, last: np.ndarray, unit: str) -> np.ndarray:
    """Whole units from one day since 1970 to another, int64 of shape `(n,)`."""
    if unit in _DAYS:
        return np.asarray((last - first) // _DAYS[unit])
    (one, day), (other, later) = _split(first), _split(last)
    return np.asarray((other - one - (later < day)) // _MONTHS[unit])


def _split(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The month since 1970, and the day in it from 0 on."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return months.astype(np.int64), (dates - months.astype("datetime64[D]")).astype(np.int64)

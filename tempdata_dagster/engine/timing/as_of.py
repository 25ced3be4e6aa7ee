"""As of when a row is described: the end of its partition, the grid's moment, a day, or a column's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.partition import DAY_US, start_of
from tempdata_dagster.engine.arrays import is_null, unwrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.layout import GridLayout
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.spec.values import Identifier

AsOf = Annotated[
    date | Identifier | None,
    Field(description="a day, or a column with one; without it the grid's moment, or the end of the partition"),
]
Cutoff = Callable[[Frame], tuple[np.ndarray, np.ndarray | None]]


def bind_as_of(scope: Scope, setting: date | str | None) -> tuple[Cutoff, bool]:
    """The moment (excluded) up to which things have happened, and which rows have none; and whether there can be such.

    The function gives microseconds since 1970, int64 of shape `(n,)`, and a mask or None. A day counts to its end.

    Raises:
        UnboundError: It is no moment, or the rows have none by themselves; the problem is noted.
    """
    if isinstance(setting, str):
        return _bind_column(scope, setting)
    if setting is not None:
        end = (setting - date(1970, 1, 1)).days * DAY_US + DAY_US
        return lambda frame: (np.full(len(frame), end, dtype=np.int64), None), False
    layout = scope.rows_of(scope.table).layout
    if isinstance(layout, GridLayout):
        return lambda frame: (layout.moment(frame.rows) + 1, None), False
    period = layout.period
    if period is None:
        hint = "write `as_of:` and a day such as 2025-12-31, or a moment of the table"
        scope.fail("TD2083", f"as of when the rows of '{scope.table}' are described, is not known", hint=hint)
    return lambda frame: (start_of(period, layout.landing(frame) + 1), None), False


def _bind_column(scope: Scope, name: str) -> tuple[Cutoff, bool]:
    binding = scope.column(name, "as_of")
    is_date = pa.types.is_date32(binding.type)
    if not (is_date or pa.types.is_timestamp(binding.type)):
        scope.fail("TD2026", f"'{name}' is no moment", "as_of", hint="name a timestamp or a date")

    def read(frame: Frame) -> tuple[np.ndarray, np.ndarray | None]:
        cells = frame.column(name)
        micros = unwrap(cells).astype(np.int64)
        micros = (micros + 1) * DAY_US if is_date else micros + 1
        return micros, is_null(cells) if cells.null_count else None

    return read, binding.nullable

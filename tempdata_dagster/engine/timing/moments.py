"""Moments of a column as microseconds, for whatever goes by time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import is_null, unwrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame

DAY_US = 86_400_000_000
Moments = Callable[[Frame], tuple[np.ndarray, np.ndarray]]


def read_moments(scope: Scope, name: str, *path: str | int, table: str = "") -> Moments:
    """A function from a frame to the microseconds since 1970 (UTC) of a column's cells, and which of them are null.

    Args:
        scope: The column that goes by them.
        name: A timestamp or a date, whose day begins at midnight.
        path: The setting that names it.
        table: The table that has it; by default the scope's.

    Raises:
        UnboundError: There is no such column, or it holds no moments; the problem is noted.
    """
    binding = scope.column_of(table or scope.table, name, *path)
    if not (pa.types.is_timestamp(binding.type) or pa.types.is_date32(binding.type)):
        scope.fail("TD2026", f"'{name}' is no moment", *path, hint="name a timestamp or a date")
    unit = _unit(binding)

    def read(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
        cells = frame.column(name)
        return unwrap(cells).astype(np.int64) * unit, is_null(cells)

    return read


def _unit(binding: Binding) -> int:
    return DAY_US if pa.types.is_date32(binding.type) else 1

"""Float values as the cells of a column: cut off, rounded, null where they are missing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.engine.arrays import make_decimal, set_null, wrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame

PRECISION = 18
_LARGEST = 9.0e15


class Output(NamedTuple):
    """How values are written.

    Attributes:
        least: They are cut off below it.
        most: They are cut off above it.
        decimals: Digits after the point; None for floats.
    """

    least: float | None
    most: float | None
    decimals: int | None


def bind_output(
    scope: Scope,
    draw: Callable[[Frame], tuple[np.ndarray, np.ndarray | None]],
    output: Output,
    *,
    nullable: bool,
) -> Binding:
    """A column of the values that `draw` gives, and which of them are null."""
    name, decimals = f"{scope.table}.{scope.name}", output.decimals

    def fill(frame: Frame) -> pa.Array:
        values, null = draw(frame)
        if output.least is not None:
            values = np.maximum(values, output.least)
        if output.most is not None:
            values = np.minimum(values, output.most)
        cells = wrap(values, pa.float64()) if decimals is None else round_decimals(values, decimals, name)
        return cells if null is None else set_null(cells, null)

    for setting, end in (("min", output.least), ("max", output.most)):
        if end is not None and decimals is not None and abs(end) * 10**decimals >= _LARGEST:
            scope.fail("TD2031", f"{end:g} is too large for {decimals} decimals", setting, hint="write fewer decimals")
    kind = pa.float64() if decimals is None else pa.decimal128(PRECISION, decimals)
    least, most = (_bound(end, decimals) for end in output[:2])
    return Binding(kind, fill, nullable=nullable, minimum=least, maximum=most)


def round_decimals(values: np.ndarray, decimals: int, column: str) -> pa.Array:
    """decimal128 of the nearest numbers with so many digits, half away from zero.

    Raises:
        GenerationError: TD2101 when a value is too large for it.
    """
    return make_decimal(round_units(values, decimals, column), PRECISION, decimals)


def round_units(values: np.ndarray, decimals: int, column: str) -> np.ndarray:
    """Values as multiples of their last digit, int64 of shape `(n,)`.

    Raises:
        GenerationError: TD2101 when a value is too large for it.
    """
    scaled = values * float(10**decimals)
    size = np.abs(scaled)
    if len(values) and not size.max() < _LARGEST:
        hint = "set min and max, lower the growth or the spread, or write fewer decimals"
        raise GenerationError("TD2101", f"a value of column '{column}' is too large for {decimals} decimals", hint)
    units = np.floor(size + 0.5).astype(np.int64)
    return np.where(scaled < 0, -units, units)


def _bound(end: float | None, decimals: int | None) -> Any:
    """The bound as a value of the column's type, rounded as the cells are."""
    if end is None or decimals is None:
        return end
    unit = int(round_units(np.array([end]), decimals, "")[0])
    return Decimal(unit).scaleb(-decimals)

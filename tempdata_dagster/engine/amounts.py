"""Cells as float64 and back, for modifiers of numbers; a column keeps its type, and is rounded to it half away from zero."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.engine.arrays import is_null, make_decimal, set_null, unwrap, wrap
from tempdata_dagster.engine.modifier import Modifier, ModifierScope, change
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.types import INT64_DIGITS, integer_range

Change = Callable[[Frame, np.ndarray], np.ndarray]
Ends = tuple[float | None, float | None]


def is_number(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers that a modifier can change."""
    return bool(pa.types.is_decimal128(kind) or pa.types.is_signed_integer(kind) or pa.types.is_float64(kind))


def to_units(cells: pa.Array, column: str) -> np.ndarray:
    """Int64 multiples of the last digit of decimals, or whole numbers as they are; slots of nulls hold anything.

    Raises:
        GenerationError: TD2101 when a decimal has more digits than 64 bits have.
    """
    units = unwrap(cells)
    if pa.types.is_decimal(cells.type) and cells.type.precision > INT64_DIGITS and len(cells):
        high = np.frombuffer(cells.buffers()[1], dtype=np.int64)[1 + 2 * cells.offset :][: 2 * len(cells) : 2]
        if ((high != units >> 63) & ~is_null(cells)).any():
            raise GenerationError(
                "TD2101", f"cells of '{column}' have more digits than 64 bits", "give it a narrower type"
            )
    return units


def to_amounts(cells: pa.Array, column: str = "") -> np.ndarray:
    """Float64 of the cells; slots of nulls hold anything.

    Raises:
        GenerationError: TD2101 when a decimal has more digits than 64 bits have.
    """
    units = to_units(cells, column)
    return np.asarray(units / 10.0**cells.type.scale) if pa.types.is_decimal(cells.type) else units.astype(np.float64)


def from_amounts(amounts: np.ndarray, kind: pa.DataType, null: np.ndarray, column: str) -> pa.Array:
    """Cells of a type.

    Raises:
        GenerationError: TD2101 when one does not fit it.
    """
    if pa.types.is_float64(kind):
        return set_null(wrap(amounts, kind), null)
    if pa.types.is_decimal(kind):
        amounts, limit = amounts * 10.0**kind.scale, min(10.0**kind.precision, 2.0**62)
    else:
        limit = float(min(integer_range(kind)[1], 2**62))
    rounded = np.trunc(amounts + np.copysign(0.5, amounts))
    if null.any():
        rounded = np.where(null, 0.0, rounded)
    if len(rounded) and not max(rounded.max(), -rounded.min()) < limit:
        raise GenerationError("TD2101", f"column '{column}' does not fit {kind} after its modifiers", "clamp it")
    units = rounded.astype(np.int64)
    if pa.types.is_decimal(kind):
        return set_null(make_decimal(units, kind.precision, kind.scale), null)
    return set_null(wrap(units.astype(kind.to_pandas_dtype()), kind), null)


class NumberModifier(Modifier):
    """A modifier that makes numbers of numbers."""

    @abstractmethod
    def prepare(self, scope: ModifierScope, column: Binding) -> Change:
        """The function from a frame and its numbers, float64, to the changed ones."""

    def move_ends(self, ends: Ends) -> Ends:
        """Where changed numbers lie, given where they lay; None for a side that is open."""
        del ends
        return None, None

    def bind(self, scope: ModifierScope, column: Binding) -> Binding:
        """The numbers changed in float64 and rounded to the column's type; nulls stay."""
        if not is_number(column.type):
            hint = "put it on whole numbers, numbers, or decimals"
            scope.fail("TD2066", f"'{self.kind}' changes numbers, and the column is a {column.type}", "kind", hint=hint)
        changed, name, kind = self.prepare(scope, column), f"{scope.table}.{scope.name}", column.type

        def fill(frame: Frame) -> pa.Array:
            cells = column.fill(frame)
            return from_amounts(changed(frame, to_amounts(cells, name)), kind, is_null(cells), name)

        ends = self.move_ends((_float(column.minimum), _float(column.maximum)))
        try:
            low, high = (None if end is None else self._cell(end, kind, name) for end in ends)
        except GenerationError as error:
            scope.fail("TD2009", error.message, hint="clamp it, or give the column a wider type")
        return change(column, fill, minimum=low, maximum=high)

    @staticmethod
    def _cell(end: float, kind: pa.DataType, name: str) -> Any:
        """A bound rounded as the cells are."""
        return from_amounts(np.array([end]), kind, np.zeros(1, dtype=bool), name)[0].as_py()


def _float(end: Any) -> float | None:
    """A bound as the cells' own way to float64 gives it."""
    if isinstance(end, Decimal):
        exponent = -int(end.as_tuple().exponent)
        return float(int(end.scaleb(exponent))) / 10.0**exponent
    return None if end is None else float(end)


def multiply_ends(ends: Ends, least: float, greatest: float) -> Ends:
    """Where products lie with factors between two, neither negative."""
    low, high = ends
    floor = None if low is None else min(low * least, low * greatest)
    ceiling = None if high is None else max(high * least, high * greatest)
    return floor, ceiling

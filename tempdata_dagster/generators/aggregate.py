"""Totals over the children of a row, exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.engine.arrays import is_null, make_decimal, plain, set_null, unwrap, wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import ChildLayout, GridLayout
from tempdata_dagster.engine.relation import Binding, Frame, Relation
from tempdata_dagster.generators import KINDS

_DECIMAL_DIGITS = 18
_AT_ONCE = 2_097_152


@KINDS.register("aggregate")
class Aggregate(Kind):
    """A function over the children of each row: the sum of an order's lines, computed from the children's own functions.

    Sums of integers and decimals are exact. A row without children has a count and a sum of 0 and no other result. Children
    at any depth count (`of: order_items.line_total` of a customer whose orders hang on it).

    Example: {kind: aggregate, of: order_items.line_total, function: sum}
    """

    of: str = Field(pattern=r"^[A-Za-z]\w*(\.[A-Za-z]\w*)?$", description="a child table, and its column")
    function: Literal["sum", "count", "min", "max", "mean"] = "sum"

    def bind(self, scope: Scope) -> Binding:
        """A reduction over the expanded children."""
        table, _, column = self.of.partition(".")
        child = scope.rows_of(table, "of")
        chain = self._chain(scope, child)
        each = child.layout.fan_out / scope.relation.layout.fan_out
        scope.relation.expansion = max(scope.relation.expansion, each)
        if self.function == "count":
            count = _in_pieces(lambda frame: wrap(_expand(frame, chain)[1], pa.int64()), each)
            return Binding(pa.int64(), count, minimum=0)
        if not column:
            scope.fail("TD2022", f"{self.function} needs a column", "of", hint=f"write {table}.<column>")
        source = scope.column_of(table, column, "of")
        if not (pa.types.is_integer(source.type) or pa.types.is_floating(source.type) or self._is_money(source.type)):
            ordered = pa.types.is_temporal(source.type) and self.function in ("min", "max")
            if not ordered:
                scope.fail("TD2022", f"cannot take the {self.function} of a {source.type}", "of")
        target = self._type(source.type)
        least = source.minimum if self.function != "sum" else None
        nullable = self.function not in ("sum", "count")

        def fill(frame: Frame) -> pa.Array:
            children, counts = _expand(frame, chain)
            cells = plain(children.column(column))
            return self._reduce(cells, counts, target, f"{scope.table}.{scope.name}")

        return Binding(target, _in_pieces(fill, each), nullable=nullable, minimum=least, maximum=None)

    def _chain(self, scope: Scope, child: Relation) -> list[Relation]:
        chain = [child]
        while isinstance(chain[0].layout, ChildLayout) and chain[0].layout.parent.name != scope.table:
            chain.insert(0, chain[0].layout.parent)
        if not isinstance(chain[0].layout, ChildLayout):
            if isinstance(chain[0].layout, GridLayout):
                hint = "a grid goes on without end; aggregate it in SQL, partition by partition"
                scope.fail("TD2022", f"'{child.name}' is a grid, whose rows have no total", "of", hint=hint)
            hint = f"only tables with `rows: {{per: {scope.table}}}` have their rows within reach of one of its rows"
            scope.fail("TD2022", f"the rows of '{child.name}' do not hang on '{scope.table}'", "of", hint=hint)
        for relation in chain:
            scope.rows_of(relation.name, "of")
        return chain

    def _is_money(self, kind: pa.DataType) -> bool:
        return bool(pa.types.is_decimal(kind) and kind.precision <= _DECIMAL_DIGITS)

    def _type(self, source: pa.DataType) -> pa.DataType:
        if self.function == "mean":
            return pa.float64()
        if self.function != "sum":
            return source
        if pa.types.is_decimal(source):
            return pa.decimal128(_DECIMAL_DIGITS, source.scale)
        return pa.int64() if pa.types.is_integer(source) else pa.float64()

    def _reduce(self, cells: pa.Array, counts: np.ndarray, target: pa.DataType, name: str) -> pa.Array:
        values, null = unwrap(cells), is_null(cells)
        if pa.types.is_integer(cells.type):
            values = values.astype(np.int64)
        if null.any():
            index = np.repeat(np.arange(len(counts)), counts)
            counts = np.bincount(index[~null], minlength=len(counts))
            values = values[~null]
        if self.function in ("sum", "mean") and not pa.types.is_floating(cells.type):
            _check_sums(values, counts, 10**target.precision if pa.types.is_decimal(target) else 2**63, name)
        reduced = _reduce_groups(values, counts, self.function)
        if self.function == "mean":
            scale = 10.0**cells.type.scale if pa.types.is_decimal(cells.type) else 1.0
            reduced = reduced / (np.maximum(counts, 1) * scale)
        array = make_decimal(reduced, target.precision, target.scale) if pa.types.is_decimal(target) else None
        if array is None:
            array = wrap(reduced.astype(_numpy_type(target)), target)
        return array if self.function == "sum" else set_null(array, counts == 0)


def _numpy_type(target: pa.DataType) -> type:
    if pa.types.is_temporal(target):
        return np.int32 if pa.types.is_date32(target) else np.int64
    return target.to_pandas_dtype()  # type: ignore[no-any-return]


def _check_sums(values: np.ndarray, counts: np.ndarray, limit: int, name: str) -> None:
    """Raise when a sum reaches the limit; sums are looked at only where the largest value might bring one there.

    Raises:
        GenerationError: TD2101.
    """
    largest = max(abs(int(values.max(initial=0))), abs(int(values.min(initial=0))))
    if largest * int(counts.max(initial=0)) < limit:
        return
    sums = _reduce_groups(values.astype(np.float64), counts, "sum")
    if np.abs(sums).max(initial=0.0) >= limit * (1.0 - 1e-9):
        raise GenerationError("TD2101", f"a total of '{name}' has too many digits", "fewer children, or smaller values")


def _reduce_groups(values: np.ndarray, counts: np.ndarray, function: str) -> np.ndarray:
    ufunc = {"min": np.minimum, "max": np.maximum}.get(function, np.add)
    ends = np.cumsum(counts)
    full = np.flatnonzero(counts)
    reduced = np.zeros(len(counts), dtype=values.dtype)
    if len(full):
        reduced[full] = ufunc.reduceat(values, (ends - counts)[full])
    return reduced


def _in_pieces(fill: Callable[[Frame], pa.Array], each: float) -> Callable[[Frame], pa.Array]:
    """`fill` for some rows after the other where all their children, `each` per row, would take too much memory."""
    most = max(int(_AT_ONCE / each), 1)

    def fill_pieces(frame: Frame) -> pa.Array:
        if len(frame) <= most:
            return fill(frame)
        starts = range(0, len(frame), most)
        return pa.concat_arrays([fill(frame.take(np.arange(start, min(start + most, len(frame))))) for start in starts])

    return fill_pieces


def _expand(frame: Frame, chain: list[Relation]) -> tuple[Frame, np.ndarray]:
    """The descendants of a frame's rows at the end of a chain, and how many each row has."""
    current, counts = frame, np.ones(len(frame), dtype=np.int64)
    for relation in chain:
        current, below = current.children(relation)
        counts = _reduce_groups(below, counts, "sum")
    return current, counts

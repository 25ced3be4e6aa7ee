"""Values put in place of others."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field

from tempdata_dagster.engine.arrays import is_null, plain, set_null, wrap
from tempdata_dagster.engine.cases import find_cases
from tempdata_dagster.engine.modifier import MODIFIERS, Modifier, ModifierScope, change
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.scalars import Scalar, check_scalar, scalar_type
from tempdata_dagster.engine.types import to_cells

_MOST, _CLOSED_SET = 10_000, 1_000


def _check_map(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        raise ValueError("values is a mapping from old values to new ones: {DE: Germany, PK: Pakistan}")
    if len(value) > _MOST:
        raise ValueError(f"{len(value):,} values are too many: keep them in a reference file")
    scalar_type(check_scalar(old) for old in value)
    scalar_type(check_scalar(new) for new in value.values())
    return {old: value[old] for old in sorted(value)}


@MODIFIERS.register("map_values")
class MapValues(Modifier):
    """New values in place of old ones; what is not named becomes `rest`, or stays as it is.

    The column gets the type of the new values; where others stay, these must be of the column's own type.

    Example: {kind: map_values, values: {DE: Germany, PK: Pakistan}, rest: elsewhere}
    """

    values: Annotated[dict[Any, Any], BeforeValidator(_check_map)]
    rest: Scalar | None = Field(default=None, description="for all values that are not named")

    def bind(self, scope: ModifierScope, column: Binding) -> Binding:
        """One look-up; nulls stay."""
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        old = self._to_cells(scope, list(self.values), kind, "are no values of the column")
        covered = self.rest is not None or (column.values is not None and set(column.values) <= set(self.values))
        given = [*self.values.values(), *(() if self.rest is None else (self.rest,))]
        try:
            target = scalar_type(given) if covered else kind
        except ValueError as error:
            scope.fail("TD2068", str(error), "rest", hint="give all new values one type")
        new = self._to_cells(scope, given, target, "do not fit the values that stay: give 'rest'")
        closed = self._closed(column, covered=covered)
        fill = self._choose(column, old, new) if covered else self._replace(column, old, new)
        if covered and pa.types.is_string(target):
            target = pa.dictionary(pa.int32(), target)
        elif not covered and pa.types.is_dictionary(column.type):
            target = pa.string()
        return change(column, fill, type=target, values=closed, score=None)

    def _closed(self, column: Binding, *, covered: bool) -> tuple[Any, ...] | None:
        if column.values is None and not covered:
            return None
        old = list(self.values) if column.values is None else list(column.values)
        found = dict.fromkeys(self.values.get(value, value if self.rest is None else self.rest) for value in old)
        if self.rest is not None:
            found[self.rest] = None
        return tuple(found) if len(found) <= _CLOSED_SET else None

    def _choose(self, column: Binding, old: pa.Array, new: pa.Array) -> Any:
        """All cells from the new values, the last one for all that are not named."""
        last = len(new) - 1

        def fill(frame: Frame) -> pa.Array:
            cells = column.fill(frame)
            found = find_cases(cells, old).astype(np.int32)
            index = set_null(wrap(np.where(found < 0, last, found).astype(np.int32), pa.int32()), is_null(cells))
            return pa.DictionaryArray.from_arrays(index, new) if pa.types.is_string(new.type) else new.take(index)

        return fill

    def _replace(self, column: Binding, old: pa.Array, new: pa.Array) -> Any:
        """The new values among those that stay."""

        def fill(frame: Frame) -> pa.Array:
            cells = column.fill(frame)
            found = find_cases(cells, old).astype(np.int64)
            place = np.where(found < 0, np.arange(len(cells)), found + len(cells))
            return pa.concat_arrays([plain(cells), new]).take(wrap(place, pa.int64()))

        return fill

    def _to_cells(self, scope: ModifierScope, values: list[Any], kind: pa.DataType, said: str) -> pa.Array:
        try:
            return to_cells(values, kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError):
            scope.fail("TD2068", f"the values {said}, which is a {kind}", "values", hint="write them in that type")

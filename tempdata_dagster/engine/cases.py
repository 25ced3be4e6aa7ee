"""Cases of another column: what `when: {column: {value: settings}}` means for each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.engine.arrays import plain, unwrap
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.scalars import check_scalar, scalar_type
from tempdata_dagster.engine.types import to_cells

_FEW = 3
Draw = Callable[[np.ndarray], np.ndarray]


def check_when(value: Any, check: Callable[[Any], Any]) -> dict[str, dict[Any, Any]]:
    """`{column: {value: settings}}` with the settings checked and the values sorted.

    Raises:
        ValueError: It is not of that form.
    """
    if not isinstance(value, dict) or len(value) != 1 or not isinstance(next(iter(value.values())), dict):
        raise ValueError("when names one column and the settings for each of its values: {country: {DE: [a, b]}}")
    ((name, cases),) = value.items()
    if not cases:
        raise ValueError(f"when names no value of '{name}'")
    scalar_type(check_scalar(case) for case in cases)
    return {name: {case: check(cases[case]) for case in sorted(cases)}}


@dataclass(frozen=True)
class Cases:
    """The values of a column that settings are given for, bound to a plan.

    Attributes:
        name: The column.
        known: The values, in the column's own type.
    """

    name: str
    known: pa.Array

    @classmethod
    def bind(cls, scope: Scope, name: str, values: Sequence[Any], *, covered: bool = False) -> Cases:
        """The cases of a column of the same table.

        Args:
            scope: That of the column with the setting `when`.
            name: The column that it depends on.
            values: The values that it has settings for.
            covered: Whether these must be all that can come.

        Raises:
            UnboundError: The column has no such values, or others too; the problem is noted.
        """
        condition = scope.column(name, "within" if getattr(scope.settings, "within", None) else "when")
        kind = condition.type.value_type if pa.types.is_dictionary(condition.type) else condition.type
        try:
            known = to_cells(values, kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError):
            hint = f"write cases that '{name}' can have"
            scope.fail("TD2032", f"the cases of 'when' are no values of '{name}', which is a {kind}", "when", hint=hint)
        if covered:
            _check_covered(scope, name, condition, known.to_pylist())
        return cls(name, known)

    def find(self, frame: Frame) -> np.ndarray:
        """The number of each row's case, -1 where it has none, int16 or int32 of shape `(n,)`."""
        return find_cases(frame.column(self.name), self.known)

    def pick(self, frame: Frame, bits: np.ndarray, draws: Sequence[Draw], rest: Draw | None) -> np.ndarray:
        """What the draw of each row's case makes of its random number.

        Args:
            frame: The rows.
            bits: uint64 of shape `(n,)`.
            draws: One for each case.
            rest: That of all other rows; None when there are none.
        """
        case = self.find(frame)
        if len(draws) <= _FEW:  # drawing all of them for every row takes less than sorting the rows
            every = (rest or draws[0])(bits)
            for number, draw in enumerate(draws):
                np.copyto(every, draw(bits), where=case == number)
            return every
        order = np.argsort(case, kind="stable")
        edges = np.searchsorted(case[order], np.arange(-1, len(draws) + 1))
        chosen: np.ndarray | None = None
        for number, draw in enumerate([rest or draws[0], *draws]):
            rows = order[edges[number] : edges[number + 1]]
            if len(rows):
                drawn = draw(bits[rows])
                chosen = np.empty(len(frame), dtype=drawn.dtype) if chosen is None else chosen
                chosen[rows] = drawn
        return draws[0](bits) if chosen is None else chosen


def _check_covered(scope: Scope, name: str, condition: Binding, cases: Sequence[Any]) -> None:
    hint = (
        "add 'values' for all other cases"
        if scope.settings.kind == "choice"
        else "give it settings for all other cases"
    )
    if condition.values is None or condition.nullable:
        scope.fail("TD2032", f"which values '{name}' has besides those of 'when' is not known", "when", hint=hint)
    missing = [value for value in condition.values if value not in cases]
    if missing:
        scope.fail("TD2032", f"'when' has no values for {name} '{missing[0]}'", "when", hint=hint)


def find_cases(cells: pa.Array, known: pa.Array) -> np.ndarray:
    """The place of each cell among known values, -1 where it is none of them, int16 or int32 of shape `(n,)`."""
    width = np.int16 if len(known) < 1 << 15 else np.int32
    if cells.type in (pa.int8(), pa.uint8()) and not cells.null_count:
        of_byte = np.full(256, -1, dtype=width)
        of_byte[unwrap(known).view(np.uint8)] = np.arange(len(known))
        return of_byte[unwrap(cells).view(np.uint8)]
    if not isinstance(cells, pa.DictionaryArray):
        found = pc.index_in(plain(cells), value_set=known)
        return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False)).astype(width)
    of_value = pc.fill_null(pc.index_in(cells.dictionary, value_set=known), -1).to_numpy(zero_copy_only=False)
    of_code = np.append(of_value, -1).astype(width)
    codes = pc.fill_null(cells.indices, len(of_value)).to_numpy(zero_copy_only=False)
    return np.asarray(of_code[codes])

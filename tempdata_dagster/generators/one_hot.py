"""One truth value for each value of another column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import is_null, set_null
from tempdata_dagster.engine.cases import find_cases
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.scalars import Scalar
from tempdata_dagster.engine.types import to_cells
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier


@KINDS.register("one_hot")
class OneHot(Kind):
    """True where another column has a value, otherwise false: with a column for each value, exactly one is true in every row.

    The other column may be a helper that is not written (`drop: true`).

    Example: {kind: one_hot, of: status, value: paid}
    """

    of: Identifier = Field(description="a column of this table")
    value: Scalar

    def bind(self, scope: Scope) -> Binding:
        """One comparison; null where the other column is."""
        column = scope.column(self.of, "of")
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        try:
            known = to_cells([self.value], kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError):
            hint = f"write a value that '{self.of}' can have"
            scope.fail("TD2032", f"'{self.value}' is no value of '{self.of}', which is a {kind}", "value", hint=hint)
        if column.values is not None and known[0].as_py() not in column.values:
            hint = closest(str(self.value), [str(one) for one in column.values])
            scope.fail("TD2032", f"'{self.of}' never has the value '{self.value}'", "value", hint=hint)

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(self.of)
            bitmap = pa.py_buffer(np.packbits(find_cases(cells, known) == 0, bitorder="little"))
            hot = pa.BooleanArray.from_buffers(pa.bool_(), len(cells), [None, bitmap])
            return set_null(hot, is_null(cells))

        return Binding(pa.bool_(), fill, nullable=column.nullable)

"""The same value in every row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.scalars import Scalar, scalar_type
from tempdata_dagster.generators import KINDS


@KINDS.register("constant")
class Constant(Kind):
    """One text, number, date or truth value for all rows.

    Example: {kind: constant, value: EUR}
    """

    value: Scalar = Field(description="text, a whole number, a number, true or false, or a date")

    def bind(self, scope: Scope) -> Binding:
        """A dictionary of one value for text, a repeated value otherwise."""
        del scope
        kind = scalar_type([self.value])
        single = pa.array([self.value], type=kind)
        if not pa.types.is_string(kind):
            return Binding(kind, lambda frame: pa.repeat(single[0], len(frame)), values=(self.value,))

        def fill(frame: Frame) -> pa.Array:
            return pa.DictionaryArray.from_arrays(wrap(np.zeros(len(frame), dtype=np.int32), pa.int32()), single)

        return Binding(pa.dictionary(pa.int32(), kind), fill, values=(self.value,))

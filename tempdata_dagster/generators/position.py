"""The number of a row within its parent."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS


@KINDS.register("position")
class Position(Kind):
    """1, 2, 3 ... within each parent row; within the partition for a table whose rows hang on no other.

    Example: {kind: position}
    """

    start: int = Field(default=1, ge=0, le=10**12)

    def bind(self, scope: Scope) -> Binding:
        """The ordinal's lowest bits."""
        layout = scope.rows_of(scope.table).layout
        mask = np.int64((1 << layout.bits) - 1 if layout.bits else -1)

        def fill(frame: Frame) -> pa.Array:
            return wrap((frame.rows.ordinal & mask) + self.start, pa.int64())

        distinct = layout.parent is None and layout.period is None
        return Binding(pa.int64(), fill, minimum=self.start, distinct=distinct)

"""Truth values."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Share

_WHOLE = 2.0**64


@KINDS.register("boolean")
class Boolean(Kind):
    """True in a share of the rows, otherwise false.

    Example: {kind: boolean, share: 30%}
    """

    keyable: ClassVar[bool] = True
    share: Share = Field(default=0.5, description="how often it is true")

    def bind(self, scope: Scope) -> Binding:
        """One comparison per row, packed into bits."""
        if self.share in (0.0, 1.0):
            known = np.full(1, self.share == 1.0)
            return Binding(pa.bool_(), lambda frame: _pack(np.broadcast_to(known, len(frame))))
        stream, limit = scope.stream(), np.uint64(self.share * _WHOLE)
        return Binding(pa.bool_(), lambda frame: _pack(stream.bits(frame.rows) < limit))


def _pack(values: np.ndarray) -> pa.Array:
    bitmap = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.BooleanArray.from_buffers(pa.bool_(), len(values), [None, bitmap])

"""Truth values."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import BeforeValidator, Field

from tempdata_dagster.engine.cases import Cases, check_when
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Identifier, Share, parse_share

_WHOLE = 2.0**64
When = Annotated[dict[Identifier, dict[Any, float]], BeforeValidator(lambda value: check_when(value, parse_share))]


@KINDS.register("boolean")
class Boolean(Kind):
    """True in a share of the rows, otherwise false.

    Example: {kind: boolean, share: 30%}
    """

    keyable: ClassVar[bool] = True
    share: Share = Field(default=0.5, description="how often it is true")
    when: When | None = Field(default=None, description="other shares by another column: {country: {DE: 30%, PK: 80%}}")

    def bind(self, scope: Scope) -> Binding:
        """One comparison per row, packed into bits."""
        if self.when:
            return self._bind_cases(scope, self.when)
        if self.share in (0.0, 1.0):
            known = np.full(1, self.share == 1.0)
            return Binding(pa.bool_(), lambda frame: _pack(np.broadcast_to(known, len(frame))))
        stream, limit = scope.stream(), np.uint64(self.share * _WHOLE)
        return Binding(pa.bool_(), lambda frame: _pack(stream.bits(frame.rows) < limit))

    def _bind_cases(self, scope: Scope, when: dict[str, dict[Any, float]]) -> Binding:
        ((name, shares),) = when.items()
        cases, stream = Cases.bind(scope, name, list(shares)), scope.stream()
        limits = np.array([*shares.values(), self.share])  # -1, no case, is the last

        def fill(frame: Frame) -> pa.Array:
            return _pack(stream.uniform(frame.rows) < limits[cases.find(frame)])

        return Binding(pa.bool_(), fill)


def _pack(values: np.ndarray) -> pa.Array:
    bitmap = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.BooleanArray.from_buffers(pa.bool_(), len(values), [None, bitmap])

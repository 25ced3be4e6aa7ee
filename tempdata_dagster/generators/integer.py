"""Whole numbers."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.distributions.numeric import NumericKind
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS

_BITS = 63
Whole = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]


@KINDS.register("integer")
class Integer(NumericKind):
    """Whole numbers: every one between `min` and `max` alike, or by a distribution that is cut off there.

    `geometric` and `zipf` begin at `min` (or at 0 and 1); the continuous distributions are rounded to the nearest. Only a
    uniform one can be `unique`.

    Example: {kind: integer, min: 1, max: 6}
    """

    min: Whole | None = None
    max: Whole | None = None

    def bind(self, scope: Scope) -> Binding:
        """int64 by one look-up or one multiplication per row."""
        plain = self.distribution == "uniform" and not (self.mixture or self.empirical)
        if plain and self.min is not None and self.max is not None and (self.max - self.min + 1).bit_length() > _BITS:
            message = f"{self.min} to {self.max} are more than 2^63 numbers"
            scope.fail("TD2031", message, "max", hint="narrow the range")
        if self.unique and plain:
            return self._bind_unique(scope, int(self.min or 0), int(self.max or 0))
        if self.unique:
            what = "a measured" if self.empirical else f"a {self.distribution}"
            scope.fail("TD2008", f"{what} integer cannot be unique", "unique", hint="make it uniform")
        try:
            drawn = self.draw(scope, 0)
        except ValueError as error:
            scope.fail("TD2031", str(error), "distribution", hint="widen min and max, or choose another distribution")

        def fill(frame: Frame) -> pa.Array:
            return wrap(drawn.fill(frame), pa.int64())

        return Binding(pa.int64(), fill, minimum=drawn.least, maximum=drawn.greatest, score=drawn.score)

    def _bind_unique(self, scope: Scope, low: int, high: int) -> Binding:
        number = scope.enumerate_rows(high - low + 1)
        return Binding(
            pa.int64(),
            lambda frame: wrap(number(frame) + low, pa.int64()),
            minimum=low,
            maximum=high,
            distinct=True,
        )

"""Whole numbers."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.distributions_settings import NumericKind
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
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
        if self.distribution == "uniform":
            return self._bind_uniform(scope, int(self.min or 0), int(self.max or 0))
        if self.unique:
            scope.fail("TD2008", f"a {self.distribution} integer cannot be unique", "unique", hint="make it uniform")
        try:
            sampler = self.sample_units(self.min, self.max, 1)
        except ValueError as error:
            scope.fail("TD2031", str(error), "distribution")
        stream = scope.stream()

        def fill(frame: Frame) -> pa.Array:
            return wrap(sampler.draw(stream.bits(frame.rows)), pa.int64())

        return Binding(pa.int64(), fill, minimum=sampler.least, maximum=sampler.greatest)

    def _bind_uniform(self, scope: Scope, low: int, high: int) -> Binding:
        size = high - low + 1
        if size.bit_length() > _BITS:
            scope.fail("TD2031", f"{low} to {high} are more than 2^63 numbers", "max", hint="narrow the range")
        if self.unique:
            number = scope.enumerate_rows(size)
            return Binding(
                pa.int64(),
                lambda frame: wrap(number(frame) + low, pa.int64()),
                minimum=low,
                maximum=high,
                distinct=True,
            )
        stream = scope.stream()
        return Binding(
            pa.int64(),
            lambda frame: wrap(below(stream.bits(frame.rows), size) + low, pa.int64()),
            minimum=low,
            maximum=high,
        )

"""Numbers with a fraction: float64, or decimals for money and measures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import make_decimal, wrap
from tempdata_dagster.engine.distributions.dependence import Score
from tempdata_dagster.engine.distributions.numeric import NumericKind
from tempdata_dagster.engine.distributions.settings import Figure
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS

# What fits a 64-bit integer: sums and comparisons stay exact and fast everywhere.
PRECISION = 18


@KINDS.register("number")
class Number(NumericKind):
    """Numbers by a distribution that is cut off at `min` and `max`; with `decimals`, exact decimals with that many digits.

    Rounding is half away from zero. `beta` runs from `min` to `max`. Only a uniform one with decimals can be `unique`.

    Example: {kind: number, distribution: lognormal, median: 20, sigma: 0.8, min: 1, max: 900, decimals: 2}
    """

    min: Figure | None = None
    max: Figure | None = None
    decimals: int | None = Field(default=None, ge=0, le=15, description="digits after the point; without: float64")

    def bind(self, scope: Scope) -> Binding:
        """decimal128 or float64 by one look-up per row."""
        if self.unique and (self.distribution != "uniform" or self.decimals is None):
            hint = "only a uniform number with decimals can be unique"
            scope.fail("TD2008", f"a {self.distribution} number like this cannot be unique", "unique", hint=hint)
        try:
            return self._bind_reals(scope) if self.decimals is None else self._bind_decimals(scope, self.decimals)
        except ValueError as error:
            scope.fail("TD2031", str(error), "distribution", hint="widen min and max, or choose another distribution")

    def _bind_reals(self, scope: Scope) -> Binding:
        drawn = self.draw(scope, None)
        least, greatest = (None if end is None else float(end) for end in (drawn.least, drawn.greatest))
        return Binding(
            pa.float64(),
            lambda frame: wrap(drawn.fill(frame), pa.float64()),
            minimum=least,
            maximum=greatest,
            score=drawn.score,
        )

    def _bind_decimals(self, scope: Scope, decimals: int) -> Binding:
        kind = pa.decimal128(PRECISION, decimals)
        units, least, greatest, score = self._units(scope, decimals)

        def fill(frame: Frame) -> pa.Array:
            return make_decimal(units(frame), PRECISION, decimals)

        ends = [None if end is None else Decimal(end).scaleb(-decimals) for end in (least, greatest)]
        return Binding(kind, fill, minimum=ends[0], maximum=ends[1], distinct=self.unique, score=score)

    def _units(self, scope: Scope, decimals: int) -> tuple[Any, int | None, int | None, Score | None]:
        """A function from a frame to int64 multiples of the last digit, and what is known of them."""
        if self.unique:
            ends = self.units(decimals)
            number = scope.enumerate_rows(ends.greatest - ends.least + 1)
            return lambda frame: number(frame) + ends.least, ends.least, ends.greatest, None
        if any(end is not None and abs(end) * 10.0**decimals >= 10**PRECISION for end in (self.min, self.max)):
            raise ValueError(f"min and max do not fit {PRECISION} digits, {decimals} of them after the point")
        for variant in (self.variants() or {None: self}).values():
            probe = variant.sampler(decimals).draw(np.array([0, 2**63 - 1, 2**63, 2**64 - 1], dtype=np.uint64))
            if np.abs(probe).max() >= 10**PRECISION:
                raise ValueError(f"the values do not fit {PRECISION} digits: give a min and a max")
        drawn = self.draw(scope, decimals)
        return drawn.fill, drawn.least, drawn.greatest, drawn.score

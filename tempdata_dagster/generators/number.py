"""Numbers with a fraction: float64, or decimals for money and measures."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import make_decimal, wrap
from tempdata_dagster.engine.distributions_settings import Figure, NumericKind
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below, to_unit
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
            scope.fail("TD2031", str(error), "distribution")

    def _bind_reals(self, scope: Scope) -> Binding:
        stream = scope.stream()
        if self.distribution != "uniform":
            sampler = self.sample_reals()
            least, greatest = (None if end is None else float(end) for end in (sampler.least, sampler.greatest))
            return Binding(
                pa.float64(),
                lambda frame: wrap(sampler.draw(stream.bits(frame.rows)), pa.float64()),
                minimum=least,
                maximum=greatest,
            )
        low, width = float(self.min or 0.0), float(self.max or 0.0) - float(self.min or 0.0)

        def fill(frame: Frame) -> pa.Array:
            values = to_unit(stream.bits(frame.rows))
            values *= width
            values += low
            return wrap(values, pa.float64())

        return Binding(pa.float64(), fill, minimum=low, maximum=float(self.max or 0.0))

    def _bind_decimals(self, scope: Scope, decimals: int) -> Binding:
        scale = 10**decimals
        low = None if self.min is None else _to_units(self.min, scale, ROUND_CEILING)
        high = None if self.max is None else _to_units(self.max, scale, ROUND_FLOOR)
        if low is not None and high is not None and high < low:
            raise ValueError(f"no number with {decimals} decimals lies between {self.min} and {self.max}")
        limit = 10**PRECISION
        if any(end is not None and abs(end) >= limit for end in (low, high)):
            raise ValueError(f"min and max do not fit {PRECISION} digits, {decimals} of them after the point")
        units, least, greatest = self._units(scope, low, high, scale)

        def fill(frame: Frame) -> pa.Array:
            return make_decimal(units(frame), PRECISION, decimals)

        ends = [None if end is None else Decimal(end).scaleb(-decimals) for end in (least, greatest)]
        kind = pa.decimal128(PRECISION, decimals)
        return Binding(kind, fill, minimum=ends[0], maximum=ends[1], distinct=self.unique)

    def _units(self, scope: Scope, low: int | None, high: int | None, scale: int) -> tuple[Any, int | None, int | None]:
        """A function from a frame to int64 multiples of the last digit, and the least and greatest of them."""
        stream = scope.stream()
        if self.distribution == "uniform":
            first, size = low or 0, (high or 0) - (low or 0) + 1
            if self.unique:
                number = scope.enumerate_rows(size)
                return lambda frame: number(frame) + first, first, high
            return lambda frame: below(stream.bits(frame.rows), size) + first, first, high
        sampler = self.sample_units(low, high, scale)
        probe = np.abs(sampler.draw(np.array([0, 2**63 - 1, 2**63, 2**64 - 1], dtype=np.uint64))).max()
        if probe >= 10**PRECISION:
            raise ValueError(f"the values do not fit {PRECISION} digits: give a min and a max")
        return lambda frame: sampler.draw(stream.bits(frame.rows)), sampler.least, sampler.greatest


def _to_units(bound: float, scale: int, rounding: str) -> int:
    """The bound in units of the last digit, from the digits that the file has."""
    return int((Decimal(repr(bound)) * scale).to_integral_value(rounding))

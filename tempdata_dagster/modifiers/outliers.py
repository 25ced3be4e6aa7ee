"""Numbers that are wrong now and then."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from tempdata_dagster.engine.amounts import Change, Ends, NumberModifier
from tempdata_dagster.engine.modifier import MODIFIERS, ModifierScope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.engine.streams import below
from tempdata_dagster.spec.values import Share

_WHOLE = 2.0**64


@MODIFIERS.register("outliers")
class Outliers(NumberModifier):
    """A share of the numbers is far off: `spike` times `size`, `drop` by `size`, `zero`, `negative` (the sign turned).

    Example: {kind: outliers, rate: 1%, size: 10, kinds: [spike, drop]}
    """

    rate: Share = Field(description="of the rows")
    size: float = Field(default=10.0, ge=1, le=1e9)
    kinds: Annotated[tuple[Literal["spike", "drop", "zero", "negative"], ...], Field(strict=False, min_length=1)] = (
        "spike",
    )

    def _factors(self) -> np.ndarray:
        known = {"spike": self.size, "drop": 1.0 / self.size, "zero": 0.0, "negative": -1.0}
        return np.array([known[one] for one in self.kinds])

    def prepare(self, scope: ModifierScope, column: Binding) -> Change:
        """Which rows by one stream, what happens to them by another."""
        del column
        where, which, factors = scope.stream("where"), scope.stream("which"), self._factors()
        limit = np.uint64(min(self.rate * _WHOLE, np.nextafter(_WHOLE, 0)))

        def spoil(bits: np.ndarray, kinds: np.ndarray, amounts: np.ndarray) -> np.ndarray:
            hit = np.flatnonzero(bits < limit) if self.rate < 1 else np.arange(len(amounts))
            amounts[hit] *= factors[below(kinds[hit], len(factors))]
            return amounts

        return lambda frame, amounts: spoil(where.bits(frame.rows), which.bits(frame.rows), amounts.copy())

    def move_ends(self, ends: Ends) -> Ends:
        """The ends with and without every factor."""
        low, high = ends
        if low is None or high is None:
            return None, None
        corners = [end * factor for end in (low, high) for factor in (1.0, *self._factors().tolist())]
        return min(corners), max(corners)

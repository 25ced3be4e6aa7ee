"""Numbers kept between two ends."""

from __future__ import annotations

import numpy as np
from pydantic import Field, model_validator

from tempdata_dagster.engine.amounts import Change, Ends, NumberModifier
from tempdata_dagster.engine.modifier import MODIFIERS, ModifierScope
from tempdata_dagster.engine.relation import Binding


@MODIFIERS.register("clamp")
class Clamp(NumberModifier):
    """What is less than `min` becomes `min`, what is more than `max` becomes `max`.

    Example: {kind: clamp, min: 0, max: 5}
    """

    min: float | None = Field(default=None, ge=-1e15, le=1e15)
    max: float | None = Field(default=None, ge=-1e15, le=1e15)

    @model_validator(mode="after")
    def _ordered(self) -> Clamp:
        if self.min is None and self.max is None:
            raise ValueError("clamp needs 'min' or 'max'")
        if self.min is not None and self.max is not None and self.max < self.min:
            raise ValueError(f"max {self.max:g} is less than min {self.min:g}")
        return self

    def prepare(self, scope: ModifierScope, column: Binding) -> Change:
        """Two comparisons."""
        del scope, column
        return lambda _, amounts: np.asarray(np.clip(amounts, self.min, self.max))

    def move_ends(self, ends: Ends) -> Ends:
        """The narrower of both."""
        low, high = ends
        floor = low if self.min is None else self.min if low is None else max(low, self.min)
        ceiling = high if self.max is None else self.max if high is None else min(high, self.max)
        # Where all numbers lie beyond one end, that end is all there is.
        floor = floor if self.max is None or floor is None else min(floor, self.max)
        return floor, ceiling if self.min is None or ceiling is None else max(ceiling, self.min)

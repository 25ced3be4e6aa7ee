"""Numbers times a factor."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from tempdata_dagster.engine.amounts import Change, Ends, NumberModifier
from tempdata_dagster.engine.modifier import MODIFIERS, ModifierScope
from tempdata_dagster.engine.relation import Binding


@MODIFIERS.register("multiply")
class Multiply(NumberModifier):
    """Every number times a factor; the column keeps its type, and is rounded to it.

    Example: {kind: multiply, by: 1.1}
    """

    by: float = Field(ge=-1e12, le=1e12)

    def prepare(self, scope: ModifierScope, column: Binding) -> Change:
        """One multiplication."""
        del scope, column
        return lambda _, amounts: np.asarray(amounts * self.by)

    def move_ends(self, ends: Ends) -> Ends:
        """The ends times the factor, the other way round if it is negative."""
        low, high = (None if end is None else end * self.by for end in ends)
        return (high, low) if self.by < 0 else (low, high)

"""Numbers and an amount."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from tempdata_dagster.engine.amounts import Change, Ends, NumberModifier
from tempdata_dagster.engine.modifier import MODIFIERS, ModifierScope
from tempdata_dagster.engine.relation import Binding


@MODIFIERS.register("add")
class Add(NumberModifier):
    """An amount is added to every number; a negative one is taken off.

    Example: {kind: add, by: -5}
    """

    by: float = Field(ge=-1e15, le=1e15)

    def prepare(self, scope: ModifierScope, column: Binding) -> Change:
        """One addition."""
        del scope, column
        return lambda _, amounts: np.asarray(amounts + self.by)

    def move_ends(self, ends: Ends) -> Ends:
        """The ends move along."""
        low, high = (None if end is None else end + self.by for end in ends)
        return low, high

"""Numbers that are a little off."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from tempdata_dagster.engine.amounts import Change, Ends, NumberModifier
from tempdata_dagster.engine.distributions.quantile import QuantileTable, normal_quantile
from tempdata_dagster.engine.modifier import MODIFIERS, ModifierScope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.engine.streams import to_unit
from tempdata_dagster.spec.values import Share

_FARTHEST = 8.0  # standard deviations; a table of 64 random bits goes no farther


@MODIFIERS.register("jitter")
class Jitter(NumberModifier):
    """Each number moved at random: by up to an amount, or by up to a share of itself; `normal` takes it for the standard deviation.

    Example: {kind: jitter, share: 5%}
    """

    by: float | None = Field(default=None, gt=0, le=1e15)
    share: Share | None = None
    distribution: Literal["uniform", "normal"] = "uniform"

    @model_validator(mode="after")
    def _one_way(self) -> Jitter:
        if (self.by is None) == (self.share is None):
            raise ValueError("jitter needs 'by' or 'share', one of the two")
        return self

    def prepare(self, scope: ModifierScope, column: Binding) -> Change:
        """One draw from its own stream."""
        del column
        stream, size = scope.stream(), self.by or self.share or 0.0
        table = QuantileTable(normal_quantile) if self.distribution == "normal" else None

        def move(frame_bits: np.ndarray, amounts: np.ndarray) -> np.ndarray:
            unit = (
                np.clip(table.look_up(frame_bits), -_FARTHEST, _FARTHEST) if table else to_unit(frame_bits) * 2.0 - 1.0
            )
            if self.by is not None:
                return np.asarray(amounts + unit * size)
            return np.asarray(amounts * (unit * size + 1.0))

        return lambda frame, amounts: move(stream.bits(frame.rows), amounts)

    def move_ends(self, ends: Ends) -> Ends:
        """The ends, as far off as can be."""
        far = (self.by or self.share or 0.0) * (_FARTHEST if self.distribution == "normal" else 1.0)
        low, high = ends
        if self.by is not None:
            return None if low is None else low - far, None if high is None else high + far
        factors = (1.0 - far, 1.0 + far)
        if low is None or high is None:
            one_sided = far <= 1.0
            floor = low * factors[0] if low is not None and low >= 0 and one_sided else None
            return floor, high * factors[0] if high is not None and high <= 0 and one_sided else None
        corners = [end * factor for end in (low, high) for factor in factors]
        return min(corners), max(corners)

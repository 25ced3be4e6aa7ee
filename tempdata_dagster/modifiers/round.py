"""Rounded numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from tempdata_dagster.engine.amounts import Change, Ends, NumberModifier
from tempdata_dagster.engine.modifier import MODIFIERS, ModifierScope
from tempdata_dagster.engine.relation import Binding


@MODIFIERS.register("round")
class Round(NumberModifier):
    """Numbers rounded to so many decimals (-2: to hundreds) or to multiples of a step: nearest (half away from zero), up or down.

    Example: {kind: round, to: 0.05}
    """

    decimals: int | None = Field(default=None, ge=-15, le=15)
    to: float | None = Field(default=None, gt=0, le=1e15, description="a step, such as 0.05 or 250")
    mode: Literal["nearest", "up", "down"] = "nearest"

    @model_validator(mode="after")
    def _one_way(self) -> Round:
        if (self.decimals is None) == (self.to is None):
            raise ValueError("round needs 'decimals' or 'to', one of the two")
        return self

    def _round(self, amounts: np.ndarray) -> np.ndarray:
        # A power of ten that is whole is exact; its reciprocal is not.
        if self.decimals is not None and self.decimals >= 0:
            return np.asarray(self._whole(amounts * 10.0**self.decimals) / 10.0**self.decimals)
        step = self.to if self.decimals is None else 10.0**-self.decimals
        return np.asarray(self._whole(amounts / (step or 1.0)) * step)

    def _whole(self, steps: np.ndarray) -> np.ndarray:
        if self.mode == "nearest":
            return np.asarray(np.trunc(steps + np.copysign(0.5, steps)))
        # A step that is met but for the last bits is met.
        near = np.rint(steps)
        met = np.abs(steps - near) <= 1e-9 * np.maximum(np.abs(steps), 1.0)
        return np.asarray(np.where(met, near, np.ceil(steps) if self.mode == "up" else np.floor(steps)))

    def prepare(self, scope: ModifierScope, column: Binding) -> Change:
        """A division, a rounding, and a multiplication."""
        del scope, column
        return lambda _, amounts: self._round(amounts)

    def move_ends(self, ends: Ends) -> Ends:
        """The ends rounded alike."""
        low, high = (None if end is None else float(self._round(np.array([end]))[0]) for end in ends)
        return low, high

"""A distribution as it was measured: a histogram, or quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator

from tempdata_dagster.engine.streams import to_unit
from tempdata_dagster.spec.values import MAX_WEIGHT, Settings

_MOST = 100_000
_Figure = Annotated[float, Field(ge=-1e100, le=1e100)]
_Figures = Annotated[tuple[_Figure, ...], Field(strict=False, max_length=_MOST)]


class Measured(Settings):
    """What was measured: `edges` of bins with the `counts` between them, or `quantiles` at evenly spaced probabilities.

    Attributes:
        edges: The ends of the bins, rising; one more than counts.
        counts: How much lies in each bin.
        quantiles: The least value, the values at even steps of probability, and the greatest: five are quartiles.
    """

    edges: _Figures = ()
    counts: _Figures = ()
    quantiles: _Figures = ()

    @model_validator(mode="after")
    def _consistent(self) -> Measured:
        if bool(self.edges) == bool(self.quantiles):
            raise ValueError("empirical has edges and counts, or quantiles: write {edges: [0, 10, 50], counts: [7, 2]}")
        if self.quantiles:
            if len(self.quantiles) < 2 or any(b < a for a, b in zip(self.quantiles, self.quantiles[1:], strict=False)):
                raise ValueError("'quantiles' are at least two numbers that do not fall")
        elif any(b <= a for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("'edges' rise from one to the next")
        elif len(self.counts) != len(self.edges) - 1 or not self.counts:
            raise ValueError(f"{len(self.edges)} edges have {len(self.edges) - 1} counts between them")
        elif any(not 0 <= count <= MAX_WEIGHT for count in self.counts) or not any(self.counts):
            raise ValueError(f"'counts' are between 0 and {MAX_WEIGHT:g}, and not all 0")
        return self

    def make(self) -> Empirical:
        """The distribution."""
        if self.quantiles:
            steps = len(self.quantiles) - 1
            return Empirical(self.quantiles, (1.0,) * steps)
        return Empirical(self.edges, self.counts)


@dataclass(frozen=True)
class Empirical:
    """Bins with weights; within each all values are alike."""

    edges: tuple[float, ...]
    counts: tuple[float, ...]
    ways: ClassVar[tuple[tuple[str, ...], ...]] = ((),)
    fills_bounds: ClassVar[bool] = False

    @property
    def support(self) -> tuple[float, float]:
        """From the first edge to the last."""
        return self.edges[0], self.edges[-1]

    @cached_property
    def _edges(self) -> np.ndarray:
        return np.array(self.edges)

    @cached_property
    def _sums(self) -> np.ndarray:
        sums = np.concatenate([[0.0], np.cumsum(self.counts)])
        return np.asarray(sums / sums[-1])

    def tails(self, x: float) -> tuple[float, float]:
        """The bins below and above."""
        edges, sums = self._edges, self._sums
        cell = min(max(int(np.searchsorted(edges, x, side="right")) - 1, 0), len(edges) - 2)
        width = edges[cell + 1] - edges[cell]
        share = min(max((x - edges[cell]) / width, 0.0), 1.0) if width > 0 else 1.0
        lower = float(sums[cell] + (sums[cell + 1] - sums[cell]) * share)
        return lower, 1.0 - lower

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The place in the bin."""
        del upper
        edges, sums = self._edges, self._sums
        cell = np.clip(np.searchsorted(sums, lower, side="right") - 1, 0, len(self.counts) - 1)
        width = sums[cell + 1] - sums[cell]
        share = np.clip((lower - sums[cell]) / np.where(width > 0, width, 1.0), 0.0, 1.0)
        return np.asarray(edges[cell] + (edges[cell + 1] - edges[cell]) * share)

    def draw(self, bits: np.ndarray, below: float, mass: float) -> np.ndarray:
        """Values for random numbers without a table, which would blur the edges: from `below`, over `mass`."""
        lower = to_unit(bits) * mass + below
        return self.value(lower, 1.0 - lower)

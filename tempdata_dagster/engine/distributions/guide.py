"""Discrete distributions by a guide table: one look-up settles nearly every row, a search the few that a boundary crosses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_GUIDE_BITS = 16
_TO_GUIDE = np.uint64(64 - _GUIDE_BITS)
_WHOLE = 2.0**64


class DiscreteTable:
    """Indexes drawn in proportion to weights.

    Args:
        weights: Non-negative, finite, with a positive sum; shape `(n,)`.

    Monotone: a larger random number never gives a smaller index, so a small change of a weight moves few rows.
    """

    def __init__(self, weights: Sequence[float] | np.ndarray) -> None:
        cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
        edges = np.minimum(cumulative / cumulative[-1] * _WHOLE, np.nextafter(_WHOLE, 0))
        self._edges = edges.astype(np.uint64)
        self._last = int(np.flatnonzero(np.diff(cumulative, prepend=0.0) > 0)[-1])
        cells = np.arange(1 << _GUIDE_BITS, dtype=np.uint64) << _TO_GUIDE
        low = np.searchsorted(self._edges, cells, side="right")
        high = np.searchsorted(self._edges, cells + ((np.uint64(1) << _TO_GUIDE) - np.uint64(1)), side="right")
        self._guide = np.minimum(low, self._last).astype(np.int32)
        self._split = low != high

    def look_up(self, bits: np.ndarray) -> np.ndarray:
        """One index in [0, n) per 64-bit random number, int32 of the same shape."""
        cell = (bits >> _TO_GUIDE).astype(np.int64)
        index = self._guide[cell]
        crossed = np.flatnonzero(self._split[cell])
        if len(crossed):
            found = np.searchsorted(self._edges, bits[crossed], side="right")
            index[crossed] = np.minimum(found, self._last)
        return index

"""Choosing one of n parents, so that growth moves only what it must.

`choose_stable` draws an index in [0, n) in proportion to weights, consistently: when n grows, a row keeps its parent or
moves to a new one, never to another old one. The cumulative weight W(n) is cut at powers of two; level j covers the points
from 2**(j-1) to 2**j. A row's first bits say, by their highest one below 2**K, on which level its point lies, and every level
has its own bits for the place within. At the top level K (the least with 2**K >= W(n)) only the points below W(n) have a
parent: a row that misses draws again, and each further draw may send it to the levels below, whose answer does not depend
on the misses. Parents beyond the old n only ever take over points that were beyond W(old n).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from pydantic import Field

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.streams import Stream, to_unit
from tempdata_dagster.spec.values import Settings

_TRIALS = 200
_HEAD = 256
Numbers = np.ndarray


class Skew(Protocol):
    """How references spread over parents, in the order of their ordinals."""

    def __hash__(self) -> int:
        """Equal skews are one."""

    def total(self, size: Numbers) -> Numbers:
        """Cumulative weight of the first `size` parents, float64."""

    def index(self, point: Numbers) -> Numbers:
        """The parent whose weight covers each point of [0, total), int64."""


@dataclass(frozen=True)
class Uniform:
    """Every parent alike."""

    def total(self, size: Numbers) -> Numbers:
        """The size itself."""
        return np.asarray(size, dtype=np.float64)

    def index(self, point: Numbers) -> Numbers:
        """The whole part."""
        return np.asarray(point).astype(np.int64)


@dataclass(frozen=True)
class Power:
    """Self-similar: `share` of the references on the first fifth of the parents (0.8 is Pareto's 80/20)."""

    share: float

    @property
    def exponent(self) -> float:
        """W(n) = n ** exponent, with exponent = ln(share) / ln(0.2)."""
        return float(portable.log(self.share) / portable.log(0.2))

    def total(self, size: Numbers) -> Numbers:
        """N ** exponent."""
        size = np.asarray(size, dtype=np.float64)
        return np.where(size > 0, portable.power(np.maximum(size, 1.0), self.exponent), 0.0)

    def index(self, point: Numbers) -> Numbers:
        """The inverse power."""
        return portable.power(np.maximum(point, 1e-300), 1.0 / self.exponent).astype(np.int64)


@dataclass(frozen=True)
class Zipf:
    """The i-th parent weighs i ** -exponent: the first 256 exactly, the rest by the integral over [i - 1/2, i + 1/2]."""

    exponent: float

    def total(self, size: Numbers) -> Numbers:
        """The generalised harmonic number."""
        size = np.asarray(size, dtype=np.int64)
        head = _zipf_head(self.exponent)
        tail = self._integral(np.maximum(size, _HEAD) + 0.5) - _zipf_edge(self.exponent)
        return np.asarray(head[np.minimum(size, _HEAD)] + tail)

    def index(self, point: Numbers) -> Numbers:
        """A search in the head, the inverse integral in the tail."""
        head = _zipf_head(self.exponent)
        found = np.searchsorted(head, point, side="right") - 1
        tail = np.flatnonzero(found >= _HEAD)
        if len(tail):
            area = point[tail] - head[-1] + _zipf_edge(self.exponent)
            found[tail] = np.maximum(np.floor(self._inverse(area) + 0.5), _HEAD + 1) - 1
        return found

    def _integral(self, x: Numbers) -> Numbers:
        return _zipf_integral(self.exponent, x)

    def _inverse(self, area: Numbers) -> Numbers:
        if self.exponent == 1.0:
            return portable.exp(area)
        return portable.power(np.maximum(area * (1.0 - self.exponent), 1e-300), 1.0 / (1.0 - self.exponent))


def _zipf_integral(exponent: float, x: Numbers) -> Numbers:
    if exponent == 1.0:
        return portable.log(x)
    return portable.power(x, 1.0 - exponent) / (1.0 - exponent)


@lru_cache(maxsize=64)
def _zipf_edge(exponent: float) -> float:
    return float(_zipf_integral(exponent, np.array(_HEAD + 0.5)))


@lru_cache(maxsize=64)
def _zipf_head(exponent: float) -> np.ndarray:
    weights = portable.power(np.arange(1.0, _HEAD + 1), -exponent)
    return np.concatenate([[0.0], np.cumsum(weights)])


class SkewSettings(Settings):
    """How references spread over parents; one of the three.

    `zipf`: the i-th oldest parent weighs i ** -zipf. `pareto`: this share of the references goes to the oldest fifth.
    `recent`: this share goes to the newest fifth.
    """

    zipf: float | None = Field(default=None, gt=0, le=10)
    pareto: float | None = Field(default=None, gt=0.2, lt=1)
    recent: float | None = Field(default=None, gt=0.2, lt=1)

    def build(self) -> tuple[Skew, bool]:
        """The skew, and whether it counts from the newest."""
        if self.zipf is not None:
            return Zipf(self.zipf), False
        share = self.pareto if self.pareto is not None else self.recent
        return (Uniform() if share is None else Power(share)), self.recent is not None


@dataclass(frozen=True)
class Chooser:
    """Draws parents' indexes for rows.

    Attributes:
        skew: How references spread.
        newest_first: The skew counts from the newest parent rather than the oldest.
        whole: The stream of the points' whole parts.
        part: The stream of their fractions.
    """

    skew: Skew
    newest_first: bool
    whole: Stream
    part: Stream

    def choose(self, rows: Addresses, size: Numbers, trial: Numbers | int) -> Numbers:
        """An index in [0, size) for each row, where each row has a size of its own (at least 1)."""
        point = to_unit(self.part.bits(rows, trial)) * _totals(self.skew, size)
        return self._turn(np.minimum(self.skew.index(point), size - 1), size)

    def choose_stable(self, rows: Addresses, size: int, trial: Numbers | int) -> Numbers:
        """An index in [0, size) for each row; growth of `size` moves only rows that go to new parents."""
        total = _total(self.skew, size)
        top = max(int(np.ceil(total)) - 1, 0).bit_length()
        base = np.asarray(trial, dtype=np.uint64) << np.uint64(20)
        switches = self.whole.bits(rows, base)
        level = _highest_bit(switches, top)
        point = self._point(rows, level, base)
        pending = np.flatnonzero(point >= total)
        for again in range(1, _TRIALS):
            if not len(pending):
                break
            some, own = rows.take(pending), base if base.ndim == 0 else base[pending]
            first = own + np.uint64(again)
            lower = _highest_bit(self.whole.bits(some, first), top) < top
            level = np.where(lower, _highest_bit(switches[pending], top - 1), top)
            drawn = self._point(some, level, np.where(lower, own, first))
            point[pending] = drawn
            pending = pending[drawn >= total]
        return self._turn(np.minimum(self.skew.index(np.minimum(point, total)), size - 1), np.asarray(size))

    def _point(self, rows: Addresses, level: Numbers, trial: Numbers) -> Numbers:
        """A point of each row's level: the level's own bits, tried for the given time."""
        levels = np.arange(65, dtype=np.uint64)
        lows = np.where(levels > 0, np.uint64(1) << np.maximum(levels, np.uint64(1)) - np.uint64(1), np.uint64(0))
        own = (levels + np.uint64(1)) * np.uint64(1 << 12)

        def draw(stream: Stream) -> Numbers:
            if trial.ndim:
                return stream.bits(rows, own[level] + trial)
            return stream.mix_some(rows.ordinal, rows.partition, own + trial, level)

        within = draw(self.whole)
        within &= (np.maximum(lows, np.uint64(1)) - np.uint64(1))[level]
        within += lows[level]
        whole = within.astype(np.float64)
        return whole if isinstance(self.skew, Uniform) else whole + to_unit(draw(self.part))

    def _turn(self, index: Numbers, size: Numbers) -> Numbers:
        return size - 1 - index if self.newest_first else index


@lru_cache(maxsize=256)
def _total(skew: Skew, size: int) -> float:
    return float(skew.total(np.array(size)))


def _totals(skew: Skew, size: Numbers) -> Numbers:
    """`skew.total` of each size, computed once per distinct size where they lie close together."""
    if isinstance(skew, Uniform) or not len(size):
        return skew.total(size)
    low, high = int(size.min()), int(size.max())
    if high - low >= len(size):
        return skew.total(size)
    return np.asarray(skew.total(np.arange(low, high + 1))[size - low])


def _highest_bit(bits: Numbers, width: int) -> Numbers:
    """1-based place of the highest one among the lowest `width` bits, 0 when there is none; int64."""
    masked = bits & np.uint64((1 << max(width, 0)) - 1)
    return np.asarray(np.frexp(masked.astype(np.float64))[1], dtype=np.int64)

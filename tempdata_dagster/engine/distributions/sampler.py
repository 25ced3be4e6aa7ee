"""Samplers: distributions that are cut off at bounds, frozen into tables.

Cutting off is by the distribution function: what lies outside the bounds is not drawn, and nothing piles up at them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tempdata_dagster.engine.distributions.continuous import LEAST_TAIL, Continuous
from tempdata_dagster.engine.distributions.discrete import Discrete, Folded
from tempdata_dagster.engine.distributions.empirical import Empirical
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.distributions.quantile import QuantileTable, fold
from tempdata_dagster.engine.streams import below as below_bound
from tempdata_dagster.engine.streams import to_unit

MAX_UNITS = 1 << 62
_WHOLE = 2.0**64
Draw = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Sampler:
    """A function from 64-bit random numbers to values, and what is known of these.

    Attributes:
        draw: uint64 of shape `(n,)` to values of the same shape.
        least: No value is less; None when that is not known.
        greatest: No value is greater, likewise.
        folded: It takes the random numbers of a quantile table: the upper half runs backwards.
        monotone: Of larger random numbers (unfolded) it makes no smaller values.
    """

    draw: Draw
    least: Any = None
    greatest: Any = None
    folded: bool = False
    monotone: bool = True

    def at(self, bits: np.ndarray) -> np.ndarray:
        """Values for evenly rising random numbers: 0 is the least value, 2**64 - 1 the greatest."""
        return self.draw(fold(bits) if self.folded else bits)


def sample_uniform(low: float, high: float) -> Sampler:
    """A sampler of float64 that are all alike."""
    width = high - low

    def draw(bits: np.ndarray) -> np.ndarray:
        values = to_unit(bits)
        values *= width
        values += low
        return values

    return Sampler(draw, low, high)


def sample_uniform_units(low: int, high: int) -> Sampler:
    """A sampler of whole numbers that are all alike, as int64."""
    size = high - low + 1
    return Sampler(lambda bits: below_bound(bits, size) + low, low, high)


def sample_reals(distribution: Continuous, low: float | None, high: float | None) -> Sampler:
    """A sampler of float64 between the bounds, both included.

    Raises:
        ValueError: The distribution has nothing between the bounds.
    """
    if distribution.fills_bounds:
        base = 0.0 if low is None else low
        width = (1.0 if high is None else high) - base
        if width < 0:
            raise ValueError(f"the distribution has nothing between {base:g} and {base + width:g}")
        table = _cut(distribution, None, None)
        return _within(lambda bits: base + table.look_up(bits) * width, base, base + width)
    if low is not None and low == high:
        return Sampler(lambda bits: np.full(len(bits), low), low, high)
    first, last = distribution.support
    if isinstance(distribution, Empirical):
        return _sample_empirical(distribution, low, high)
    table = _cut(distribution, low, high)
    least = low if low is not None and low >= first else first if np.isfinite(first) else low
    return _within(table.look_up, least, high if high is not None else None if np.isinf(last) else last)


def _within(draw: Draw, least: float | None, greatest: float | None) -> Sampler:
    """The draw with its interpolation's rounding kept within the bounds."""
    if least is None and greatest is None:
        return Sampler(draw, folded=True)
    low, high = -np.inf if least is None else least, np.inf if greatest is None else greatest
    return Sampler(lambda bits: np.clip(draw(bits), low, high), least, greatest, folded=True)


def _sample_empirical(distribution: Empirical, low: float | None, high: float | None) -> Sampler:
    below, mass, _, _ = _sides(distribution, low, high)
    first, last = distribution.support
    least, greatest = first if low is None else max(first, low), last if high is None else min(last, high)
    return Sampler(lambda bits: np.clip(distribution.draw(bits, below, mass), least, greatest), least, greatest)


def mass_between(distribution: Continuous, low: float | None, high: float | None) -> float:
    """The probability between the bounds; those of a distribution that runs from one to the other cut off nothing."""
    try:
        return 1.0 if distribution.fills_bounds else _sides(distribution, low, high)[1]
    except ValueError:
        return 0.0


def _cut(distribution: Continuous, low: float | None, high: float | None) -> QuantileTable:
    below, mass, above, (under, over) = _sides(distribution, low, high)
    return QuantileTable(
        lambda p: distribution.value(below + p * mass, above - p * mass),
        lambda p: distribution.value(under - p * mass, over + p * mass),
    )


def _sides(
    distribution: Continuous, low: float | None, high: float | None
) -> tuple[float, float, float, tuple[float, float]]:
    """What lies below `low`, between the bounds, above `low`; and what lies below and above `high`."""
    first, last = distribution.support
    if (high is not None and high < first) or (low is not None and low > last):
        raise ValueError(f"the distribution has nothing between {_show(low)} and {_show(high)}")
    below, above = distribution.tails(low) if low is not None and low > first else (0.0, 1.0)
    under, over = distribution.tails(high) if high is not None and first < high < last else (1.0, 0.0)
    if high is not None and high == first:
        under, over = 0.0, 1.0
    mass = above - over if below > 0.5 else under - below
    if mass <= LEAST_TAIL:
        raise ValueError(f"the distribution has nothing between {_show(low)} and {_show(high)}")
    return below, mass, above, (under, over)


def _show(bound: float | None) -> str:
    return "the ends" if bound is None else f"{bound:g}"


def sample_units(distribution: Continuous, low: int | None, high: int | None, scale: int) -> Sampler:
    """A sampler of whole multiples of 1/scale, as int64, between the bounds (in these units), both included.

    A value is drawn half a unit beyond the bounds at most and rounded, half away from zero, so that the units at the
    bounds are as likely as the density says.

    Raises:
        ValueError: The distribution has nothing between the bounds, or goes beyond 62 bits where it has none.
    """
    floor = None if low is None else (low - 0.5) / scale
    ceiling = None if high is None else (high + 0.5) / scale
    reals = sample_reals(distribution, floor, ceiling)
    ends = reals.draw(np.array([0, 2**63 - 1, 2**63, 2**64 - 1], dtype=np.uint64)) * scale
    if np.abs(ends).max() >= MAX_UNITS:
        raise ValueError(f"the values reach {np.abs(ends).max() / scale:.3g}: give a min and a max")
    within = _within_units(low, high, reals, scale)

    def draw(bits: np.ndarray) -> np.ndarray:
        values = reals.draw(bits)
        values *= scale
        # Casting cuts off the fraction, so half a unit more, away from zero, rounds.
        values += 0.5 if within.least is not None and within.least >= 0 else np.copysign(0.5, values)
        return within.draw(values.astype(np.int64))

    return Sampler(draw, within.least, within.greatest, folded=reals.folded)


def _within_units(low: int | None, high: int | None, reals: Sampler, scale: int) -> Sampler:
    """What keeps units between their bounds, in place; the bounds are the distribution's own where there are no others."""
    first = low if low is not None else None if reals.least is None else round(reals.least * scale)
    last = high if high is not None else None if reals.greatest is None else round(reals.greatest * scale)
    if first is None and last is None:
        return Sampler(lambda units: units)
    return Sampler(lambda units: np.asarray(np.clip(units, first, last, out=units)), first, last)


def sample_counts(distribution: Discrete, low: int | None, high: int | None) -> Sampler:
    """A sampler of the whole numbers of a discrete distribution, as int64, between the bounds, both included.

    Raises:
        ValueError: The distribution has nothing between the bounds.
    """
    draw, least, greatest = distribution.prepare(low, high)
    return Sampler(draw, least, greatest, folded=isinstance(draw, Folded))


def mix(weights: Sequence[float], samplers: Sequence[Sampler]) -> Sampler:
    """A sampler that takes each value from one of several, in proportion to weights.

    The place of the random number between the borders of its sampler is the random number that this one gets.

    Raises:
        ValueError: All weights are 0.
    """
    kept = [number for number, weight in enumerate(weights) if weight > 0]
    if not kept:
        raise ValueError("no part of the mixture has anything between the bounds")
    chosen, table = [samplers[number] for number in kept], DiscreteTable([weights[number] for number in kept])
    sums = np.cumsum([weights[number] for number in kept])
    ends = sums / sums[-1]
    starts = np.concatenate([[0.0], ends[:-1]])

    def draw(bits: np.ndarray) -> np.ndarray:
        part = table.look_up(bits)
        within = np.clip((to_unit(bits) - starts[part]) / (ends - starts)[part], 0.0, 1.0 - 2.0**-53)
        inner = (within * _WHOLE).astype(np.uint64)
        values = chosen[0].at(inner)
        for number in range(1, len(chosen)):
            np.copyto(values, chosen[number].at(inner), where=part == number)
        return values

    ends_known = [[one.least for one in chosen], [one.greatest for one in chosen]]
    least = None if None in ends_known[0] else min(ends_known[0])
    greatest = None if None in ends_known[1] else max(ends_known[1])
    return Sampler(draw, least, greatest, monotone=False)

"""Samplers: distributions that are cut off at bounds, frozen into tables.

Cutting off is by the distribution function: what lies outside the bounds is not drawn, and nothing piles up at them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tempdata_dagster.engine.distributions import LEAST_TAIL, Continuous
from tempdata_dagster.engine.distributions_discrete import Discrete
from tempdata_dagster.engine.quantile import QuantileTable

MAX_UNITS = 1 << 62
Draw = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Sampler:
    """A function from 64-bit random numbers to values, and what is known of these.

    Attributes:
        draw: uint64 of shape `(n,)` to values of the same shape.
        least: No value is less; None when that is not known.
        greatest: No value is greater, likewise.
    """

    draw: Draw
    least: Any = None
    greatest: Any = None


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
    table = _cut(distribution, low, high)
    least = low if low is not None and low >= first else first if np.isfinite(first) else low
    return _within(table.look_up, least, high if high is not None else None if np.isinf(last) else last)


def _within(draw: Draw, least: float | None, greatest: float | None) -> Sampler:
    """The draw with its interpolation's rounding kept within the bounds."""
    if least is None and greatest is None:
        return Sampler(draw)
    low, high = -np.inf if least is None else least, np.inf if greatest is None else greatest
    return Sampler(lambda bits: np.clip(draw(bits), low, high), least, greatest)


def _cut(distribution: Continuous, low: float | None, high: float | None) -> QuantileTable:
    first, last = distribution.support
    below, above = distribution.tails(low) if low is not None and low > first else (0.0, 1.0)
    under, over = distribution.tails(high) if high is not None and high < last else (1.0, 0.0)
    mass = above - over if below > 0.5 else under - below
    if (high is not None and high < first) or mass <= LEAST_TAIL:
        raise ValueError(f"the distribution has nothing between {_show(low)} and {_show(high)}")
    return QuantileTable(
        lambda p: distribution.value(below + p * mass, above - p * mass),
        lambda p: distribution.value(under - p * mass, over + p * mass),
    )


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

    return Sampler(draw, within.least, within.greatest)


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
    return Sampler(draw, least, greatest)

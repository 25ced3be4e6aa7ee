"""Distributions of whole numbers: tables of exact weights where these fit, and inverse functions beyond."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.distributions.quantile import QuantileTable
from tempdata_dagster.engine.references.sampling import Zipf as ZipfSkew
from tempdata_dagster.engine.streams import to_unit

MAX_TABLE = 100_000
_MAX_MEAN, _MAX_EXPONENT, _MAX_PLACES = 1e9, 20.0, 10**12
_MAX_GEOMETRIC_MEAN = 1e15
Prepared = tuple[Callable[[np.ndarray], np.ndarray], int, int | None]


@dataclass(frozen=True)
class Folded:
    """A draw from a quantile table, whose random numbers are folded in the middle.

    Attributes:
        draw: 64-bit random numbers to int64.
    """

    draw: Callable[[np.ndarray], np.ndarray]

    def __call__(self, bits: np.ndarray) -> np.ndarray:
        """The whole numbers."""
        return self.draw(bits)


class Discrete(Protocol):
    """A distribution of whole numbers.

    Attributes:
        ways: The sets of parameters that it can be given by.
    """

    ways: ClassVar[tuple[tuple[str, ...], ...]]

    def prepare(self, low: int | None, high: int | None) -> Prepared:
        """The function from 64-bit random numbers to int64, the least value, and the greatest if there is one.

        Raises:
            ValueError: There is nothing between the bounds.
        """


@dataclass(frozen=True)
class Poisson:
    """The number of events that come at a steady rate."""

    mean: float
    ways: ClassVar[tuple[tuple[str, ...], ...]] = (("mean",),)

    def __post_init__(self) -> None:
        if not 0 < self.mean <= _MAX_MEAN:
            raise ValueError(f"'mean' of a poisson distribution is between 0 and {_MAX_MEAN:g}, not {self.mean:g}")

    def prepare(self, low: int | None, high: int | None) -> Prepared:
        """A table of weights, 12 standard deviations either side."""
        least = max(low or 0, 0)
        if high is not None and high < least:
            raise ValueError(f"a poisson distribution has nothing below {high + 1}")
        centre = max(int(self.mean), least)
        centre = centre if high is None else min(centre, high)
        reach = int(12.0 * self.mean**0.5) + 40
        first = max(centre - reach, least)
        last = centre + reach if high is None else min(centre + reach, high)
        steps = portable.log(self.mean) - portable.log(np.arange(first + 1.0, last + 1.0))
        logs = np.concatenate([[0.0], np.cumsum(steps)])
        return tabulate(portable.exp(logs - logs.max()), first), least, high


@dataclass(frozen=True)
class Geometric:
    """The least value, and one more with the same probability each time; `mean` is that before cutting off at max."""

    mean: float
    ways: ClassVar[tuple[tuple[str, ...], ...]] = (("mean",),)

    def __post_init__(self) -> None:
        if self.mean > _MAX_GEOMETRIC_MEAN:
            raise ValueError(f"'mean' of a geometric distribution is at most {_MAX_GEOMETRIC_MEAN:g}")

    def prepare(self, low: int | None, high: int | None) -> Prepared:
        """A table of weights; for large means the whole part of an exponential variable, which is the same."""
        least = low or 0
        extra = self.mean - least
        if extra < 0:
            raise ValueError(f"the mean {self.mean:g} is less than min {least}")
        if high is not None and high < least:
            raise ValueError(f"a geometric distribution has nothing below {least}")
        if extra == 0 or high == least:
            return make_constant(least), least, least
        steps = int(45.0 * extra) + 45
        span = steps if high is None else min(steps, high - least)
        if span < MAX_TABLE:
            weights = portable.power(extra / (extra + 1.0), np.arange(span + 1.0))
            return tabulate(weights, least), least, high
        scale = 1.0 / float(portable.log(1.0 + 1.0 / extra))
        mass = 1.0 if high is None else 1.0 - float(portable.exp(-(high - least + 1) / scale))
        table = QuantileTable(lambda p: -scale * portable.log(1.0 - p * mass), lambda p: _upper(p, mass, scale))
        return Folded(lambda bits: least + np.clip(table.look_up(bits), 0, span).astype(np.int64)), least, high


def _upper(p: np.ndarray, mass: float, scale: float) -> np.ndarray:
    return -scale * portable.log((1.0 - mass) + p * mass)


@dataclass(frozen=True)
class Zipf:
    """Ranks from the least value up to max: the i-th is i ** -exponent as likely as the first."""

    exponent: float
    ways: ClassVar[tuple[tuple[str, ...], ...]] = (("exponent",),)

    def __post_init__(self) -> None:
        if not 0 < self.exponent <= _MAX_EXPONENT:
            raise ValueError(f"'exponent' is more than 0 and at most {_MAX_EXPONENT:g}, not {self.exponent:g}")

    def prepare(self, low: int | None, high: int | None) -> Prepared:
        """A table of weights; for many ranks the exact head and an integral."""
        least = 1 if low is None else low
        if high is None:
            raise ValueError("a zipf distribution needs a 'max'")
        places = high - least + 1
        if not 1 <= places <= _MAX_PLACES:
            raise ValueError(f"a zipf distribution has 1 to {_MAX_PLACES:g} values, not {places:,}")
        if places <= MAX_TABLE:
            return tabulate(portable.power(np.arange(1.0, places + 1.0), -self.exponent), least), least, high
        skew = ZipfSkew(self.exponent)
        total = float(skew.total(np.array(places)))
        return lambda bits: least + np.minimum(skew.index(to_unit(bits) * total), places - 1), least, high


def tabulate(weights: np.ndarray, first: int) -> Callable[[np.ndarray], np.ndarray]:
    """Whole numbers from `first` upwards, drawn in proportion to weights."""
    table = DiscreteTable(weights)
    values = np.arange(first, first + len(weights), dtype=np.int64)
    return lambda bits: values[table.look_up(bits)]


def make_constant(value: int) -> Callable[[np.ndarray], np.ndarray]:
    """The same number for every row."""
    return lambda bits: np.full(len(bits), value, dtype=np.int64)

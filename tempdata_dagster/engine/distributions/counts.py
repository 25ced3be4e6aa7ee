"""Distributions of counts by the ratio of each weight to the one before: binomial, negative binomial and their kin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.distributions.discrete import Prepared, tabulate

Ways = tuple[tuple[str, ...], ...]
_MAX_COUNT, _MAX_WIDTH = 1e9, 4_000_000
_REACH, _TAIL = 12.0, 45.0  # standard deviations of a light tail, and halvings by e of one that falls by a fixed share


@dataclass(frozen=True)
class Binomial:
    """How many of `n` tries succeed, each with probability `p`."""

    n: float
    p: float
    ways: ClassVar[Ways] = (("n", "p"),)

    def __post_init__(self) -> None:
        _check_whole(n=self.n)
        if not 0 <= self.p <= 1:
            raise ValueError(f"'p' is between 0 and 1, not {self.p:g}")

    def prepare(self, low: int | None, high: int | None) -> Prepared:
        """A table of weights around the mean."""
        n, p = int(self.n), min(max(self.p, 1e-15), 1 - 1e-15)
        odds = p / (1.0 - p)
        near = _around(n * p, (n * p * (1 - p)) ** 0.5)
        return _prepare("binomial", lambda k: (n - k) / (k + 1.0) * odds, near, (0, n), (low, high))


@dataclass(frozen=True)
class NegativeBinomial:
    """How many tries fail before `n` succeed, each with probability `p`."""

    n: float
    p: float
    ways: ClassVar[Ways] = (("n", "p"),)

    def __post_init__(self) -> None:
        if not 0 < self.n <= _MAX_COUNT:
            raise ValueError(f"'n' of a negative_binomial distribution is more than 0 and at most {_MAX_COUNT:g}")
        if not 0 < self.p <= 1:
            raise ValueError(f"'p' is more than 0 and at most 1, not {self.p:g}")

    def prepare(self, low: int | None, high: int | None) -> Prepared:
        """A table of weights around the mean, with a tail that falls by 1 - p."""
        n, fail = self.n, min(max(1.0 - self.p, 1e-15), 1 - 1e-15)
        mean, sd = n * fail / (1 - fail), (n * fail) ** 0.5 / (1 - fail)
        first, last = _around(mean, sd)
        near = first, last + int(_TAIL / (1 - fail))
        return _prepare("negative_binomial", lambda k: (k + n) / (k + 1.0) * fail, near, (0, None), (low, high))


@dataclass(frozen=True)
class Hypergeometric:
    """How many good ones are among `nsample` that are taken from `ngood` good and `nbad` bad ones."""

    ngood: float
    nbad: float
    nsample: float
    ways: ClassVar[Ways] = (("ngood", "nbad", "nsample"),)

    def __post_init__(self) -> None:
        _check_whole(ngood=self.ngood, nbad=self.nbad, nsample=self.nsample)
        if self.nsample > self.ngood + self.nbad:
            raise ValueError(f"'nsample' is at most ngood + nbad, {self.ngood + self.nbad:g}, not {self.nsample:g}")

    def prepare(self, low: int | None, high: int | None) -> Prepared:
        """A table of weights around the mean."""
        good, bad, taken = int(self.ngood), int(self.nbad), int(self.nsample)
        share = good / max(good + bad, 1)
        near = _around(taken * share, (taken * share * (1 - share)) ** 0.5)
        ends = max(0, taken - bad), min(good, taken)

        def ratio(k: np.ndarray) -> np.ndarray:
            return np.asarray((good - k) * (taken - k) / ((k + 1.0) * (bad - taken + k + 1.0)))

        return _prepare("hypergeometric", ratio, near, ends, (low, high))


@dataclass(frozen=True)
class LogSeries:
    """Weights p ** k / k from 1 upwards: how many of a species are found."""

    p: float
    ways: ClassVar[Ways] = (("p",),)

    def __post_init__(self) -> None:
        if not 0 < self.p < 1:
            raise ValueError(f"'p' is more than 0 and less than 1, not {self.p:g}")

    def prepare(self, low: int | None, high: int | None) -> Prepared:
        """A table of weights."""
        near = 1, int(_TAIL / (1 - self.p)) + 1
        return _prepare("logseries", lambda k: self.p * k / (k + 1.0), near, (1, None), (low, high))


def _check_whole(**figures: float) -> None:
    for name, figure in figures.items():
        if figure != int(figure) or not 0 <= figure <= _MAX_COUNT:
            raise ValueError(f"'{name}' is a whole number between 0 and {_MAX_COUNT:g}, not {figure:g}")


def _around(mean: float, sd: float) -> tuple[int, int]:
    reach = int(_REACH * sd) + 40
    return int(mean) - reach, int(mean) + reach


def _prepare(
    name: str,
    ratio: Callable[[np.ndarray], np.ndarray],
    near: tuple[int, int],
    ends: tuple[int, int | None],
    bounds: tuple[int | None, int | None],
) -> Prepared:
    """A table of weights from their ratios, over what is near the mean, or near the bound that is nearest to it."""
    low, high = bounds
    least = ends[0] if low is None else max(low, ends[0])
    most = ends[1] if high is None else high if ends[1] is None else min(high, ends[1])
    if most is not None and most < least:
        raise ValueError(f"a {name} distribution has nothing between {least} and {most}")
    width = near[1] - near[0]
    first = max(near[0], least)
    first = first if most is None else max(min(first, most - width), least)
    last = max(near[1], first + width)
    last = last if most is None else min(last, most)
    if last - first > _MAX_WIDTH:
        raise ValueError(f"a {name} distribution over {last - first:,} numbers is too wide: give a min and a max")
    k = np.arange(float(first), float(last))
    logs = np.concatenate([[0.0], np.cumsum(portable.log(ratio(k)))])
    return tabulate(portable.exp(logs - logs.max()), first), least, most

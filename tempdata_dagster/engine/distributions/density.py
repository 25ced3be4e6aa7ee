"""Continuous distributions that only have a density: it is summed up once, when a plan is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.distributions.continuous import LEAST_TAIL, check_positive
from tempdata_dagster.engine.distributions.special import log_gamma

Ways = tuple[tuple[str, ...], ...]
PI = 3.141592653589793
_CELLS, _SCAN = 8_192, 8_001
_NEGLIGIBLE = 80.0  # where the density's logarithm is so far below its peak, nothing is drawn
_LARGE = 1e200
_MAX_KAPPA, _MAX_NONC, _MIN_DEGREES, _MAX_DEGREES, _MAX_RATIO = 1e6, 1_000.0, 0.5, 2_000.0, 1e4


class Summed:
    """The two tails of a density at the ends of cells, by Simpson's rule.

    Args:
        log_density: Its logarithm up to a constant, as a function of t.
        low: Where t may begin.
        high: Where t may end.
    """

    def __init__(self, log_density: Callable[[np.ndarray], np.ndarray], low: float, high: float) -> None:
        coarse = low + (high - low) / (_SCAN - 1) * np.arange(_SCAN)
        logs = log_density(coarse)
        inside = np.flatnonzero(logs > logs.max() - _NEGLIGIBLE)
        first, last = coarse[max(int(inside[0]) - 1, 0)], coarse[min(int(inside[-1]) + 1, _SCAN - 1)]
        half = (last - first) / (2 * _CELLS)
        logs = log_density(first + half * np.arange(2 * _CELLS + 1))
        density = portable.exp(logs - logs.max())
        cells = density[:-2:2] + 4.0 * density[1::2] + density[2::2]
        below, above = np.cumsum(cells), np.cumsum(cells[::-1])[::-1]
        self._start, self._step = first, 2.0 * half
        self._lower = np.concatenate([[0.0], below]) / below[-1]
        self._upper = np.concatenate([above, [0.0]]) / above[0]
        # The share of a cell's probability at its left end, twice over: 1 where the density is even.
        self._lean = 2.0 * density[:-2:2] / np.maximum(density[:-2:2] + density[2::2], LEAST_TAIL)

    def tails(self, t: float) -> tuple[float, float]:
        """P(T <= t) and P(T > t)."""
        place = min(max((t - self._start) / self._step, 0.0), float(_CELLS))
        cell = min(int(place), _CELLS - 1)
        part, lean = place - cell, float(self._lean[cell])
        share = part * (lean + (1.0 - lean) * part)
        lower, upper = (
            float(edge[cell] + (edge[cell + 1] - edge[cell]) * share) for edge in (self._lower, self._upper)
        )
        return lower, upper

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The t with these tails."""
        left = _find(self._lower, self._lean, lower)
        right = _CELLS - _find(self._upper[::-1], 2.0 - self._lean[::-1], upper)
        return np.asarray(self._start + self._step * np.where(lower <= upper, left, right))


def _find(edges: np.ndarray, lean: np.ndarray, tail: np.ndarray) -> np.ndarray:
    """Where the tails are, in cells; the density is a straight line within each."""
    cell = np.clip(np.searchsorted(edges, tail, side="right") - 1, 0, _CELLS - 1)
    width = edges[cell + 1] - edges[cell]
    share = np.clip((tail - edges[cell]) / np.where(width > 0, width, 1.0), 0.0, 1.0)
    first = lean[cell]
    root = np.sqrt(np.maximum(first * first + 4.0 * (1.0 - first) * share, 0.0))
    return np.asarray(cell + np.clip(2.0 * share / np.maximum(first + root, LEAST_TAIL), 0.0, 1.0))


@dataclass(frozen=True)
class VonMises:
    """An angle in radians around `mu`, from mu - pi to mu + pi; the higher `kappa`, the closer to it."""

    kappa: float
    mu: float = 0.0
    ways: ClassVar[Ways] = (("mu", "kappa"), ("kappa",))
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 <= self.kappa <= _MAX_KAPPA:
            raise ValueError(f"'kappa' is between 0 and {_MAX_KAPPA:g}, not {self.kappa:g}")

    @property
    def support(self) -> tuple[float, float]:
        """A full turn."""
        return self.mu - PI, self.mu + PI

    @cached_property
    def _sum(self) -> Summed:
        reach = min(PI, 14.0 / self.kappa**0.5) if self.kappa > 0 else PI
        return Summed(lambda x: -2.0 * self.kappa * _square_of_half_sine(x), -reach, reach)

    def tails(self, x: float) -> tuple[float, float]:
        """The sums of the density."""
        return self._sum.tails(x - self.mu)

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Their inverse."""
        return self.mu + self._sum.value(lower, upper)


def _square_of_half_sine(x: np.ndarray) -> np.ndarray:
    """sin(x / 2) ** 2 = (1 - cos x) / 2 for |x| <= pi: by its series for a quarter of x, then doubled twice."""
    angle = x / 8.0
    square = angle * angle
    sine = angle * (1.0 - square / 6 * (1.0 - square / 20 * (1.0 - square / 42 * (1.0 - square / 72))))
    s = sine * sine
    for _ in range(2):
        s = 4.0 * s * (1.0 - s)
    return np.asarray(s)


@dataclass(frozen=True)
class Wald:
    """The time until a drifting walk first reaches a goal (inverse Gaussian): `mean`, and `scale`, its evenness."""

    mean: float
    scale: float
    ways: ClassVar[Ways] = (("mean", "scale"),)
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_positive(mean=self.mean, scale=self.scale)
        if not 1 / _MAX_RATIO <= self.scale / self.mean <= _MAX_RATIO:
            raise ValueError(f"'scale' is between mean / {_MAX_RATIO:,.0f} and mean * {_MAX_RATIO:,.0f}")

    @property
    def support(self) -> tuple[float, float]:
        """Positive numbers."""
        return 0.0, np.inf

    @cached_property
    def _sum(self) -> Summed:
        ratio = self.scale / self.mean

        def log_density(t: np.ndarray) -> np.ndarray:
            away = portable.exp(t / 2.0) - portable.exp(-t / 2.0)
            return np.asarray(-t / 2.0 - ratio / 2.0 * away * away)

        return Summed(log_density, -16.0, 16.0)

    def tails(self, x: float) -> tuple[float, float]:
        """The sums of the density of the logarithm."""
        return self._sum.tails(float(portable.log(x / self.mean)))

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Their inverse."""
        return self.mean * portable.exp(self._sum.value(lower, upper))


@dataclass(frozen=True)
class NoncentralChiSquare:
    """The sum of `df` squares of normal variables whose means' squares add up to `nonc`."""

    df: float
    nonc: float
    ways: ClassVar[Ways] = (("df", "nonc"),)
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not _MIN_DEGREES <= self.df <= _MAX_DEGREES:
            raise ValueError(f"'df' is between {_MIN_DEGREES:g} and {_MAX_DEGREES:,.0f}, not {self.df:g}")
        if not 0 <= self.nonc <= _MAX_NONC:
            raise ValueError(f"'nonc' is between 0 and {_MAX_NONC:,.0f}, not {self.nonc:g}")

    @property
    def support(self) -> tuple[float, float]:
        """Positive numbers."""
        return 0.0, np.inf

    @cached_property
    def _sum(self) -> Summed:
        half = self.df / 2.0
        centre, spread = self.df + self.nonc, (2.0 * self.df + 4.0 * self.nonc) ** 0.5
        end = float(portable.log(centre + 40.0 * spread + 200.0))
        terms = int((self.nonc * (centre + 40.0 * spread)) ** 0.5 + 12.0 * self.nonc**0.5 + 40)

        def log_density(t: np.ndarray) -> np.ndarray:
            x = portable.exp(t)
            total, unit, scale = np.ones_like(x), np.ones_like(x), np.zeros_like(x)
            for j in range(terms, -1, -1):
                total = unit + total * x * (self.nonc / 4.0 / ((j + 1.0) * (half + j)))
                if (total > _LARGE).any():
                    shrink = np.where(total > _LARGE, 1.0 / _LARGE, 1.0)
                    total, unit = total * shrink, unit * shrink
                    scale = scale - portable.log(shrink)
            return np.asarray(half * t - x / 2.0 + portable.log(total) + scale - log_gamma(half))

        return Summed(log_density, end - _NEGLIGIBLE / half - 20.0, end)

    def tails(self, x: float) -> tuple[float, float]:
        """The sums of the density of the logarithm."""
        return self._sum.tails(float(portable.log(x)))

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Their inverse."""
        return portable.exp(self._sum.value(lower, upper))

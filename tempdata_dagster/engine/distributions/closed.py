"""Continuous distributions whose quantiles are plain formulas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.distributions.continuous import LEAST_TAIL, check_positive, log_of, tails_from_upper

Ways = tuple[tuple[str, ...], ...]
_MIN_EXPONENT, _MAX_EXPONENT = 0.02, 1e6


@dataclass(frozen=True)
class Weibull:
    """The time until something fails that ages: `shape` over 1, or that proves itself: under 1."""

    shape: float
    scale: float = 1.0
    ways: ClassVar[Ways] = (("shape", "scale"), ("shape",))
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_positive(scale=self.scale)
        _check_exponent(shape=self.shape)

    @property
    def support(self) -> tuple[float, float]:
        """Positive numbers."""
        return 0.0, np.inf

    def tails(self, x: float) -> tuple[float, float]:
        """exp(-(x / scale) ** shape) above."""
        exponent = float(portable.power(x / self.scale, self.shape))
        return tails_from_upper(float(portable.exp(-exponent)), exponent)

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The root of -ln(upper)."""
        return self.scale * portable.power(np.maximum(-log_of(lower, upper), LEAST_TAIL), 1.0 / self.shape)


@dataclass(frozen=True)
class Rayleigh(Weibull):
    """The length of a vector of two normal variables with standard deviation `scale`."""

    shape: float = 2.0
    scale: float = 1.0
    ways: ClassVar[Ways] = (("scale",), ())

    @classmethod
    def of(cls, scale: float = 1.0) -> Rayleigh:
        """A Weibull variable of shape 2."""
        check_positive(scale=scale)
        return cls(2.0, scale * 2.0**0.5)


@dataclass(frozen=True)
class _Located:
    """A law on all numbers that is moved by `loc` and stretched by `scale`."""

    loc: float = 0.0
    scale: float = 1.0
    ways: ClassVar[Ways] = (("loc", "scale"), ("scale",), ())
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_positive(scale=self.scale)

    @property
    def support(self) -> tuple[float, float]:
        """All numbers."""
        return -np.inf, np.inf


@dataclass(frozen=True)
class Gumbel(_Located):
    """The greatest of many: the year's highest flood."""

    def tails(self, x: float) -> tuple[float, float]:
        """exp(-exp(-z)) below."""
        exponent = float(portable.exp(-(x - self.loc) / self.scale))
        upper, lower = tails_from_upper(float(portable.exp(-exponent)), exponent)
        return lower, upper

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """-ln(-ln(lower))."""
        return self.loc - self.scale * portable.log(np.maximum(-log_of(upper, lower), LEAST_TAIL))


@dataclass(frozen=True)
class Logistic(_Located):
    """A bell curve with heavier tails; its distribution function is the logistic curve of growth."""

    def tails(self, x: float) -> tuple[float, float]:
        """1 / (1 + exp(-z)) below."""
        z = (x - self.loc) / self.scale
        return 1.0 / (1.0 + float(portable.exp(-z))), 1.0 / (1.0 + float(portable.exp(z)))

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The logarithm of the odds."""
        odds = portable.log(np.maximum(lower, LEAST_TAIL)) - portable.log(np.maximum(upper, LEAST_TAIL))
        return np.asarray(self.loc + self.scale * odds)


@dataclass(frozen=True)
class Laplace(_Located):
    """Two exponential variables back to back."""

    def tails(self, x: float) -> tuple[float, float]:
        """Half an exponential tail on either side."""
        z = (x - self.loc) / self.scale
        outer = float(portable.exp(-abs(z))) / 2.0
        return (outer, 1.0 - outer) if z < 0 else (1.0 - outer, outer)

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The logarithm of twice the nearer tail."""
        away = portable.log(np.minimum(2.0 * np.maximum(np.minimum(lower, upper), LEAST_TAIL), 1.0))
        return np.asarray(self.loc + self.scale * np.where(lower <= upper, away, -away))


@dataclass(frozen=True)
class Power:
    """A share whose density rises as its power: the greatest of `alpha` even shares; between the column's min and max."""

    alpha: float
    ways: ClassVar[Ways] = (("alpha",),)
    fills_bounds: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_exponent(alpha=self.alpha)

    @property
    def support(self) -> tuple[float, float]:
        """Shares."""
        return 0.0, 1.0

    def tails(self, x: float) -> tuple[float, float]:
        """The power of x below."""
        lower = float(portable.power(x, self.alpha))
        return lower, 1.0 - lower

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The root."""
        return portable.exp(log_of(upper, lower) / self.alpha)


@dataclass(frozen=True)
class Triangular:
    """Between `left` and `right`, most often near `mode`; the density is a triangle."""

    left: float
    mode: float
    right: float
    ways: ClassVar[Ways] = (("left", "mode", "right"),)
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.left <= self.mode <= self.right or self.left == self.right:
            raise ValueError(f"'mode' {self.mode:g} lies between 'left' {self.left:g} and 'right' {self.right:g}")

    @property
    def support(self) -> tuple[float, float]:
        """Between the two ends."""
        return self.left, self.right

    def tails(self, x: float) -> tuple[float, float]:
        """The areas of the triangle beside x."""
        width = self.right - self.left
        if x <= self.mode:
            lower = (x - self.left) ** 2 / width / (self.mode - self.left) if x > self.left else 0.0
            return lower, 1.0 - lower
        upper = (self.right - x) ** 2 / width / (self.right - self.mode) if x < self.right else 0.0
        return 1.0 - upper, upper

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The root of the area on the nearer side of the mode."""
        width = self.right - self.left
        rise = self.left + np.sqrt(np.maximum(lower, 0.0) * width * (self.mode - self.left))
        fall = self.right - np.sqrt(np.maximum(upper, 0.0) * width * (self.right - self.mode))
        return np.asarray(np.where(lower * width <= self.mode - self.left, rise, fall))


def _check_exponent(**figures: float) -> None:
    for name, figure in figures.items():
        if not _MIN_EXPONENT <= figure <= _MAX_EXPONENT:
            raise ValueError(f"'{name}' is between {_MIN_EXPONENT:g} and {_MAX_EXPONENT:,.0f}, not {figure:g}")

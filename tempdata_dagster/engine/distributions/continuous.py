"""Continuous distributions: parameters, exact tails and quantiles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.distributions.quantile import normal_quantile
from tempdata_dagster.engine.distributions.special import beta_quantile, beta_tails, gamma_quantile, gamma_tails

LEAST_TAIL = 1e-300
_MAX_SIGMA, _MIN_SHAPE, _MAX_SHAPE = 50.0, 0.05, 10_000.0
_MIN_ALPHA = 0.05


class Continuous(Protocol):
    """A continuous distribution.

    Attributes:
        ways: The sets of parameters that it can be given by.
        fills_bounds: Its values run from the column's min to its max, rather than being cut off there.
    """

    ways: ClassVar[tuple[tuple[str, ...], ...]]
    fills_bounds: ClassVar[bool] = False

    @property
    def support(self) -> tuple[float, float]:
        """The least and the greatest value."""

    def tails(self, x: float) -> tuple[float, float]:
        """P(X <= x) and P(X > x), the smaller one to full precision; x lies within the support."""

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The value with these tails, which add up to 1; shape `(n,)`."""


def check_positive(**figures: float) -> None:
    """Refuse figures that are not more than 0.

    Raises:
        ValueError: One is not.
    """
    for name, figure in figures.items():
        if figure <= 0:
            raise ValueError(f"'{name}' is more than 0, not {figure:g}")


@dataclass(frozen=True)
class Normal:
    """The bell curve."""

    mean: float
    sd: float
    ways: ClassVar[tuple[tuple[str, ...], ...]] = (("mean", "sd"),)
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_positive(sd=self.sd)

    @property
    def support(self) -> tuple[float, float]:
        """All numbers."""
        return -np.inf, np.inf

    def tails(self, x: float) -> tuple[float, float]:
        """By the gamma distribution of half the square."""
        return normal_tails((x - self.mean) / self.sd)

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Algorithm AS 241 in the nearer tail."""
        return self.mean + self.sd * _standard(lower, upper)


@dataclass(frozen=True)
class Lognormal:
    """The exponential of a normal variable: by its median and the normal's sigma, or by its own mean and sd."""

    median: float
    sigma: float
    ways: ClassVar[tuple[tuple[str, ...], ...]] = (("median", "sigma"), ("mean", "sd"))
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_positive(median=self.median, sigma=self.sigma)
        if self.sigma > _MAX_SIGMA:
            raise ValueError(f"'sigma' is at most {_MAX_SIGMA:g}, not {self.sigma:g}")

    @classmethod
    def of(cls, **given: float) -> Lognormal:
        """By either set of parameters."""
        if "median" in given:
            return cls(**given)
        mean, sd = given["mean"], given["sd"]
        check_positive(mean=mean, sd=sd)
        square = float(portable.log(1.0 + (sd / mean) ** 2))
        return cls(mean / float(portable.exp(square / 2.0)), float(np.sqrt(square)))

    @property
    def support(self) -> tuple[float, float]:
        """Positive numbers."""
        return 0.0, np.inf

    def tails(self, x: float) -> tuple[float, float]:
        """Those of the normal variable."""
        return normal_tails(float(portable.log(x / self.median)) / self.sigma)

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The exponential of the normal quantile."""
        return self.median * portable.exp(self.sigma * _standard(lower, upper))


@dataclass(frozen=True)
class Exponential:
    """The time until an event that is always as likely."""

    mean: float
    ways: ClassVar[tuple[tuple[str, ...], ...]] = (("mean",),)
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_positive(mean=self.mean)

    @property
    def support(self) -> tuple[float, float]:
        """Positive numbers."""
        return 0.0, np.inf

    def tails(self, x: float) -> tuple[float, float]:
        """exp(-x / mean) above."""
        return tails_from_upper(float(portable.exp(-x / self.mean)), x / self.mean)

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """-mean * ln(upper)."""
        return -self.mean * log_of(lower, upper)


@dataclass(frozen=True)
class Pareto:
    """A power law from `scale` upwards: P(X > x) = (scale / x) ** alpha."""

    alpha: float
    scale: float
    ways: ClassVar[tuple[tuple[str, ...], ...]] = (("alpha", "scale"),)
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_positive(scale=self.scale)
        if self.alpha < _MIN_ALPHA:
            raise ValueError(f"'alpha' is at least {_MIN_ALPHA:g}, not {self.alpha:g}")

    @property
    def support(self) -> tuple[float, float]:
        """From the scale upwards."""
        return self.scale, np.inf

    def tails(self, x: float) -> tuple[float, float]:
        """The power."""
        exponent = self.alpha * float(portable.log(x / self.scale))
        return tails_from_upper(float(portable.exp(-exponent)), exponent)

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The inverse power."""
        return self.scale * portable.exp(-log_of(lower, upper) / self.alpha)


@dataclass(frozen=True)
class Gamma:
    """The sum of `shape` exponential waits of mean `scale`."""

    shape: float
    scale: float
    ways: ClassVar[tuple[tuple[str, ...], ...]] = (("shape", "scale"),)
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_positive(scale=self.scale)
        check_shape(shape=self.shape)

    @property
    def support(self) -> tuple[float, float]:
        """Positive numbers."""
        return 0.0, np.inf

    def tails(self, x: float) -> tuple[float, float]:
        """The incomplete gamma function."""
        lower, upper = gamma_tails(self.shape, portable.log(np.array([x / self.scale])))
        return float(lower[0]), float(upper[0])

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Its inverse."""
        return self.scale * by_tail(lower, upper, lambda tail, up: gamma_quantile(self.shape, tail, upper=up))


@dataclass(frozen=True)
class Beta:
    """A share between the column's min and max (0 and 1 when it has none)."""

    alpha: float
    beta: float
    ways: ClassVar[tuple[tuple[str, ...], ...]] = (("alpha", "beta"),)
    fills_bounds: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_shape(alpha=self.alpha, beta=self.beta)

    @property
    def support(self) -> tuple[float, float]:
        """Shares."""
        return 0.0, 1.0

    def tails(self, x: float) -> tuple[float, float]:
        """The incomplete beta function."""
        lower, upper = beta_tails(self.alpha, self.beta, portable.log(np.array([x / (1.0 - x)])))
        return float(lower[0]), float(upper[0])

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Its inverse."""
        return by_tail(lower, upper, lambda tail, up: beta_quantile(self.alpha, self.beta, tail, upper=up))


def check_shape(**figures: float) -> None:
    """Refuse shapes for which the gamma and beta functions are not exact.

    Raises:
        ValueError: One is too small or too large.
    """
    for name, figure in figures.items():
        if not _MIN_SHAPE <= figure <= _MAX_SHAPE:
            raise ValueError(f"'{name}' is between {_MIN_SHAPE:g} and {_MAX_SHAPE:,.0f}, not {figure:g}")


def normal_tails(z: float) -> tuple[float, float]:
    """P(Z <= z) and P(Z > z) of a standard normal variable."""
    square = max(z * z / 2.0, LEAST_TAIL)
    outer = float(gamma_tails(0.5, portable.log(np.array([square])))[1][0]) / 2.0
    return (outer, 1.0 - outer) if z < 0 else (1.0 - outer, outer)


def _standard(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    z = normal_quantile(np.maximum(np.minimum(lower, upper), LEAST_TAIL))
    return np.where(lower <= upper, z, -z)


def tails_from_upper(upper: float, exponent: float) -> tuple[float, float]:
    """Both tails of `upper = exp(-exponent)`; the lower one by its series where 1 - upper would cancel."""
    small = exponent * (1.0 - exponent / 2.0 * (1.0 - exponent / 3.0))
    return (small if exponent < 1e-5 else 1.0 - upper), upper


def log_of(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """ln(upper), lower being 1 - upper, to full precision where upper is next to 1."""
    exact = portable.log(np.maximum(upper, LEAST_TAIL))
    return np.where(lower < 1e-5, -lower * (1.0 + lower / 2.0 * (1.0 + lower * 2.0 / 3.0)), exact)


def by_tail(lower: np.ndarray, upper: np.ndarray, invert: Callable[[np.ndarray, bool], np.ndarray]) -> np.ndarray:
    """The values with these tails, each computed from its smaller one by `invert(tail, is_upper)`."""
    values, left = np.empty_like(lower), lower <= upper
    for some, side, up in ((left, lower, False), (~left, upper, True)):
        if some.any():
            values[some] = invert(np.maximum(side[some], LEAST_TAIL), up)
    return values

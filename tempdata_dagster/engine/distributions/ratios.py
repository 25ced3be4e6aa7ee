"""Distributions of squares and ratios of normal variables, by the gamma and beta distributions: chi-square, F, t, Cauchy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.distributions.continuous import LEAST_TAIL, Gamma, by_tail, check_positive
from tempdata_dagster.engine.distributions.density import Summed
from tempdata_dagster.engine.distributions.special import beta_logit, beta_tails

Ways = tuple[tuple[str, ...], ...]
_LEAST_DEGREES, _MOST_DEGREES = 0.1, 20_000.0


@dataclass(frozen=True)
class ChiSquare(Gamma):
    """The sum of the squares of `df` standard normal variables."""

    ways: ClassVar[Ways] = (("df",),)

    @classmethod
    def of(cls, df: float) -> ChiSquare:
        """A gamma variable of shape df / 2 and scale 2."""
        _check_degrees(df=df)
        return cls(df / 2.0, 2.0)


@dataclass(frozen=True)
class FisherF:
    """The ratio of two chi-square variables, each by its degrees of freedom."""

    dfnum: float
    dfden: float
    ways: ClassVar[Ways] = (("dfnum", "dfden"),)
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_degrees(dfnum=self.dfnum, dfden=self.dfden)

    @property
    def support(self) -> tuple[float, float]:
        """Positive numbers."""
        return 0.0, np.inf

    def tails(self, x: float) -> tuple[float, float]:
        """The incomplete beta function of the odds."""
        logit = portable.log(np.array([x * self.dfnum / self.dfden]))
        lower, upper = beta_tails(self.dfnum / 2.0, self.dfden / 2.0, logit)
        return float(lower[0]), float(upper[0])

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The odds of a beta variable."""
        half, rest = self.dfnum / 2.0, self.dfden / 2.0
        logit = by_tail(lower, upper, lambda tail, up: beta_logit(half, rest, tail, upper=up))
        return self.dfden / self.dfnum * portable.exp(logit)


@dataclass(frozen=True)
class StudentT:
    """A standard normal variable by the root of a chi-square one's share: heavy tails for few degrees of freedom."""

    df: float
    loc: float = 0.0
    scale: float = 1.0
    ways: ClassVar[Ways] = (("df",), ("df", "scale"), ("df", "loc", "scale"))
    fills_bounds: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_degrees(df=self.df)
        check_positive(scale=self.scale)

    @property
    def support(self) -> tuple[float, float]:
        """All numbers."""
        return -np.inf, np.inf

    def tails(self, x: float) -> tuple[float, float]:
        """Half the tail of df / (df + t * t), which is a beta variable."""
        t = (x - self.loc) / self.scale
        logit = portable.log(np.array([self.df / max(t * t, LEAST_TAIL)]))
        outer = float(beta_tails(self.df / 2.0, 0.5, logit)[0][0]) / 2.0
        return (outer, 1.0 - outer) if t < 0 else (1.0 - outer, outer)

    def value(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """The size, by its two tails, and the sign."""
        t = portable.exp(self._size.value(np.abs(upper - lower), 2.0 * np.minimum(lower, upper)))
        return self.loc + self.scale * np.where(lower <= upper, -t, t)

    @cached_property
    def _size(self) -> Summed:
        """The logarithm of the size."""
        half = (self.df + 1.0) / 2.0

        def log_density(y: np.ndarray) -> np.ndarray:
            return y - half * portable.log(1.0 + portable.exp(2.0 * y) / self.df)

        return Summed(log_density, -80.0, min(80.0 / self.df + 30.0, 345.0))


@dataclass(frozen=True)
class Cauchy(StudentT):
    """The ratio of two standard normal variables: tails so heavy that it has no mean."""

    ways: ClassVar[Ways] = ((), ("scale",), ("loc", "scale"))

    @classmethod
    def of(cls, loc: float = 0.0, scale: float = 1.0) -> Cauchy:
        """Student's t with one degree of freedom."""
        return cls(1.0, loc, scale)


def _check_degrees(**figures: float) -> None:
    for name, figure in figures.items():
        if not _LEAST_DEGREES <= figure <= _MOST_DEGREES:
            raise ValueError(f"'{name}' is between {_LEAST_DEGREES:g} and {_MOST_DEGREES:,.0f}, not {figure:g}")

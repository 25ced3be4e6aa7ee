"""The settings that numeric kinds share: a distribution by name, its parameters, and the sampler that they come to."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tempdata_dagster.engine.distributions.catalogue import CONTINUOUS, DISCRETE, make_distribution
from tempdata_dagster.engine.distributions.empirical import Measured
from tempdata_dagster.engine.distributions.sampler import (
    Sampler,
    mass_between,
    mix,
    sample_counts,
    sample_reals,
    sample_uniform,
    sample_uniform_units,
    sample_units,
)
from tempdata_dagster.spec.values import MAX_WEIGHT, Settings

Distribution = Literal[
    "uniform", "beta", "binomial", "chisquare", "exponential", "f", "gamma", "geometric", "gumbel", "hypergeometric",
    "laplace", "logistic", "lognormal", "logseries", "negative_binomial", "noncentral_chisquare", "normal", "pareto",
    "poisson", "power", "rayleigh", "standard_cauchy", "standard_t", "triangular", "vonmises", "wald", "weibull", "zipf",
]  # fmt: skip
Figure = Annotated[float, Field(ge=-1e100, le=1e100)]
PARAMETERS = (
    "mean", "sd", "median", "sigma", "shape", "scale", "alpha", "beta", "exponent", "loc", "df", "nonc", "dfnum", "dfden",
    "n", "p", "ngood", "nbad", "nsample", "mode", "left", "right", "mu", "kappa",
)  # fmt: skip


class Parameters(Settings):
    """A distribution that is cut off at bounds: nothing is drawn beyond them, and nothing piles up at them."""

    min: Any = None
    max: Any = None
    distribution: Distribution = "uniform"
    mean: Figure | None = Field(default=None, description="of the distribution before it is cut off at min and max")
    sd: Figure | None = Field(default=None, description="standard deviation: normal, lognormal")
    median: Figure | None = Field(default=None, description="lognormal")
    sigma: Figure | None = Field(default=None, description="standard deviation of the logarithm: lognormal")
    shape: Figure | None = Field(default=None, description="gamma, weibull")
    scale: Figure | None = Field(
        default=None,
        description="gamma, wald; pareto, where it is min by default; gumbel, laplace, logistic, rayleigh, standard_t, "
        "standard_cauchy and weibull, where it is 1 by default",
    )
    alpha: Figure | None = Field(default=None, description="beta; exponent of pareto and of power")
    beta: Figure | None = Field(default=None, description="beta")
    exponent: Figure | None = Field(default=None, description="zipf")
    loc: Figure | None = Field(
        default=None, description="centre of gumbel, laplace, logistic, standard_t, standard_cauchy"
    )
    df: Figure | None = Field(
        default=None, description="degrees of freedom: chisquare, noncentral_chisquare, standard_t"
    )
    nonc: Figure | None = Field(default=None, description="sum of the squared means: noncentral_chisquare")
    dfnum: Figure | None = Field(default=None, description="degrees of freedom above the line: f")
    dfden: Figure | None = Field(default=None, description="degrees of freedom below the line: f")
    n: Figure | None = Field(default=None, description="tries of binomial, successes of negative_binomial")
    p: Figure | None = Field(default=None, description="chance: binomial, negative_binomial, logseries, geometric")
    ngood: Figure | None = Field(default=None, description="hypergeometric")
    nbad: Figure | None = Field(default=None, description="hypergeometric")
    nsample: Figure | None = Field(default=None, description="how many are taken: hypergeometric")
    mode: Figure | None = Field(default=None, description="the most frequent value: triangular")
    left: Figure | None = Field(default=None, description="least value of triangular; min by default")
    right: Figure | None = Field(default=None, description="greatest value of triangular; max by default")
    mu: Figure | None = Field(default=None, description="the angle in the middle, in radians: vonmises")
    kappa: Figure | None = Field(default=None, description="concentration: vonmises")
    empirical: Measured | None = Field(default=None, description="as measured, instead of a distribution by name")

    @model_validator(mode="after")
    def _consistent(self) -> Parameters:
        if self.min is not None and self.max is not None and self.max < self.min:
            raise ValueError(f"max {self.max} is less than min {self.min}")
        self.check()
        return self

    def check(self) -> None:
        """Refuse settings that make no distribution.

        Raises:
            ValueError: They do not.
        """
        if self.empirical is not None:
            given = [name for name in PARAMETERS if getattr(self, name) is not None]
            if given or self.distribution != "uniform":
                raise ValueError(f"'empirical' stands alone, without '{given[0] if given else 'distribution'}'")
            return
        if self.distribution == "uniform" and (self.min is None or self.max is None):
            raise ValueError("a uniform distribution needs 'min' and 'max'")
        self.make()

    def make(self) -> Any:
        """The distribution; None when it is uniform.

        Raises:
            ValueError: A parameter is missing, makes no sense, or belongs to another distribution.
        """
        if self.empirical is not None:
            return self.empirical.make()
        given = {name: float(value) for name in PARAMETERS if (value := getattr(self, name)) is not None}
        defaults = {"pareto": {"scale": self.min}, "triangular": {"left": self.min, "right": self.max}}
        for name, value in defaults.get(self.distribution, {}).items():
            if name not in given and value is not None:
                given[name] = float(value)
        if self.distribution == "geometric" and "p" in given and "mean" not in given:
            if not 0 < (chance := given.pop("p")) <= 1:
                raise ValueError(f"'p' is more than 0 and at most 1, not {chance:g}")
            given["mean"] = float(self.min or 0) + (1.0 - chance) / chance
        return make_distribution(self.distribution, given)

    def mass(self) -> float:
        """How much of the distribution lies between the bounds; 1 for a discrete one."""
        continuous = self.empirical is not None or self.distribution in CONTINUOUS
        return mass_between(self.make(), self.min, self.max) if continuous else 1.0

    def reals(self) -> Sampler:
        """A sampler of float64.

        Raises:
            ValueError: The distribution has nothing between the bounds.
        """
        distribution = self.make()
        if distribution is None:
            return sample_uniform(float(self.min), float(self.max))
        if self.distribution not in DISCRETE:
            return sample_reals(distribution, self.min, self.max)
        counts = sample_counts(distribution, _ceiling(self.min), _floor(self.max))
        return Sampler(lambda bits: counts.draw(bits).astype(float), counts.least, counts.greatest, counts.folded)

    def units(self, decimals: int) -> Sampler:
        """A sampler of int64 multiples of the last of so many digits after the point.

        Raises:
            ValueError: The distribution has nothing between the bounds, or its values do not fit.
        """
        scale = 10**decimals
        low = None if self.min is None else _to_units(self.min, scale, ROUND_CEILING)
        high = None if self.max is None else _to_units(self.max, scale, ROUND_FLOOR)
        if low is not None and high is not None and high < low:
            raise ValueError(f"no number with {decimals} decimals lies between {self.min} and {self.max}")
        distribution = self.make()
        if distribution is None:
            return sample_uniform_units(low or 0, high or 0)
        if self.distribution not in DISCRETE:
            return sample_units(distribution, low, high, scale)
        counts = sample_counts(distribution, _ceiling(self.min), _floor(self.max))
        least, greatest = (None if end is None else end * scale for end in (counts.least, counts.greatest))
        return Sampler(lambda bits: counts.draw(bits) * scale, least, greatest, counts.folded)


class Part(Parameters):
    """One part of a mixture.

    Attributes:
        weight: How often it is drawn from, before min and max cut off.
    """

    min: Figure | None = None
    max: Figure | None = None
    weight: float = Field(default=1.0, gt=0, le=MAX_WEIGHT)

    def within(self, low: float | None, high: float | None) -> Part:
        """The part between narrower bounds.

        Raises:
            ValueError: It runs from one bound to the other, or is discrete, and would be another one between others.
        """
        bounds = dict(zip(("min", "max"), self._narrow(low, high), strict=True))
        if bounds == {"min": self.min, "max": self.max}:
            return self
        if self.distribution in DISCRETE:
            raise ValueError(f"a mixture with {self.distribution} has no min and max: give its parts their own")
        return self.model_copy(update=bounds)

    def _narrow(self, low: float | None, high: float | None) -> tuple[float | None, float | None]:
        lows, highs = [x for x in (self.min, low) if x is not None], [x for x in (self.max, high) if x is not None]
        return max(lows, default=None), min(highs, default=None)

    def share(self, low: float | None, high: float | None) -> float:
        """Its weight between the bounds."""
        first, last = self._narrow(low, high)
        if first is not None and last is not None and last < first:
            return 0.0
        if self.distribution == "uniform" and self.empirical is None:
            whole, cut = float(self.max or 0) - float(self.min or 0), self.within(low, high)
            return self.weight * (float(cut.max or 0) - float(cut.min or 0)) / whole if whole > 0 else self.weight
        return self.weight * self.within(low, high).mass()


def mix_parts(parts: tuple[Part, ...], low: float | None, high: float | None, decimals: int | None) -> Sampler:
    """A sampler of a mixture between bounds: int64 multiples of the last digit, or float64 without decimals.

    Raises:
        ValueError: It has nothing between the bounds.
    """
    shares = [part.share(low, high) for part in parts]
    cut = [part.within(low, high) for part, share in zip(parts, shares, strict=True) if share > 0]
    samplers = [one.reals() if decimals is None else one.units(decimals) for one in cut]
    return mix([share for share in shares if share > 0], samplers)


def _to_units(bound: float, scale: int, rounding: str) -> int:
    """The bound in units of the last digit, from the digits that the file has."""
    return int((Decimal(repr(bound)) * scale).to_integral_value(rounding))


def _ceiling(bound: float | None) -> int | None:
    return None if bound is None else -int(-bound // 1)


def _floor(bound: float | None) -> int | None:
    return None if bound is None else int(bound // 1)

"""The settings that numeric kinds share: a distribution by name, its parameters, and the sampler that they come to."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tempdata_dagster.engine.distributions import CONTINUOUS, make_distribution
from tempdata_dagster.engine.distributions_discrete import DISCRETE
from tempdata_dagster.engine.distributions_sampler import Sampler, sample_counts, sample_reals, sample_units
from tempdata_dagster.engine.kind import Kind

Distribution = Literal[
    "uniform", "normal", "lognormal", "exponential", "gamma", "beta", "pareto", "poisson", "geometric", "zipf"
]
Figure = Annotated[float, Field(ge=-1e100, le=1e100)]
PARAMETERS = ("mean", "sd", "median", "sigma", "shape", "scale", "alpha", "beta", "exponent")


class NumericKind(Kind):
    """A number that is drawn from a distribution and cut off at bounds."""

    min: Any = None
    max: Any = None
    distribution: Distribution = "uniform"
    mean: Figure | None = Field(default=None, description="of the distribution before it is cut off at min and max")
    sd: Figure | None = Field(default=None, description="standard deviation: normal, lognormal")
    median: Figure | None = Field(default=None, description="lognormal")
    sigma: Figure | None = Field(default=None, description="standard deviation of the logarithm: lognormal")
    shape: Figure | None = Field(default=None, description="gamma")
    scale: Figure | None = Field(default=None, description="gamma; pareto, where it is min by default")
    alpha: Figure | None = Field(default=None, description="beta; exponent of pareto")
    beta: Figure | None = Field(default=None, description="beta")
    exponent: Figure | None = Field(default=None, description="zipf")

    @model_validator(mode="after")
    def _consistent(self) -> NumericKind:
        if self.min is not None and self.max is not None and self.max < self.min:
            raise ValueError(f"max {self.max} is less than min {self.min}")
        if self.distribution == "uniform" and (self.min is None or self.max is None):
            raise ValueError("a uniform distribution needs 'min' and 'max'")
        self.make()
        return self

    def make(self) -> Any:
        """The distribution; None when it is uniform.

        Raises:
            ValueError: A parameter is missing, makes no sense, or belongs to another distribution.
        """
        given = {name: float(value) for name in PARAMETERS if (value := getattr(self, name)) is not None}
        if self.distribution == "pareto" and "scale" not in given and self.min is not None:
            given["scale"] = float(self.min)
        return make_distribution(self.distribution, given)

    def sample_reals(self) -> Sampler:
        """A sampler of float64 for any distribution but the uniform one.

        Raises:
            ValueError: The distribution has nothing between the bounds.
        """
        distribution = self.make()
        if self.distribution in DISCRETE:
            counts = sample_counts(distribution, _ceiling(self.min), _floor(self.max))
            return Sampler(lambda bits: counts.draw(bits).astype(float), counts.least, counts.greatest)
        return sample_reals(distribution, self.min, self.max)

    def sample_units(self, low: int | None, high: int | None, scale: int) -> Sampler:
        """A sampler of int64 multiples of 1/scale between two bounds in these units; any distribution but the uniform.

        Raises:
            ValueError: The distribution has nothing between the bounds, or its values do not fit.
        """
        distribution = self.make()
        if self.distribution in CONTINUOUS:
            return sample_units(distribution, low, high, scale)
        counts = sample_counts(distribution, _ceiling(self.min), _floor(self.max))
        ends = [None if end is None else end * scale for end in (counts.least, counts.greatest)]
        return Sampler(lambda bits: counts.draw(bits) * scale, *ends)


def _ceiling(bound: float | None) -> int | None:
    return None if bound is None else -int(-bound // 1)


def _floor(bound: float | None) -> int | None:
    return None if bound is None else int(bound // 1)

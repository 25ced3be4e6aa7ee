"""Times that pass between two moments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.distributions.continuous import Exponential, Lognormal
from tempdata_dagster.engine.distributions.quantile import QuantileTable
from tempdata_dagster.engine.distributions.sampler import sample_reals, sample_units
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.engine.streams import Stream, below, to_unit
from tempdata_dagster.engine.timing.business import check_holidays
from tempdata_dagster.spec.values import Duration, Settings

_MOST_DAYS = 1_000
# A lognormal lag without a max ends where one in 30,000 would be longer.
_SIGMAS = 4.0


class Lag(Settings):
    """A time that passes, between `min` and `max`: even, `exponential` around its mean, or `lognormal` around its median.

    With `unit: business_days` all figures are whole numbers of business days, without weekends and the public holidays of
    the country `holidays`.
    """

    min: Duration = 0
    max: Duration | None = Field(default=None, description="a lognormal lag ends at exp(4 sigma) medians without it")
    mean: Duration | None = None
    median: Duration | None = Field(default=None, gt=0)
    sigma: float = Field(default=0.8, gt=0, le=4, description="of a lognormal lag's logarithm")
    distribution: Literal["uniform", "exponential", "lognormal"] = "uniform"
    unit: Literal["time", "business_days"] = "time"
    holidays: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", description="a country, for business days")

    @model_validator(mode="after")
    def _ordered(self) -> Lag:
        if self.max is None and self.distribution != "lognormal":
            raise ValueError("the lag's max is missing")
        if self.distribution == "lognormal" and self.median is None:
            raise ValueError("a lognormal lag needs a median")
        if self.most < self.min:
            raise ValueError("the lag's max is less than its min")
        if self.distribution == "exponential" and not (self.mean and self.min < self.mean):
            raise ValueError("an exponential lag needs a mean above its min")
        if self.unit == "business_days" and self.most > _MOST_DAYS:
            raise ValueError(f"business days are whole numbers up to {_MOST_DAYS:,}, such as {{min: 1, max: 4}}")
        if self.holidays is not None and self.unit != "business_days":
            raise ValueError("only business days have holidays: add `unit: business_days`")
        return self

    @property
    def most(self) -> int:
        """The longest lag."""
        if self.max is not None:
            return self.max
        return int((self.median or 0) * float(portable.exp(_SIGMAS * self.sigma))) + 1

    def check(self, scope: Scope, *path: str | int) -> None:
        """Note what is wrong with it, and what else its figures come from.

        Raises:
            UnboundError: Its holidays are not known, or nothing lies between its ends; the problem is noted.
        """
        if self.holidays is not None:
            check_holidays(scope, self.holidays, *path, "holidays")
        try:
            self.sampler()
        except ValueError as error:
            scope.fail("TD2031", f"of the lag, {error}", *path)

    def draw(self, stream: Stream) -> Callable[[Frame], np.ndarray]:
        """Microseconds (or business days) for each row, int64."""
        sample = self.sampler()
        return lambda frame: sample(stream.bits(frame.rows))

    def sampler(self) -> Callable[[np.ndarray], np.ndarray]:
        """Microseconds (or business days) of random 64-bit numbers, int64 of the same shape.

        Raises:
            ValueError: The distribution has nothing between the ends.
        """
        width = self.most - self.min
        if self.unit == "business_days":
            return self._days_sampler(width)
        if self.distribution == "uniform":
            return lambda bits: self.min + (to_unit(bits) * (width + 1)).astype(np.int64)
        if self.distribution == "lognormal":
            sampler = sample_reals(Lognormal(float(self.median or 1), self.sigma), float(self.min), float(self.most))
            return lambda bits: sampler.draw(bits).astype(np.int64)
        scale = float((self.mean or 0) - self.min)
        cut = 1.0 - float(portable.exp(-width / scale))
        table = QuantileTable(lambda p: -scale * portable.log(1.0 - p * cut))
        return lambda bits: self.min + np.minimum(table.look_up(bits), width).astype(np.int64)

    def _days_sampler(self, width: int) -> Callable[[np.ndarray], np.ndarray]:
        if self.distribution == "uniform":
            return lambda bits: self.min + below(bits, width + 1)
        if self.distribution == "lognormal":
            sampler = sample_units(Lognormal(float(self.median or 1), self.sigma), self.min, self.most, 1)
            return lambda bits: sampler.draw(bits).astype(np.int64)
        sampler = sample_units(Exponential(float((self.mean or 0) - self.min)), 0, width, 1)
        return lambda bits: self.min + sampler.draw(bits).astype(np.int64)

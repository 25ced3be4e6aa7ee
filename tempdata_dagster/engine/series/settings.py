"""The settings of a series' components."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from tempdata_dagster.spec.rows import parse_growth
from tempdata_dagster.spec.values import Duration, Settings, Share

Size = Annotated[float, Field(ge=-1e12, le=1e12)]
Spread = Annotated[float, Field(ge=0, le=1e12)]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Trend(Settings):
    """What a year changes: `add` to the value, or `growth` by a rate."""

    add: Size = 0.0
    growth: float = Field(default=0.0, gt=-1, le=100)


def parse_trend(value: Any) -> Any:
    """`5` is added in a year, `5%/year` is growth."""
    if isinstance(value, str):
        return {"growth": parse_growth(value)}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"add": float(value)}
    return value


def parse_peak(value: Any) -> Any:
    """The day of the year of a month's name: that of its middle."""
    return _MONTHS.index(value) * 30.44 + 15.0 if isinstance(value, str) and value in _MONTHS else value


class Daily(Settings):
    """A wave with the period of a day."""

    amplitude: Size
    peak: float = Field(default=15.0, ge=0, le=24, description="hour of the day, such as 17.5")


class Yearly(Settings):
    """A wave with the period of a year."""

    amplitude: Size
    peak: Annotated[float, BeforeValidator(parse_peak, json_schema_input_type=float | str)] = Field(
        default=196.0, ge=1, le=366, description="day of the year, or a month such as jul"
    )


class Autoregression(Settings):
    """AR(1): each step is `coefficient` times the one before, plus noise."""

    coefficient: float = Field(gt=-1, lt=1, description="correlation of neighbouring steps")
    spread: Spread = Field(description="standard deviation of the component")


class Reverting(Settings):
    """Mean reversion (Ornstein-Uhlenbeck): it strays from 0 and returns."""

    half_life: Duration = Field(gt=0, description="after which half of a deviation is gone")
    spread: Spread = Field(description="standard deviation of the component")


class Drifting(Settings):
    """A random walk."""

    spread: Spread = Field(description="standard deviation of what `per` changes")
    per: Duration | None = Field(default=None, gt=0, description="a time; without it one step")


class Geometric(Settings):
    """Geometric Brownian motion: the base is multiplied by it."""

    volatility: float = Field(ge=0, le=10, description="standard deviation of a year's log return, such as 0.2")
    drift: float = Field(default=0.0, ge=-5, le=5, description="expected log growth of a year")


class Jumping(Settings):
    """Jumps that stay, at random moments; parts of the level beside `geometric_brownian`."""

    every: Duration = Field(gt=0, description="mean time between two jumps")
    spread: Spread = Field(default=0.0, description="standard deviation of their size")
    mean: Size = Field(default=0.0, description="mean of their size")

    @model_validator(mode="after")
    def _some(self) -> Jumping:
        if not self.spread and not self.mean:
            raise ValueError("jumps have a spread or a mean, or both")
        return self


class Clustering(Settings):
    """Quiet and wild times: how unevenly the variance of the noise lies in time."""

    strength: float = Field(
        gt=0, le=3, description="relative deviation of the variance; steps have kurtosis 3(1 + its square)"
    )
    memory: Duration = Field(gt=0, description="length of the longest clusters")


class Regime(Settings):
    """What one regime does while it lasts."""

    dwell: Duration = Field(gt=0, description="mean time that it lasts")
    add: Size = 0.0
    multiply: Size = 1.0
    noise: float = Field(default=1.0, ge=0, le=1e6, description="factor of noise, ar1 and mean_reversion")


class Event(Settings):
    """What happens from one day to another (excluded)."""

    start: date
    end: date
    add: Size = 0.0
    multiply: Size = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Event:
        if self.end <= self.start:
            raise ValueError("the event's end is not after its start")
        return self


class Closed(Settings):
    """What the public holidays of a country do."""

    country: str = Field(pattern=r"^[A-Z]{2}$")
    add: Size = 0.0
    multiply: Size = 1.0


Weekly = dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Size]
TrendOrRate = Annotated[Trend, BeforeValidator(parse_trend, json_schema_input_type=float | str | Trend)]
__all__ = [
    "Autoregression", "Closed", "Clustering", "Daily", "Drifting", "Event", "Geometric", "Jumping", "Regime", "Reverting",
    "Share", "Size", "Spread", "TrendOrRate", "Weekly", "Yearly",
]  # fmt: skip

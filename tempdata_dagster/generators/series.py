"""Values that move in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.series.output import Output, bind_output
from tempdata_dagster.engine.series.parts import (
    YEAR_US,
    Part,
    Points,
    coefficient_of,
    make_daily,
    make_events,
    make_jumps,
    make_regimes,
    make_restlessness,
    make_reversion,
    make_walk,
    make_weekly,
    make_yearly,
)
from tempdata_dagster.engine.series.settings import (
    Autoregression,
    Closed,
    Clustering,
    Daily,
    Drifting,
    Event,
    Geometric,
    Jumping,
    Regime,
    Reverting,
    Share,
    Size,
    Spread,
    Trend,
    TrendOrRate,
    Weekly,
    Yearly,
)
from tempdata_dagster.engine.series.timeline import Timeline, bind_timeline, day_micros, hash_cells
from tempdata_dagster.engine.timing.office import bind_zone
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.values import Duration, Identifier

_STEEPEST = 200.0
Calculation = Callable[[Points, np.ndarray], np.ndarray]


def parse_base(value: object) -> object:
    """A whole number is a number."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


Base = Annotated[Size | Identifier, BeforeValidator(parse_base)]
Amount = Annotated[Annotated[float, Field(ge=0, le=1e12)] | Identifier, BeforeValidator(parse_base)]


@KINDS.register("series")
class Series(Kind):
    """A value that moves in time, for each row of a grid's parent: the sum of its components.

    With `combine: multiply` the components are parts of the level: an amplitude of 0.3 is 30 % up and down, and noise acts
    by its exponential, so that the value keeps its sign. `geometric_brownian` multiplies the base in either case. Any
    window is computed alone, bit for bit as within a longer run. Outside a grid, `at` names the moment of a row.

    Example: {kind: series, base: 20, daily: {amplitude: 4, peak: 15}, ar1: {coefficient: 0.9, spread: 0.8}, decimals: 1}
    """

    base: Base = Field(default=0.0, description="the level: a number, or a column of the parent")
    combine: Literal["add", "multiply"] = "add"
    trend: TrendOrRate = Field(
        default=Trend(), description="added in a year, or growth such as 5%/year, since the origin"
    )
    daily: Daily | None = None
    weekly: Weekly = Field(default={}, description="what weekdays add, such as {sat: -3, sun: -4}")
    yearly: Yearly | None = None
    noise: Spread = Field(default=0.0, description="standard deviation of noise without memory")
    ar1: Autoregression | None = None
    mean_reversion: Reverting | None = None
    random_walk: Drifting | None = None
    geometric_brownian: Geometric | None = None
    jumps: Jumping | None = None
    clustering: Clustering | None = Field(default=None, description="quiet and wild times of the noise and the walks")
    regimes: dict[Identifier, Regime] = Field(default={}, max_length=8, description="states that switch at random")
    correlation: Share = Field(default=0.0, description="between any two series, of their noise and walks")
    sector: Identifier | None = Field(default=None, description="column of the parent: correlated where it is equal")
    events: Annotated[tuple[Event, ...], Field(strict=False)] = Field(default=(), max_length=200)
    holidays: Closed | None = None
    zone: str | None = Field(
        default=None, max_length=60, description="IANA time zone of days and hours; without it UTC"
    )
    origin: date = Field(default=date(2020, 1, 1), description="the day on which walks and trends are at their base")
    at: Identifier | None = Field(default=None, description="a moment of this table; without it the grid's")
    of: Identifier | None = Field(
        default=None, description="a reference to the rows that have series; without it the parent"
    )
    tick: Duration | None = Field(default=None, ge=1_000_000, description="length of a step; without it the grid's")
    process: Identifier | None = Field(default=None, description="a name by which other tables share the same draws")
    min: Size | None = None
    max: Size | None = None
    decimals: int | None = Field(default=None, ge=0, le=9, description="digits after the point; without: float64")

    @model_validator(mode="after")
    def _consistent(self) -> Series:
        if self.min is not None and self.max is not None and self.max <= self.min:
            raise ValueError("max is not above min")
        if self.sector is not None and not self.correlation:
            raise ValueError("a sector needs a correlation of its series")
        if not 1970 <= self.origin.year <= 2200:
            raise ValueError("the origin lies between 1970 and 2200")
        return self

    def bind(self, scope: Scope) -> Binding:
        """All components at the rows' moments."""
        timeline = bind_timeline(scope, self.at, self.of, self.tick, self.process)
        level, nullable = timeline.number(self.base, "base")
        points = self._bind_points(timeline)
        calculate = self.make_calculation(timeline)

        def draw(frame: Frame) -> tuple[np.ndarray, np.ndarray | None]:
            base, null = level(frame)
            missing = timeline.missing(frame)
            if missing is not None:
                null = missing if null is None else missing | null
            return calculate(points(frame), base), null

        nullable = nullable or self.of is not None or self.at is not None
        return bind_output(scope, draw, Output(self.min, self.max, self.decimals), nullable=nullable)

    def _bind_points(self, timeline: Timeline) -> Callable[[Frame], Points]:
        sector = timeline.column(self.sector, "sector")[1] if self.sector else None
        origin = int(timeline.steps(np.array([day_micros(self.origin)]))[0])
        zone = bind_zone(timeline.scope, self.zone)

        def read(frame: Frame) -> Points:
            micros = timeline.moment(frame)
            common = hash_cells(sector(frame)) if sector else None
            if common is None and self.correlation:
                common = np.zeros(len(frame), dtype=np.uint64)
            local = micros if zone is None else zone.to_local(micros)
            return Points((micros, local), timeline.series(frame), common, timeline.steps(micros), origin)

        return read

    def make_calculation(self, timeline: Timeline) -> Calculation:
        """The value at points, given their base."""
        steady, restless = self._steady_parts(), self._noise_parts(timeline)
        wandering, growth = self._wandering_parts(timeline), self._growth(timeline)
        regime = make_regimes(timeline, self.regimes) if self.regimes else None
        states = [self.regimes[name] for name in sorted(self.regimes)]
        add, multiply, noisy = (
            np.array([getattr(state, name) for state in states]) for name in ("add", "multiply", "noise")
        )
        calm = make_restlessness(timeline, self.clustering) if self.clustering and restless else None
        after = make_events(timeline, self.events, self.holidays)

        def calculate(points: Points, base: np.ndarray) -> np.ndarray:
            value = base if growth is None else base * _exponential(growth(points))
            noise = _total(restless, points)
            if calm is not None:
                noise = noise * calm(points)
            state = regime(points) if regime else None
            if state is not None:
                noise = noise * noisy[state]
            noise = noise + _total(wandering, points)
            if self.combine == "add":
                value = value + (_total(steady, points) + noise)
            else:
                for part in steady:
                    value = value * (1.0 + part(points))
                value = value * _exponential(noise) if restless or wandering else value
            if state is not None:
                value = value * multiply[state] + add[state]
            for event in after:
                value = event(points, value)
            return value

        return calculate

    def _steady_parts(self) -> list[Part]:
        parts = []
        if self.trend.add:
            yearly, origin = self.trend.add, day_micros(self.origin)
            parts.append(lambda points: (points.micros - origin) * (yearly / YEAR_US))
        if self.daily:
            parts.append(make_daily(self.daily))
        if self.weekly:
            parts.append(make_weekly(self.weekly))
        if self.yearly:
            parts.append(make_yearly(self.yearly))
        return parts

    def _noise_parts(self, timeline: Timeline) -> list[Part]:
        parts = []
        if self.noise:
            white = make_reversion(timeline, "noise", self.correlation, 0.0)
            parts.append(_scale(white.measure, self.noise))
        if self.ar1:
            driver = make_reversion(timeline, "ar1", self.correlation, self.ar1.coefficient)
            parts.append(_scale(driver.measure, self.ar1.spread))
        if self.mean_reversion:
            coefficient = coefficient_of(self.mean_reversion.half_life, timeline.tick)
            driver = make_reversion(timeline, "mean_reversion", self.correlation, coefficient)
            parts.append(_scale(driver.measure, self.mean_reversion.spread))
        return parts

    def _wandering_parts(self, timeline: Timeline) -> list[Part]:
        parts = []
        if self.random_walk:
            per = self.random_walk.per or timeline.tick
            walk = make_walk(timeline, "random_walk", self.correlation, self.clustering)
            parts.append(_scale(walk.measure, self.random_walk.spread * float(np.sqrt(timeline.tick / per))))
        if self.jumps and not self.geometric_brownian:
            parts.append(make_jumps(timeline, self.jumps))
        return parts

    def _growth(self, timeline: Timeline) -> Part | None:
        """The logarithm of what the base is multiplied by; None for 1."""
        drift = float(portable.log(1.0 + self.trend.growth))
        brownian, walk, jumps = self.geometric_brownian, None, None
        if brownian is not None:
            drift += brownian.drift - 0.5 * brownian.volatility * brownian.volatility
            walk = make_walk(timeline, "geometric_brownian", self.correlation, self.clustering)
            jumps = make_jumps(timeline, self.jumps) if self.jumps else None
        if not drift and walk is None:
            return None
        spread = (brownian.volatility if brownian else 0.0) * float(np.sqrt(timeline.tick / YEAR_US))
        origin = day_micros(self.origin)

        def grow(points: Points) -> np.ndarray:
            total = (points.micros - origin) * (drift / YEAR_US)
            if walk is not None:
                total = total + spread * walk.measure(points)
            return total + jumps(points) if jumps else total

        return grow


def _exponential(power: np.ndarray) -> np.ndarray:
    """e**power, as far as products of it stay numbers."""
    return portable.exp(np.clip(power, -_STEEPEST, _STEEPEST))


def _scale(part: Part, spread: float) -> Part:
    return lambda points: spread * part(points)


def _total(parts: list[Part], points: Points) -> np.ndarray:
    total = np.zeros(len(points))
    for part in parts:
        total = total + part(points)
    return total

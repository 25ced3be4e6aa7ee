"""The components of a series as functions of the series and the moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from tempdata_dagster.core.partition import DAY_US
from tempdata_dagster.engine import portable
from tempdata_dagster.engine.series.chain import Chain
from tempdata_dagster.engine.series.counts import Jumps
from tempdata_dagster.engine.series.intensity import days_closed
from tempdata_dagster.engine.series.lattice import Process, Pyramid, Reversion, Walk
from tempdata_dagster.engine.series.settings import Closed, Clustering, Daily, Event, Jumping, Regime, Weekly, Yearly
from tempdata_dagster.engine.series.timeline import Timeline, day_micros
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.engine.timing.business import check_holidays
from tempdata_dagster.engine.waves import cosine_of_turns
from tempdata_dagster.spec.rows import WEEKDAYS

YEAR_US = 365.2425 * DAY_US
_LN2 = 0.6931471805599453
_FIRST_WEEKDAY = 3


class Points:
    """Rows as points of series.

    Args:
        moments: Their moments in UTC, and by the clocks of the place, for what follows the calendar.
        series: Their series' identities, uint64 of shape `(n,)`.
        common: The identities of what several series share; None if they share nothing.
        step: Their steps.
        origin: The step at which walks are 0.
    """

    def __init__(
        self,
        moments: tuple[np.ndarray, np.ndarray],
        series: np.ndarray,
        common: np.ndarray | None,
        step: np.ndarray,
        origin: int,
    ) -> None:
        (self.micros, self.local), self.origin = moments, origin
        self.own = Pyramid(series, step)
        self.common = None if common is None else Pyramid(common, step)
        self._series, self._shared = series, common

    def __len__(self) -> int:
        return len(self.micros)

    @cached_property
    def own_origin(self) -> Pyramid:
        """The origin of each series."""
        return Pyramid(self._series, np.full(len(self), self.origin))

    @cached_property
    def common_origin(self) -> Pyramid:
        """The origin of what they share."""
        shared = self._series if self._shared is None else self._shared
        return Pyramid(shared, np.full(len(self), self.origin))


Part = Callable[[Points], np.ndarray]


class Driver:
    """A Gaussian component of each series, part of which several series have in common.

    Args:
        make: The process of a stream.
        stream: The bits of the component.
        correlation: Of two series that share.
        anchored: Whether it is to be 0 at the origin.
    """

    def __init__(self, make: Callable[[Stream], Process], stream: Stream, correlation: float, anchored: bool) -> None:
        self._own, self._common = make(stream), make(Stream.of("common", stream.low, stream.high))
        self._parts = float(np.sqrt(1.0 - correlation)), float(np.sqrt(correlation))
        self._anchored = anchored

    def measure(self, points: Points) -> np.ndarray:
        """The component, float64 of shape `(n,)`."""
        anchored = self._anchored and points.origin > 0
        own = points.own.trace(self._own)[0]
        if anchored:
            own = own - points.own_origin.trace(self._own)[0]
        if points.common is None:
            return own
        common = points.common.trace(self._common)[0]
        if anchored:
            common = common - points.common_origin.trace(self._common)[0]
        return self._parts[0] * own + self._parts[1] * common


def make_walk(timeline: Timeline, lane: str, correlation: float, clustering: Clustering | None) -> Driver:
    """A walk of one unit of variance a step; in clusters, if asked for.

    Raises:
        UnboundError: So short a memory cannot have so strong clusters; the problem is noted.
    """
    tilt, memory = 0.0, 0
    if clustering is not None:
        memory = max(int(clustering.memory // timeline.tick).bit_length() - 1, 0)
        # Each level multiplies the mean square of the variance by 1 + tilt**2 / 3.
        growth = portable.power(1.0 + clustering.strength**2, 1.0 / max(memory, 1))
        tilt = float(np.sqrt(3.0 * (float(growth) - 1.0)))
        if not memory or tilt >= 1.0:
            hint = "lengthen the memory to many steps, or lower the strength"
            timeline.scope.fail("TD2077", "clusters of this memory cannot be so strong", "clustering", hint=hint)
    return Driver(
        lambda stream: Walk(stream, timeline.top, tilt, memory), timeline.stream(lane), correlation, anchored=True
    )


def make_reversion(timeline: Timeline, lane: str, correlation: float, coefficient: float) -> Driver:
    """A stationary component of variance 1."""
    return Driver(lambda stream: Reversion(stream, coefficient), timeline.stream(lane), correlation, anchored=False)


def coefficient_of(half_life: int, tick: int) -> float:
    """The correlation of steps a tick apart."""
    return float(portable.exp(-_LN2 * tick / half_life))


def make_restlessness(timeline: Timeline, clustering: Clustering) -> Part:
    """The factor of the noise at each moment: its square has mean 1, and is as uneven as the clustering says."""
    strength = float(np.sqrt(0.25 * float(portable.log(1.0 + clustering.strength**2))))
    driver = make_reversion(timeline, "restlessness", 0.0, coefficient_of(clustering.memory, timeline.tick))
    return lambda points: portable.exp(strength * driver.measure(points) - strength * strength)


def make_jumps(timeline: Timeline, jumping: Jumping) -> Part:
    """The sum of the jumps since the origin."""
    process = Jumps(timeline.stream("jumps"), timeline.top, timeline.tick / jumping.every, jumping.mean, jumping.spread)

    def measure(points: Points) -> np.ndarray:
        since = process.measure(points.own)
        return since - process.measure(points.own_origin) if points.origin else since

    return measure


def make_daily(wave: Daily) -> Part:
    """The wave of a day."""
    peak = round(wave.peak / 24.0 * DAY_US)
    return lambda points: wave.amplitude * cosine_of_turns((points.local - peak) % DAY_US * (1.0 / DAY_US))


def make_yearly(wave: Yearly) -> Part:
    """The wave of a year; years are of one length, counted from 1970."""
    year, peak = round(YEAR_US), round((wave.peak - 1.0) * DAY_US)
    return lambda points: wave.amplitude * cosine_of_turns((points.local - peak) % year * (1.0 / year))


def make_weekly(sizes: Weekly) -> Part:
    """A size for each weekday."""
    named: Mapping[str, float] = {str(day): size for day, size in sizes.items()}
    table = np.array([named.get(day, 0.0) for day in WEEKDAYS])
    return lambda points: table[(points.local // DAY_US + _FIRST_WEEKDAY) % 7]


def make_regimes(timeline: Timeline, regimes: dict[str, Regime]) -> Part:
    """The number of the regime at each moment, in the order of their names.

    Raises:
        UnboundError: A regime is shorter than a step; the problem is noted.
    """
    if len(regimes) < 2:
        timeline.scope.fail("TD2077", "regimes switch between two or more", "regimes", hint="name another regime")
    rows = []
    for place, (name, regime) in enumerate(sorted(regimes.items())):
        leave = timeline.tick / regime.dwell
        if leave >= 1.0:
            hint = f"let it last several steps of {timeline.tick / 1e6:g}s"
            timeline.scope.fail("TD2077", f"regime '{name}' is no longer than a step", "regimes", name, hint=hint)
        rows.append([1.0 - leave if k == place else leave / (len(regimes) - 1) for k in range(len(regimes))])
    chain = Chain(timeline.stream("regimes"), rows)
    return lambda points: points.own.trace(chain)[0]


def make_events(
    timeline: Timeline, events: tuple[Event, ...], closed: Closed | None
) -> list[Callable[..., np.ndarray]]:
    """Functions of the points and the values that give the values with the events."""
    steps = [_make_event(event) for event in events]
    if closed is not None:
        check_holidays(timeline.scope, closed.country, "holidays", "country")
        days = days_closed(closed.country)
        steps.append(
            lambda points, value: np.where(
                np.isin(points.local // DAY_US, days), value * closed.multiply + closed.add, value
            )
        )
    return steps


def _make_event(event: Event) -> Callable[..., np.ndarray]:
    start, end = day_micros(event.start), day_micros(event.end)

    def apply(points: Points, value: np.ndarray) -> np.ndarray:
        active = (points.local >= start) & (points.local < end)
        return np.where(active, value * event.multiply + event.add, value)

    return apply

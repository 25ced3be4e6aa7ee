"""How many rows each partition has, and when in it they arrive."""

from __future__ import annotations

import threading
from datetime import date
from functools import lru_cache

import numpy as np

from tempdata_dagster.core.partition import DAY_US, HOUR_US, Period, first_ordinal, ordinal_at, start_of
from tempdata_dagster.engine import portable
from tempdata_dagster.engine.addresses import INITIAL
from tempdata_dagster.engine.distributions.quantile import normal_quantile
from tempdata_dagster.engine.streams import Stream, to_unit
from tempdata_dagster.engine.timing.zones import QUARTER_US, LocalHours
from tempdata_dagster.spec.rows import MONTHS, WEEKDAYS, PeriodRows

_YEAR_US = 365.2425 * DAY_US
_FIRST_WEEKDAY = 3
_POISSON_BY_SUM = 64.0
_HOURS_A_DAY = 24
Pattern = tuple[float, ...] | LocalHours | None


class Calendar:
    """The rate of a periodic table: counts per partition, and arrival moments within one.

    Args:
        rows: The table's `rows:`.
        start: The dataset's first day.
        stream: The stream of the counts.
    """

    def __init__(self, rows: PeriodRows, start: date, stream: Stream) -> None:
        self.period = rows.per
        self.first = first_ordinal(rows.per, start)
        self.start_us = int(start_of(rows.per, self.first))
        self.rows = rows
        self._stream = stream
        self._weekday = np.array([rows.weekday.get(day, 1.0) for day in WEEKDAYS])  # type: ignore[call-overload]
        self._month = np.array([rows.month.get(month, 1.0) for month in MONTHS])  # type: ignore[call-overload]
        self._cumulative = np.array([0, rows.initial], dtype=np.int64)
        self._growing = threading.Lock()

    def rate(self, ordinals: np.ndarray) -> np.ndarray:
        """Expected rows of each partition, float64 of shape `(n,)`; 0 before the first."""
        begin = start_of(self.period, ordinals)
        if self.period is Period.HOUR:
            hours = np.array(self.rows.hours)
            factor = self._day_factor(begin // DAY_US) * (hours / hours.mean())[(begin % DAY_US) // HOUR_US]
        elif self.period is Period.DAY:
            factor = self._day_factor(begin // DAY_US)
        else:
            factor = self._mean_factor(begin // DAY_US, start_of(self.period, ordinals + 1) // DAY_US)
        if self.rows.growth:
            years = (begin - self.start_us) / _YEAR_US
            factor = factor * portable.power(1.0 + self.rows.growth, years)
        return np.where(ordinals >= self.first, self.rows.mean * factor, 0.0)

    def count(self, ordinals: np.ndarray) -> np.ndarray:
        """Rows of each partition, int64 of shape `(n,)`; `INITIAL` has the initial population."""
        if not len(ordinals):
            return np.zeros(0, dtype=np.int64)
        self._reach(int(ordinals.max()) + 1)
        slot = np.maximum(ordinals - self.first, -1) + 1
        regular = self._cumulative[slot + 1] - self._cumulative[slot]
        return np.where(ordinals == INITIAL, self.rows.initial, np.where(ordinals >= self.first, regular, 0))

    def _draw_counts(self, ordinals: np.ndarray) -> np.ndarray:
        rate, chance = self.rate(ordinals), to_unit(self._stream.bits_of(ordinals))
        return _poisson(rate, chance) if self.rows.noise == "poisson" else np.floor(rate + chance).astype(np.int64)

    def before(self, ordinals: np.ndarray) -> np.ndarray:
        """Rows that exist before each partition begins, the initial population included; int64 of shape `(n,)`."""
        if len(ordinals):
            self._reach(int(ordinals.max()))
        index = np.clip(ordinals - self.first, -1, None) + 1
        return np.where(ordinals == INITIAL, 0, self._cumulative[np.maximum(index, 1)])

    def locate(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Partition and ordinal of the rows at these positions in the order of arrival; `before` has reached them."""
        slot = np.searchsorted(self._cumulative, index, side="right") - 1
        partition = np.where(slot == 0, INITIAL, self.first + slot - 1)
        return partition, index - self._cumulative[slot]

    def moment(self, partition: np.ndarray | int, share: np.ndarray, hours: Pattern) -> np.ndarray:
        """Microseconds since 1970 at which the given share (in [0, 1)) of a partition's rows has arrived."""
        if isinstance(partition, int):
            return self._moment_in(partition, partition, share, hours)
        moments = np.empty(len(share), dtype=np.int64)
        for example, rows in self._alike(partition, hours):
            moments[rows] = self._moment_in(example, partition[rows], share[rows], hours)
        return moments

    def arrived(self, micros: np.ndarray, hours: Pattern) -> np.ndarray:
        """Rows that have arrived by each moment, in the order of arrival, int64 of shape `(n,)`; never one too many."""
        # Two microseconds less than the moment: rounding in either direction of the curve stays below that.
        micros = micros - 2
        partition = ordinal_at(self.period, micros)
        share = np.empty(len(micros), dtype=np.float64)
        for example, rows in self._alike(partition, hours):
            edges, width = self._curve(example, hours)
            position = (micros[rows] - start_of(self.period, partition[rows])) / width
            cell = np.clip(position.astype(np.int64), 0, len(edges) - 2)
            share[rows] = edges[cell] + (position - cell) * (edges[cell + 1] - edges[cell])
        total = self.count(partition)
        arrived = self.before(partition) + np.floor(total * np.clip(share, 0.0, 1.0)).astype(np.int64)
        past = (micros - (self.start_us - self.rows.history)) / max(self.rows.history, 1)
        initial = np.floor(self.rows.initial * np.clip(past, 0.0, 1.0)).astype(np.int64)
        return np.where(micros < self.start_us, initial, arrived)

    def _alike(self, partition: np.ndarray, hours: Pattern) -> list[tuple[int, np.ndarray]]:
        """The rows whose partitions share one arrival curve, with one of those partitions as the example."""
        if isinstance(hours, LocalHours) or self.period not in (Period.HOUR, Period.DAY):
            return [(int(one), np.flatnonzero(partition == one)) for one in np.unique(partition)]
        initial = partition == INITIAL
        groups = [np.flatnonzero(initial), np.flatnonzero(~initial)]
        return [(int(partition[rows[0]]), rows) for rows in groups if len(rows)]

    def _moment_in(self, example: int, partition: np.ndarray | int, share: np.ndarray, hours: Pattern) -> np.ndarray:
        if example == INITIAL:
            return self.start_us - self.rows.history + (share * self.rows.history).astype(np.int64)
        edges, width = self._curve(example, hours)
        cell = np.clip(np.searchsorted(edges, share, side="right") - 1, 0, len(edges) - 2)
        step = edges[cell + 1] - edges[cell]
        within = (share - edges[cell]) / np.where(step > 0, step, 1.0)
        return np.asarray(start_of(self.period, partition) + ((cell + within) * width).astype(np.int64))

    def _curve(self, partition: int, hours: Pattern) -> tuple[np.ndarray, float]:
        """The arrived share at the edges of a partition's cells, and a cell's width in microseconds."""
        if isinstance(hours, LocalHours):
            return self._local_curve(partition, hours)
        weights = hours or self.rows.hours
        if self.period is Period.HOUR:
            return np.array([0.0, 1.0]), float(HOUR_US)
        if self.period is Period.DAY:
            return _edges(weights), float(HOUR_US)
        begin, end = (int(start_of(self.period, partition + k)) // DAY_US for k in (0, 1))
        days = self._day_factor(np.arange(begin, end))
        days = days if days.any() else np.ones_like(days)  # no row arrives then, but others ask who is there already
        return _edges(tuple(np.multiply.outer(days, weights).ravel())), float(HOUR_US)

    def _local_curve(self, partition: int, hours: LocalHours) -> tuple[np.ndarray, float]:
        begin, end = (int(start_of(self.period, partition + k)) for k in (0, 1))
        weights = hours.weigh(begin, end)
        if self.period in (Period.WEEK, Period.MONTH):
            days = self._day_factor(np.arange(begin // DAY_US, end // DAY_US))
            weights = weights * np.repeat(days, DAY_US // QUARTER_US)
        return _edges(tuple(weights if weights.any() else np.ones_like(weights))), float(QUARTER_US)

    def _reach(self, ordinal: int) -> None:
        """Know the counts up to a partition; threads may share a calendar."""
        with self._growing:
            known = self.first + len(self._cumulative) - 2
            if ordinal > known:
                more = np.cumsum(self._draw_counts(np.arange(known, max(ordinal, known + 512))))
                self._cumulative = np.concatenate([self._cumulative, self._cumulative[-1] + more])

    def _day_factor(self, days: np.ndarray) -> np.ndarray:
        factor = self._weekday[(days + _FIRST_WEEKDAY) % 7]
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
        factor = factor * self._month[months]
        if self.rows.holidays:
            years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
            closed = holiday_days(self.rows.holidays.country, int(years.min()), int(years.max()))
            factor = np.where(np.isin(days, closed), factor * self.rows.holidays.factor, factor)
        return np.asarray(factor)

    def _mean_factor(self, first_day: np.ndarray, end_day: np.ndarray) -> np.ndarray:
        base = int(first_day.min())
        total = np.concatenate([[0.0], np.cumsum(self._day_factor(np.arange(base, int(end_day.max()))))])
        return np.asarray((total[end_day - base] - total[first_day - base]) / (end_day - first_day))


@lru_cache(maxsize=256)
def _edges(weights: tuple[float, ...]) -> np.ndarray:
    total = np.cumsum(np.asarray(weights))
    return np.concatenate([[0.0], total / total[-1]])


@lru_cache(maxsize=64)
def holiday_days(country: str, first_year: int, last_year: int) -> np.ndarray:
    """Days since 1970 of a country's public holidays in these years, int64, sorted.

    The dates come from the `holidays` package.
    """
    import holidays

    days = holidays.country_holidays(country, years=range(first_year, last_year + 1))
    return np.sort(np.array([day.toordinal() for day in days], dtype=np.int64)) - date(1970, 1, 1).toordinal()


def _poisson(rate: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Poisson counts by inversion: the sum of terms for small rates, a Cornish-Fisher expansion for large ones."""
    z = normal_quantile(np.clip(chance, 1e-15, 1 - 1e-15))
    large = np.rint(rate + np.sqrt(rate) * z + (z * z - 1.0) / 6.0)
    small = np.zeros(len(rate))
    gentle = np.minimum(rate, _POISSON_BY_SUM)
    term = portable.exp(-gentle)
    reached = term.copy()
    for k in range(1, 160):
        below = chance > reached
        if not below.any():
            break
        small += below
        term = term * gentle / k
        reached = reached + term
    return np.where(rate > _POISSON_BY_SUM, np.maximum(large, 0), small).astype(np.int64)

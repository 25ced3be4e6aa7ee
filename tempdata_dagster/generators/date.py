"""Days: of arrival, in a range, of a moment, or some days after another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from tempdata_dagster.core.partition import Period
from tempdata_dagster.engine.addresses import INITIAL
from tempdata_dagster.engine.arrays import is_null, make_dates, set_null, unwrap, wrap
from tempdata_dagster.engine.distributions.continuous import Exponential, Lognormal
from tempdata_dagster.engine.distributions.sampler import sample_units
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import GridLayout, PeriodLayout
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream, below
from tempdata_dagster.engine.timing.business import find_business_days
from tempdata_dagster.engine.timing.lags import Lag
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.timestamp import DAY_US
from tempdata_dagster.spec.values import Identifier

_EPOCH = date(1970, 1, 1)
_FIRST, _LAST = date(1, 1, 2), date(9999, 12, 30)
_HOURS_A_DAY = 24
Days = Callable[[Frame], np.ndarray]


@KINDS.register("date")
class Date(Kind):
    """A day (UTC): of arrival in a partitioned table, between two days, of a timestamp, or some days after another.

    Of arrival it is without settings, and `of` names a timestamp of this table. A table in weeks or months spreads its
    arrivals over their days.

    Example: {kind: date, start: 2024-01-01, end: 2025-01-01}
    """

    start: date | None = Field(default=None, description="first day")
    end: date | None = Field(default=None, description="end of the range, not included")
    of: Identifier | None = Field(default=None, description="a timestamp of this table whose day it is")
    after: Identifier | None = Field(default=None, description="a day or moment of this table that this one follows")
    lag: Lag | None = None

    @field_validator("start", "end")
    @classmethod
    def _in_range(cls, day: date | None) -> date | None:
        if day is not None and not _FIRST <= day <= _LAST:
            raise ValueError(f"a day lies between {_FIRST} and {_LAST}")
        return day

    @field_validator("lag")
    @classmethod
    def _whole_days(cls, lag: Lag | None) -> Lag | None:
        if lag is not None and lag.unit == "time" and (lag.min % DAY_US or (lag.max or 0) % DAY_US):
            raise ValueError("the lag of a date is in whole days, such as {min: 2d, max: 4d}")
        return lag

    @model_validator(mode="after")
    def _consistent(self) -> Date:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end go together")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("end is not after start")
        if (self.after is None) != (self.lag is None):
            raise ValueError("after and lag go together")
        if sum(way is not None for way in (self.start, self.of, self.after)) > 1:
            raise ValueError("a date has a start and an end, is of a moment, or follows one: only one of these")
        return self

    def bind(self, scope: Scope) -> Binding:
        """Days since 1970 by one of the ways."""
        if self.of:
            return self._bind_of(scope, self.of)
        if self.after and self.lag:
            return self._bind_after(scope, self.after, self.lag)
        if self.start and self.end:
            return self._bind_range(scope, self.start, self.end)
        layout = scope.rows_of(scope.table).layout
        if isinstance(layout, GridLayout):
            return Binding(pa.date32(), lambda frame: make_dates(layout.moment(frame.rows)))
        if not isinstance(layout, PeriodLayout):
            hint = "give start and end, `of:` a timestamp, or `after:` another moment with a lag"
            scope.fail("TD2030", f"the rows of '{scope.table}' do not arrive in time by themselves", hint=hint)
        return Binding(pa.date32(), _to_array(_arrive(layout)), reach=None if layout.period is Period.HOUR else 0)

    def _bind_range(self, scope: Scope, start: date, end: date) -> Binding:
        first, size = (start - _EPOCH).days, (end - start).days
        if self.unique:
            number = scope.enumerate_rows(size)
            days: Days = lambda frame: number(frame) + first  # noqa: E731 - one of two ways, the same shape
        else:
            stream = scope.stream()
            days = lambda frame: below(stream.bits(frame.rows), size) + first  # noqa: E731 - as above
        fill = _to_array(days)
        return Binding(pa.date32(), fill, minimum=start, maximum=end - timedelta(days=1), distinct=self.unique)

    def _bind_of(self, scope: Scope, name: str) -> Binding:
        base = scope.column(name, "of")
        if not pa.types.is_timestamp(base.type):
            scope.fail("TD2026", f"'{name}' is no timestamp", "of", hint="name a column of kind timestamp")
        return Binding(
            pa.date32(), _to_array(lambda frame: _days_of(frame, name), name), base.nullable, reach=_reach(scope, base)
        )

    def _bind_after(self, scope: Scope, name: str, lag: Lag) -> Binding:
        base = scope.column(name, "after")
        if not (pa.types.is_timestamp(base.type) or pa.types.is_date32(base.type)):
            scope.fail("TD2026", f"'{name}' is no moment", "after", hint="name a timestamp or a date")
        lag.check(scope, "lag")
        draw = _draw_days(lag, scope.stream("lag"))
        if lag.unit == "business_days":
            business = find_business_days(lag.holidays)
            fill = _to_array(lambda frame: business.after(_days_of(frame, name), draw(frame)), name)
            reach = _reach(scope, base, (business.reach(lag.most) + 1) * DAY_US)
            return Binding(pa.date32(), fill, nullable=base.nullable, reach=reach)
        fill = _to_array(lambda frame: _days_of(frame, name) + draw(frame), name)
        reach = _reach(scope, base, lag.most)
        # Of a moment only the column's own ends would be known, whose days depend on the zone.
        ends = (base.minimum, base.maximum) if pa.types.is_date32(base.type) else (None, None)
        first, last = (_later(end, by) for end, by in zip(ends, (lag.min, lag.most), strict=True))
        return Binding(pa.date32(), fill, nullable=base.nullable, minimum=first, maximum=last, reach=reach)


def _later(day: date | None, micros: int) -> date | None:
    """The day after a time has passed; None where there is no day, and beyond the year 9999."""
    try:
        return None if day is None else day + timedelta(microseconds=micros)
    except OverflowError:
        return None


def _reach(scope: Scope, base: Binding, lag: int = 0) -> int | None:
    """None among hours: the day of a moment begins before the moment's hour."""
    return None if base.reach is None or scope.relation.layout.period is Period.HOUR else base.reach + lag


def _to_array(days: Days, source: str = "") -> Callable[[Frame], pa.Array]:
    """date32 from days since 1970, null where the source column is."""

    def fill(frame: Frame) -> pa.Array:
        array = wrap(days(frame).astype(np.int32), pa.date32())
        cells = frame.column(source) if source else None
        return set_null(array, is_null(cells)) if cells is not None and cells.null_count else array

    return fill


def _days_of(frame: Frame, name: str) -> np.ndarray:
    cells = frame.column(name)
    values = unwrap(cells).astype(np.int64)
    return values if pa.types.is_date32(cells.type) else values // DAY_US


def _draw_days(lag: Lag, stream: Stream) -> Days:
    if lag.unit == "business_days":
        return lag.draw(stream)
    least, width = lag.min // DAY_US, (lag.most - lag.min) // DAY_US
    if lag.distribution == "lognormal":
        days = sample_units(Lognormal((lag.median or DAY_US) / DAY_US, lag.sigma), least, least + width, 1)
        return lambda frame: days.draw(stream.bits(frame.rows))
    if lag.distribution == "uniform":
        return lambda frame: below(stream.bits(frame.rows), width + 1) + least
    sampler = sample_units(Exponential(((lag.mean or 0) - lag.min) / DAY_US), 0, width, 1)
    return lambda frame: sampler.draw(stream.bits(frame.rows)) + least


def _arrive(layout: PeriodLayout) -> Days:
    """The partition's day. Longer partitions, and the initial population, are filled in the order of arrival."""
    clock = layout.clock
    per_day = {Period.DAY: 1, Period.HOUR: _HOURS_A_DAY}.get(clock.period, 0)

    def arrive(frame: Frame) -> np.ndarray:
        partition = frame.rows.partitions
        spread = np.flatnonzero(partition == INITIAL) if per_day else np.arange(len(frame))
        days = partition // per_day if per_day else partition.copy()
        if len(spread):
            rows = frame.rows.take(spread)
            count = np.maximum(clock.count(rows.partitions), 1)
            days[spread] = clock.moment(rows.partition, (rows.ordinal + 0.5) / count, None) // DAY_US
        return days

    return arrive

"""Moments: when a row arrived, a moment in a range, or some time after another moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from tempdata_dagster.core.partition import HOUR_US, Period, start_of
from tempdata_dagster.engine.addresses import INITIAL
from tempdata_dagster.engine.arrays import is_null, set_null, unwrap, wrap
from tempdata_dagster.engine.calendar import Pattern
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import GridLayout, PeriodLayout
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import to_unit
from tempdata_dagster.engine.timing.business import Business
from tempdata_dagster.engine.timing.lags import Lag
from tempdata_dagster.engine.timing.office import Office, bind_office, bind_zone
from tempdata_dagster.engine.timing.zones import LocalHours, find_zone
from tempdata_dagster.engine.types import TIMESTAMP
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.rows import PeriodRows
from tempdata_dagster.spec.values import Duration, Hours, Identifier

DAY_US = 86_400_000_000
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def to_micros(moment: date | datetime | str) -> int:
    """Microseconds since 1970 of a moment; without a zone it is UTC.

    Raises:
        ValueError: It is no date or time, or lies outside the years 1 to 9999.
    """
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if not isinstance(moment, date):
        raise ValueError(f"'{str(moment)[:40]}' is no moment: write a date or an ISO time")
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - the zone is set next
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if not _FIRST <= aware <= _LAST:
        raise ValueError("a moment lies between 0001-01-02 and 9999-12-30")
    whole = int((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1)
    return whole * 1_000_000 + aware.microsecond


@KINDS.register("timestamp")
class Timestamp(Kind):
    """A moment in UTC.

    In a partitioned table it is the moment of arrival (in order, by the hours' pattern), in a grid table that of the grid;
    elsewhere it lies between `start` and `end`, or a lag after another moment. With a `zone`, hours are those of its clocks,
    daylight saving included. With `business` it lies in opening hours, and a lag counts these only.

    Example: {kind: timestamp, start: 2024-01-01, end: 2025-01-01}
    """

    start: Any = Field(default=None, description="first moment, a date or an ISO time")
    end: Any = Field(default=None, description="end of the range, not included")
    hours: Hours | None = None
    after: Identifier | None = Field(default=None, description="a moment of this table that this one follows")
    lag: Lag | None = None
    zone: str | None = Field(
        default=None, max_length=60, description="IANA time zone of the hours, such as Europe/Berlin"
    )
    business: Business | None = Field(
        default=None, description="opening hours, such as {open: 9, close: 17, holidays: US}"
    )
    precision: Duration = Field(default=1_000, ge=1, le=3_600_000_000)

    @field_validator("start", "end")
    @classmethod
    def _moment(cls, value: Any) -> Any:
        if value is not None:
            to_micros(value)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Timestamp:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end go together")
        if self.start is not None and to_micros(self.end) <= to_micros(self.start):
            raise ValueError("end is not after start")
        if (self.after is None) != (self.lag is None):
            raise ValueError("after and lag go together")
        if self.after is not None and self.start is not None:
            raise ValueError("a moment has a start and an end, or follows another, not both")
        in_days = self.lag is not None and self.lag.unit == "business_days"
        if self.zone is not None and (self.start or self.after) and not self.business and not in_days:
            raise ValueError("the zone of a moment that does not arrive needs `business`, or a lag in business days")
        return self

    def find_hours(self, rows: object) -> Pattern:
        """The pattern by which rows of a table arrive by this column; None for that of the table."""
        zone = find_zone(self.zone) if self.zone else None
        if zone is None or not isinstance(rows, PeriodRows):
            return self.hours
        return LocalHours(zone, self.hours or rows.hours)

    def bind(self, scope: Scope) -> Binding:
        """Microseconds by one of the four ways."""
        if self.after:
            return self._bind_after(scope, self.after)
        layout = scope.relation.layout
        if self.start is None and isinstance(layout, PeriodLayout):
            scope.rows_of(scope.table)
            bind_zone(scope, self.zone)
            if self.business:
                hint = "write `hours` here, and `weekday` and `holidays` beside the `rows`"
                scope.fail("TD2082", "rows arrive when their table says, not in business hours", "business", hint=hint)
            return self._finish(self._arrive(scope, layout), layout.clock.period)
        if self.start is None and isinstance(layout, GridLayout):
            scope.rows_of(scope.table)
            return self._finish(lambda frame: layout.moment(frame.rows), layout.period)
        if self.start is None:
            hint = "give start and end, or `after:` another moment with a lag"
            scope.fail("TD2030", f"the rows of '{scope.table}' do not arrive in time by themselves", hint=hint)
        return self._bind_range(scope)

    def _finish(self, micros: Callable[[Frame], np.ndarray], period: Period) -> Binding:
        """Rounded down to the precision, but not to before the partition."""
        exact = HOUR_US % self.precision == 0

        def fill(frame: Frame) -> pa.Array:
            moments = micros(frame) // self.precision * self.precision
            if not exact:
                partition = frame.rows.partitions
                begin = start_of(period, np.where(partition == INITIAL, 0, partition))
                moments = np.where(partition == INITIAL, moments, np.maximum(moments, begin))
            return wrap(moments, TIMESTAMP)

        return Binding(TIMESTAMP, fill, reach=0)

    def _bind_range(self, scope: Scope) -> Binding:
        first, last = to_micros(self.start), to_micros(self.end)
        steps = max((last - first) // self.precision, 1)
        stream = scope.stream()
        if self.business:
            return self._bind_open(scope, bind_office(scope, self.zone, self.business), (first, last))
        number = scope.enumerate_rows(steps) if self.unique else None

        def fill(frame: Frame) -> pa.Array:
            step = number(frame) if number else (to_unit(stream.bits(frame.rows)) * steps).astype(np.int64)
            return wrap(first + step * self.precision, TIMESTAMP)

        low = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=first)
        return Binding(TIMESTAMP, fill, minimum=low, distinct=self.unique)

    def _bind_open(self, scope: Scope, office: Office, ends: tuple[int, int]) -> Binding:
        """Evenly in the opening hours between two moments."""
        begin, end = (int(office.until(np.array([one]))[0]) for one in ends)
        if end <= begin:
            scope.fail("TD2082", "the business is never open from start to end", "business", hint="widen the range")
        stream = scope.stream()

        def fill(frame: Frame) -> pa.Array:
            opened = begin + (to_unit(stream.bits(frame.rows)) * (end - begin)).astype(np.int64)
            # Rounding down may leave the opening hours by less than the precision, but not the range.
            moments = np.maximum(office.moment(opened) // self.precision * self.precision, ends[0])
            return wrap(moments, TIMESTAMP)

        return Binding(TIMESTAMP, fill, minimum=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ends[0]))

    def _arrive(self, scope: Scope, layout: PeriodLayout) -> Callable[[Frame], np.ndarray]:
        """The i-th of n rows arrives at the (i + u) / n quantile of the partition's intensity, so rows are in order."""
        stream, clock = scope.stream(), layout.clock
        hours = self.find_hours(scope.spec.rows)

        def arrive(frame: Frame) -> np.ndarray:
            rows = frame.rows
            known = rows.partition if isinstance(rows.partition, np.ndarray) else np.array([rows.partition])
            count = np.maximum(clock.count(known), 1)
            share = (rows.ordinal + to_unit(stream.bits(rows))) / count
            return clock.moment(rows.partition, np.minimum(share, 1 - 2.0**-53), hours)

        return arrive

    def _bind_after(self, scope: Scope, name: str) -> Binding:
        base = scope.column(name, "after")
        if not (pa.types.is_timestamp(base.type) or pa.types.is_date32(base.type)):
            scope.fail("TD2026", f"'{name}' is no moment", "after", hint="name a timestamp or a date")
        lag = self.lag or Lag(max=0)
        lag.check(scope, "lag")
        office = bind_office(scope, self.zone, self.business) if self._needs_office(lag) else None
        draw, is_date = lag.draw(scope.stream("lag")), pa.types.is_date32(base.type)
        of_day = office.bind_time_of_day(scope.stream("time"), self.hours) if office else None

        def fill(frame: Frame) -> pa.Array:
            cells = frame.column(name)
            begin = unwrap(cells).astype(np.int64) * (DAY_US if is_date else 1)
            later = draw(frame)
            if office is None:
                moments = begin + later
            elif lag.unit == "time":
                moments = office.moment(office.until(begin) + later)
            else:
                moments = office.after(begin, later, of_day(frame) if of_day else None, lag.holidays)
            # Rounding down to the precision never goes back before the moment that this one follows.
            moments = np.maximum(moments // self.precision * self.precision, begin)
            array = wrap(moments, TIMESTAMP)
            return set_null(array, is_null(cells)) if cells.null_count else array

        longest = lag.most if office is None else office.reach(lag.most, lag.unit, lag.holidays)
        reach = None if base.reach is None else base.reach + longest
        return Binding(TIMESTAMP, fill, nullable=base.nullable, reach=reach)

    def _needs_office(self, lag: Lag) -> bool:
        return self.business is not None or lag.unit == "business_days"

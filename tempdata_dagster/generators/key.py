"""Keys: text with a prefix, or whole numbers, straight from the row's address."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.partition import Period, start_of
from tempdata_dagster.engine.addresses import INITIAL, Addresses
from tempdata_dagster.engine.arrays import from_matrix, wrap, write_digits
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS

_DATE_DIGITS = {Period.HOUR: 10, Period.DAY: 8, Period.WEEK: 8, Period.MONTH: 6}
_WIDTH = {True: 9, False: 7}
_INT64_DIGITS = 18


@KINDS.register("key")
class Key(Kind):
    """The row's own key: `P000000042`, or for a partitioned table the partition's date and a number, `O202601310000042`.

    Without a prefix and a width the key is a whole number. The initial population's date is all zeros.

    Example: {kind: key, prefix: P}
    """

    prefix: str = Field(default="", max_length=20, pattern=r"^[^\x00-\x1f]*$")
    width: int | None = Field(default=None, ge=1, le=20, description="least digits of the number")
    start: int = Field(default=1, ge=0, le=10**12, description="the number of the first row")

    def bind(self, scope: Scope) -> Binding:
        """Digits of the ordinal, after those of the partition."""
        layout = scope.rows_of(scope.table).layout
        need = len(str((1 << layout.capacity_bits()) + self.start))
        period = layout.period
        text = bool(self.prefix) or self.width is not None
        width = max(self.width or _WIDTH[period is None], need)
        dates = _DATE_DIGITS[period] if period else 0
        if text:
            fill = self._text(dates, width, period)
            pattern = f"{_escape(self.prefix)}[0-9]{{{dates + width}}}"
            return Binding(pa.string(), fill, pattern=pattern, distinct=True)
        if period and dates + need > _INT64_DIGITS:
            hint = "give the key a prefix, so that it is text"
            scope.fail("TD2020", f"whole-number keys of '{scope.table}' do not fit 64 bits", hint=hint)
        return Binding(pa.int64(), self._number(need, period), minimum=self.start, distinct=True)

    def _text(self, dates: int, width: int, period: Period | None) -> Callable[[Frame], pa.Array]:
        prefix = np.frombuffer(self.prefix.encode(), dtype=np.uint8)

        def fill(frame: Frame) -> pa.Array:
            characters = np.empty((len(frame), len(prefix) + dates + width), dtype=np.uint8)
            characters[:, : len(prefix)] = prefix
            if period:
                rows = frame.rows
                # One partition has one stamp: a single row of digits is repeated by the assignment.
                some = rows if isinstance(rows.partition, np.ndarray) else rows.take(np.arange(min(len(rows), 1)))
                stamps = np.empty((len(some), dates), dtype=np.uint8)
                write_digits(stamps, date_numbers(period, some))
                characters[:, len(prefix) : len(prefix) + dates] = stamps
            write_digits(characters[:, len(prefix) + dates :], frame.rows.ordinal + self.start)
            return from_matrix(characters)

        return fill

    def _number(self, width: int, period: Period | None) -> Callable[[Frame], pa.Array]:
        def fill(frame: Frame) -> pa.Array:
            number = frame.rows.ordinal + self.start
            if period:
                number = number + date_numbers(period, frame.rows) * 10**width
            return wrap(number, pa.int64())

        return fill


def date_numbers(period: Period, rows: Addresses) -> np.ndarray:
    """Each row's partition as a number such as 20260131 (2026013105 for hours, 202601 for months); 0 when initial."""
    partition = np.asarray(rows.partition)
    days = start_of(period, np.where(partition == INITIAL, 0, partition)).astype("datetime64[us]")
    months = days.astype("datetime64[M]").astype(np.int64)
    number = (months // 12 + 1970) * 100 + months % 12 + 1
    if period is not Period.MONTH:
        in_month = days.astype("datetime64[D]") - days.astype("datetime64[M]").astype("datetime64[D]")
        number = number * 100 + in_month.astype(np.int64) + 1
    if period is Period.HOUR:
        number = number * 100 + days.astype("datetime64[h]").astype(np.int64) % 24
    return np.broadcast_to(np.where(partition == INITIAL, 0, number), rows.ordinal.shape)


def _escape(text: str) -> str:
    return "".join(c if c.isalnum() or c in "_ " or not c.isascii() else "\\" + c for c in text)

"""Days, clock times and moments as ISO 8601 text, all of one width: digits are looked up, for many rows at a time.

Moments with a zone are written in UTC and end in `Z`: the moment is what Arrow keeps, and a zone's own offset cannot say it
for all years. The fraction has as many digits as the type's unit: none, 3, 6 or 9.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa

from tempdata_dagster.publish.formats.rows import fixed_texts

FRACTION_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
# 0001-01-01 and 9999-12-31 in days since 1970: what four digits of a year can say.
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
_DAY_SECONDS = 86_400
# 1900-01-01 to 2099-12-31, of which a table is kept.
_TABLE_FIRST, _TABLE_DAYS = -25_567, 73_049


def time_texts(cells: pa.Array, between: str = "T", zone: str = "Z") -> pa.Array:
    """Text of days, clock times or moments; null stays null.

    Args:
        cells: Of a date, time or timestamp type.
        between: The letter between a moment's day and its clock time.
        zone: What ends a moment of a type with a zone.

    Raises:
        ValueError: A day is outside of the years 1 to 9999: `out_of_years` tells which.
    """
    kind = cells.type
    valid = ~cells.is_null().to_numpy(zero_copy_only=False) if cells.null_count else None
    if pa.types.is_date(kind):
        days = cells.cast(pa.date32()) if pa.types.is_date64(kind) else cells
        letters = np.empty((len(cells), 10), np.uint8)
        _put_days(letters, _whole(days, np.int32).astype(np.int64))
        return fixed_texts(letters, valid)
    if pa.types.is_time(kind):
        ticks = _whole(cells, np.int32 if kind.bit_width == 32 else np.int64).astype(np.int64)
        digits = FRACTION_DIGITS[kind.unit]
        letters = np.empty((len(cells), _clock_width(digits)), np.uint8)
        _put_clock(letters, 0, ticks, digits)
        return fixed_texts(letters, valid)
    digits = FRACTION_DIGITS[kind.unit]
    digits = FRACTION_DIGITS[kind.unit]
    days, ticks = _divide(_whole(cells, np.int64), _DAY_SECONDS * 10**digits)
    end = zone.encode() if kind.tz else b""
    letters = np.empty((len(cells), 11 + _clock_width(digits) + len(end)), np.uint8)
    _put_days(letters, days)
    letters[:, 10] = ord(between)
    _put_clock(letters, 11, ticks, digits)
    if end:
        letters[:, -len(end) :] = np.frombuffer(end, np.uint8)
    return fixed_texts(letters, valid)


def out_of_years(cells: pa.Array) -> np.ndarray:
    """Which days and moments lie outside of the years 1 to 9999; none of a time."""
    kind = cells.type
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return np.zeros(len(cells), bool)
    if pa.types.is_timestamp(kind):
        days = _whole(cells, np.int64) // (_DAY_SECONDS * 10 ** FRACTION_DIGITS[kind.unit])
    else:
        days = _whole(cells.cast(pa.date32()), np.int32)
    outside: np.ndarray = (days < FIRST_DAY) | (days > LAST_DAY)
    return outside


def _whole(cells: pa.Array, kind: type[np.integer]) -> np.ndarray:
    """The whole numbers behind the cells; 0 for nulls, under which anything may lie."""
    held: np.ndarray = np.frombuffer(cells.buffers()[1] or b"", kind)
    numbers = held[cells.offset : cells.offset + len(cells)]
    if not cells.null_count:
        return numbers
    filled: np.ndarray = np.where(cells.is_null().to_numpy(zero_copy_only=False), 0, numbers)
    return filled


def _divide(numbers: np.ndarray, by: int) -> tuple[np.ndarray, np.ndarray]:
    """Quotient, rounded down, and remainder. numpy divides by one number quickly, but not when it is asked for both."""
    quotients = numbers // by
    rest = quotients * by
    return quotients, np.subtract(numbers, rest, out=rest)


def _clock_width(digits: int) -> int:
    return 9 + digits if digits else 8


def _put(letters: np.ndarray, place: int, texts: np.ndarray) -> None:
    """Write texts of 1, 2, 4 or 8 letters, each of them one whole number to numpy: many times as fast as letter by letter."""
    rows, width = letters.shape
    column = np.ndarray(rows, texts.dtype, letters.data, place, (width,)) if rows else texts
    column[:] = texts


def _put_days(letters: np.ndarray, days: np.ndarray) -> None:
    if not len(days):
        return
    first, last = int(days.min()), int(days.max())
    if first < FIRST_DAY or last > LAST_DAY:
        raise ValueError("a day is outside of the years 1 to 9999")
    if first >= _TABLE_FIRST and last < _TABLE_FIRST + _TABLE_DAYS:
        years_months, in_month = _days()
        _put(letters, 0, years_months[days - _TABLE_FIRST])
        _put(letters, 8, in_month[days - _TABLE_FIRST])
    else:
        letters[:, :10] = _spell_days(days)


@lru_cache(maxsize=1)
def _days() -> tuple[np.ndarray, np.ndarray]:
    """The days of two centuries: their first 8 letters and their last 2, as one number each."""
    spelled = _spell_days(np.arange(_TABLE_FIRST, _TABLE_FIRST + _TABLE_DAYS))
    parts = (np.ascontiguousarray(spelled[:, :8]).view(np.uint64), np.ascontiguousarray(spelled[:, 8:]).view(np.uint16))
    return parts[0].reshape(-1), parts[1].reshape(-1)


def _spell_days(days: np.ndarray) -> np.ndarray:
    dates = days.astype("datetime64[D]")
    years, months = dates.astype("datetime64[Y]"), dates.astype("datetime64[M]")
    letters = np.full((len(days), 10), ord("-"), np.uint8)
    letters[:, :4] = _numbers(4)[years.astype(np.int64) + 1970]
    letters[:, 5:7] = _numbers(2)[(months - years).astype(np.int64) + 1]
    letters[:, 8:] = _numbers(2)[(dates - months).astype(np.int64) + 1]
    return letters


def _put_clock(letters: np.ndarray, place: int, ticks: np.ndarray, digits: int) -> None:
    seconds, fractions = _divide(ticks, 10**digits) if digits else (ticks, ticks)
    _put(letters, place, _clocks()[seconds])
    if digits:
        letters[:, place + 8] = ord(".")
    place, left = place + 9, digits
    while left:
        width = min(4, left) if left != 3 else 2
        left -= width
        part, fractions = _divide(fractions, 10**left) if left else (fractions, fractions)
        _put(letters, place, _numbers(width).view({1: np.uint8, 2: np.uint16, 4: np.uint32}[width]).reshape(-1)[part])
        place += width


@lru_cache(maxsize=4)
def _numbers(digits: int) -> np.ndarray:
    """The letters of all numbers of so many digits."""
    numbers = np.arange(10**digits)[:, None] // 10 ** np.arange(digits)[::-1] % 10 + ord("0")
    return numbers.astype(np.uint8)


@lru_cache(maxsize=1)
def _clocks() -> np.ndarray:
    """All seconds of a day, 8 letters each, as one number."""
    seconds = np.arange(_DAY_SECONDS)
    letters = np.full((_DAY_SECONDS, 8), ord(":"), np.uint8)
    for place, number in ((0, seconds // 3600), (3, seconds // 60 % 60), (6, seconds % 60)):
        letters[:, place : place + 2] = _numbers(2)[number]
    return letters.view(np.uint64).reshape(-1)

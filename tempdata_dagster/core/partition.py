"""Partitions in time: ordinals since 1970, keys as Dagster writes them, bounds, and Hive folders.

Ordinals: hours and days since 1970-01-01T00:00Z; weeks (Monday first) since Monday 1970-01-05, which is week 0; months
since January 1970. All partitions are cut in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import numpy as np

from tempdata_dagster.core.errors import InputError

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
WEEK_US = 7 * DAY_US
_FIRST_MONDAY_US = 4 * DAY_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMATS = {"hour": "%Y-%m-%d-%H:%M", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m-%d"}
_FOLDERS = {"hour": "date=%Y-%m-%d/hour=%H", "day": "date=%Y-%m-%d", "week": "week=%Y-%m-%d", "month": "month=%Y-%m"}


class Period(StrEnum):
    """The length of a partition."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def start_of(period: Period, ordinal: np.ndarray | int) -> np.ndarray:
    """First microsecond (since 1970, UTC) of each partition; `start_of(p, n + 1)` is its end."""
    number = np.asarray(ordinal, dtype=np.int64)
    if period is Period.HOUR:
        return number * HOUR_US
    if period is Period.DAY:
        return number * DAY_US
    if period is Period.WEEK:
        return number * WEEK_US + _FIRST_MONDAY_US
    return number.astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)


def ordinal_at(period: Period, micros: np.ndarray | int) -> np.ndarray:
    """The ordinal of the partition that holds each moment (microseconds since 1970, UTC)."""
    moment = np.asarray(micros, dtype=np.int64)
    # `//` rounds down, so that moments before 1970 get the partition that holds them, not the one after.
    if period is Period.HOUR:
        return moment // HOUR_US
    if period is Period.DAY:
        return moment // DAY_US
    if period is Period.WEEK:
        return (moment - _FIRST_MONDAY_US) // WEEK_US
    days = (moment // DAY_US).astype("datetime64[D]")
    return days.astype("datetime64[M]").astype(np.int64)


def datetime_of(period: Period, ordinal: int) -> datetime:
    """The first moment of a partition, with zone UTC."""
    return _EPOCH + timedelta(microseconds=int(start_of(period, ordinal)))


def key_of(period: Period, ordinal: int) -> str:
    """The partition's key, as Dagster's time-window partitions write it (`2026-01-31`, `2026-01-31-05:00`)."""
    return datetime_of(period, ordinal).strftime(_FORMATS[period])


def ordinal_of(period: Period, key: str) -> int:
    """The ordinal of a key.

    Raises:
        InputError: TD1003 when the key is no partition of this period.
    """
    try:
        moment = datetime.strptime(key, _FORMATS[period]).replace(tzinfo=UTC)
    except ValueError:
        raise InputError("TD1003", f"'{key[:40]}' is not a {period} partition", "write it as 2026-01-31") from None
    ordinal = int(ordinal_at(period, (moment - _EPOCH) // timedelta(microseconds=1)))
    # strptime takes `2026-1-5`, and any day of a week: one partition must have one key.
    if key_of(period, ordinal) != key:
        hint = f"the {period} that holds it is {key_of(period, ordinal)}"
        raise InputError("TD1003", f"'{key}' is not the first day of a {period}", hint)
    return ordinal


def first_ordinal(period: Period, start: date) -> int:
    """The first whole partition that begins at or after midnight of `start`."""
    micros = (datetime(start.year, start.month, start.day, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    ordinal = int(ordinal_at(period, micros))
    return ordinal if int(start_of(period, ordinal)) >= micros else ordinal + 1


def folder_of(period: Period | None, key: str | None) -> str:
    """The Hive folder of a partition within its table's folder; empty for a static table."""
    if period is None or key is None:
        return ""
    return datetime_of(period, ordinal_of(period, key)).strftime(_FOLDERS[period])


def folder_names(period: Period | None) -> tuple[str, ...]:
    """The names of the Hive levels, which no written column may bear."""
    return () if period is None else tuple(level.split("=")[0] for level in _FOLDERS[period].split("/"))

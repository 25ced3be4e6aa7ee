"""Local time: the offsets of a time zone as a table, and back."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from tempdata_dagster.core.partition import DAY_US, HOUR_US

QUARTER_US = HOUR_US // 4
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_EPOCH = _FIRST
_WEEK = timedelta(days=7)
_SECOND = timedelta(seconds=1)


class Zone:
    """A time zone from 1970 to 2100: daylight saving and all other changes, from the system's or tzdata's tables.

    Attributes:
        digest: Equal exactly when all offsets are.
    """

    def __init__(self, name: str) -> None:
        changes = _find_changes(ZoneInfo(name))
        self._at = np.array([at for at, _ in changes[1:]], dtype=np.int64)
        self._offset = np.array([offset for _, offset in changes], dtype=np.int64)
        # A wall-clock time that comes twice is the first of the two; one that never comes is moved on by the gap.
        self._wall = self._at + np.maximum(self._offset[1:], self._offset[:-1])
        self.digest = hashlib.blake2b(self._at.tobytes() + self._offset.tobytes(), digest_size=16).hexdigest()

    def to_local(self, micros: np.ndarray) -> np.ndarray:
        """Wall-clock microseconds since 1970 of moments in UTC."""
        return micros + self._offset[np.searchsorted(self._at, micros, side="right")]

    def to_utc(self, local: np.ndarray) -> np.ndarray:
        """Moments in UTC of wall-clock microseconds."""
        return local - self._offset[np.searchsorted(self._wall, local, side="right")]


@lru_cache(maxsize=64)
def find_zone(name: str) -> Zone | None:
    """A time zone by its IANA name; None if there is no such."""
    try:
        return Zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_names() -> list[str]:
    """All IANA names."""
    return sorted(available_timezones())


def _find_changes(zone: ZoneInfo) -> list[tuple[int, int]]:
    """Microseconds at which an offset begins, and the offset."""

    def offset_at(moment: datetime) -> timedelta:
        return moment.astimezone(zone).utcoffset() or timedelta()

    found, moment, offset = [(0, _micros(offset_at(_FIRST)))], _FIRST, offset_at(_FIRST)
    while moment < _LAST:
        following = moment + _WEEK
        if offset_at(following) != offset:
            low, high = moment, following
            while high - low > _SECOND:
                middle = low + (high - low) // 2
                low, high = (middle, high) if offset_at(middle) == offset else (low, middle)
            high = high.replace(microsecond=0)
            offset = offset_at(following)
            found.append((_micros(high - _EPOCH), _micros(offset)))
        moment = following
    return found


def _micros(time: timedelta) -> int:
    return time // timedelta(microseconds=1)


class LocalHours:
    """Weights of the hours of the day in local time.

    Args:
        zone: The zone.
        weights: 24 of them.
    """

    def __init__(self, zone: Zone, weights: tuple[float, ...]) -> None:
        self._zone, self._weights = zone, np.array(weights)

    def weigh(self, begin: int, end: int) -> np.ndarray:
        """The weights of the quarters of an hour from `begin` to `end` (UTC), float64."""
        local = self._zone.to_local(np.arange(begin, end, QUARTER_US))
        return np.asarray(self._weights[local % DAY_US // HOUR_US])

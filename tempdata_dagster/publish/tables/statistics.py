"""What Delta's log tells of a file beside its name, so that readers skip files that hold nothing for them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq

# Longer text takes more room in the log than skipping a file saves.
MAX_TEXT = 64
_MILLISECOND = timedelta(milliseconds=1)


def describe_columns(metadata: pq.FileMetaData) -> str:
    """The statistics of a Parquet file, in Delta's JSON: rows, and of plain columns the nulls and the ends of their range.

    Fractions have no range here: Parquet's leaves NaN out, which Delta takes for greater than all numbers.
    """
    nulls: dict[str, int] = {}
    ranges: dict[str, tuple[Any, Any] | None] = {}
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            found, name = column.statistics, column.path_in_schema
            # Of columns within others the path has points, which names have not.
            if found is None or "." in name:
                continue
            if found.has_null_count:
                nulls[name] = nulls.get(name, 0) + found.null_count
            bare = found.has_null_count and found.null_count == metadata.row_group(group).num_rows
            if not bare:
                ranges[name] = _join(ranges.get(name, ()), (found.min, found.max) if found.has_min_max else None)
    told = {name: ends for name, both in ranges.items() if both and (ends := _render(*both)) is not None}
    return json.dumps(
        {
            "numRecords": metadata.num_rows,
            "minValues": {name: ends[0] for name, ends in told.items()},
            "maxValues": {name: ends[1] for name, ends in told.items()},
            "nullCount": nulls,
        }
    )


def _join(one: tuple[Any, ...] | None, other: tuple[Any, Any] | None) -> tuple[Any, Any] | None:
    # A row group without a range leaves the whole column without one.
    if one is None or other is None:
        return None
    return (min(one[0], other[0]), max(one[1], other[1])) if one else other


def _render(least: Any, greatest: Any) -> tuple[Any, Any] | None:
    if isinstance(least, bool) or not isinstance(least, (int, str, date)):
        return None
    if isinstance(least, datetime):
        return _render_moments(least, greatest)
    if isinstance(least, date):
        return least.isoformat(), greatest.isoformat()
    if isinstance(least, str) and max(len(least), len(greatest)) > MAX_TEXT:
        return None
    return least, greatest


def _render_moments(least: datetime, greatest: datetime) -> tuple[str, str] | None:
    # Delta keeps milliseconds: what lies between two of them is rounded outwards.
    if greatest.microsecond % 1000:
        if greatest.replace(tzinfo=UTC) > datetime.max.replace(tzinfo=UTC) - _MILLISECOND:
            return None
        greatest += _MILLISECOND
    ends = [one.replace(microsecond=one.microsecond // 1000 * 1000) for one in (least, greatest)]
    zone = "Z" if least.tzinfo else ""
    plain = [(one.astimezone(UTC) if one.tzinfo else one).replace(tzinfo=None) for one in ends]
    return tuple(f"{one.isoformat(timespec='milliseconds')}{zone}" for one in plain)  # type: ignore[return-value]

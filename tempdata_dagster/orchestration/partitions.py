"""Partitions in Dagster's terms: definitions, the mappings of references, and runs of neighbouring keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import dagster as dg

from tempdata_dagster.core.partition import (
    DAY_US,
    HOUR_US,
    WEEK_US,
    Period,
    first_ordinal,
    key_of,
    ordinal_of,
)
from tempdata_dagster.spec.contract import ForeignKey

# The shortest month: counted in longer ones, a lag would reach back too few of them.
_LENGTHS = {Period.HOUR: HOUR_US, Period.DAY: DAY_US, Period.WEEK: WEEK_US, Period.MONTH: 28 * DAY_US}

# How far "every partition up to this one" reaches back. Dagster adds hours and days at once but walks weeks and months
# one by one, at 0.1 ms each, whenever it maps a partition; so their reach is 10 and 30 years, the others' 60.
_REACH = {Period.HOUR: 60 * 366 * 24, Period.DAY: 60 * 366, Period.WEEK: 10 * 53, Period.MONTH: 30 * 12}


def define_partitions(period: Period | None, start: date | None) -> dg.TimeWindowPartitionsDefinition | None:
    """The partitions of a table in UTC, with the keys of `core.partition.key_of`; None for a static table.

    Args:
        period: The partitions' length.
        start: The dataset's start; the first partition is the first whole one that begins at or after it.
    """
    if period is None or start is None:
        return None
    first = key_of(period, first_ordinal(period, start))
    if period is Period.HOUR:
        return dg.HourlyPartitionsDefinition(start_date=first)
    if period is Period.DAY:
        return dg.DailyPartitionsDefinition(start_date=first)
    if period is Period.WEEK:
        # Dagster's weeks begin on Sunday unless told otherwise.
        return dg.WeeklyPartitionsDefinition(start_date=first, day_offset=1)
    return dg.MonthlyPartitionsDefinition(start_date=first)


def map_partitions(
    child: Period | None, parent: Period | None, foreign_keys: Iterable[ForeignKey]
) -> dg.PartitionMapping | None:
    """Which partitions of a parent a partition of the child depends on.

    Args:
        child: The length of the child's partitions; None when it is static.
        parent: The length of the parent's partitions; None when it is static.
        foreign_keys: All the references between the two; the mapping covers the one that reaches back furthest.

    Returns:
        None when the parent is static: there is nothing to map.
    """
    if parent is None:
        return None
    if child is None:
        return dg.AllPartitionMapping()
    reach = max((_reach_of(child, key) for key in foreign_keys), default=0)
    # Before the dataset's start, and in a month that is not over, there is no parent partition to wait for.
    lenient = reach > 0 or child is not parent
    return dg.TimeWindowPartitionMapping(start_offset=-reach, allow_nonexistent_upstream_partitions=lenient)


def _reach_of(child: Period, key: ForeignKey) -> int:
    if key.as_of:
        return _REACH[child]
    # Rounded up: a lag of an hour may lead into the day before.
    return -(-key.lag // _LENGTHS[child])


def group_neighbours(period: Period, keys: Iterable[str]) -> list[tuple[str, str]]:
    """The first and last keys of each unbroken run of partitions, in order."""
    ordinals = sorted({ordinal_of(period, key) for key in keys})
    runs: list[list[int]] = []
    for ordinal in ordinals:
        if runs and ordinal == runs[-1][1] + 1:
            runs[-1][1] = ordinal
        else:
            runs.append([ordinal, ordinal])
    return [(key_of(period, first), key_of(period, last)) for first, last in runs]


def latest_keys(definition: dg.TimeWindowPartitionsDefinition, period: Period) -> Sequence[str]:
    """The partitions that a nightly refresh is about: the last complete one, or the hours of the last 24.

    The clock is the partition-loading context's, which a schedule sets to its tick.
    """
    if period is not Period.HOUR:
        last = definition.get_last_partition_key()
        return [last] if last else []
    return definition.get_partition_keys()[-24:]

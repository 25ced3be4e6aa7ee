from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import dagster as dg
import pytest

from tempdata_dagster.core.partition import Period, first_ordinal, key_of
from tempdata_dagster.orchestration.partitions import define_partitions, group_neighbours, latest_keys, map_partitions
from tempdata_dagster.spec.contract import ForeignKey

START = date(2026, 1, 1)  # a Thursday
NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
DAY_US = 86_400_000_000


def refer(*, as_of: bool = False, lag_days: float = 0) -> ForeignKey:
    return ForeignKey("fk", ("a",), "parent", ("a",), as_of=as_of, lag=round(lag_days * DAY_US))


def parents_of(child: Period, key: str, parent: Period, *keys: ForeignKey) -> Sequence[str]:
    mapping = map_partitions(child, parent, keys)
    below, above = define_partitions(child, START), define_partitions(parent, START)
    assert mapping is not None
    assert below is not None
    assert above is not None
    with dg.partition_loading_context(NOW):
        subset = below.subset_with_partition_keys([key])
        found = mapping.get_upstream_mapped_partitions_result_for_partitions(subset, below, above)
        assert not list(found.required_but_nonexistent_subset.get_partition_keys())
        return sorted(found.partitions_subset.get_partition_keys())


@pytest.mark.parametrize("period", list(Period))
@pytest.mark.parametrize("start", [date(2026, 1, 1), date(2026, 1, 5), date(2024, 2, 29), date(1970, 1, 1)])
def test_keys_are_those_of_the_lake(period: Period, start: date):
    definition = define_partitions(period, start)

    assert definition is not None
    with dg.partition_loading_context(NOW):
        first, last = definition.get_first_partition_key(), definition.get_last_partition_key()
        count = definition.get_num_partitions()
    ordinal = first_ordinal(period, start)
    assert first == key_of(period, ordinal)
    assert last == key_of(period, ordinal + count - 1)


def test_a_static_table_has_no_partitions():
    assert define_partitions(None, START) is None


@pytest.mark.parametrize(
    ("child", "key", "parent", "expected"),
    [
        (Period.DAY, "2026-01-05", Period.DAY, ["2026-01-05"]),
        (Period.HOUR, "2026-01-05-03:00", Period.DAY, ["2026-01-05"]),
        (Period.DAY, "2026-02-05", Period.MONTH, ["2026-02-01"]),
        (Period.WEEK, "2026-01-05", Period.DAY, [f"2026-01-{day:02}" for day in range(5, 12)]),
        (Period.DAY, "2026-01-02", Period.WEEK, []),  # the first whole week begins on the 5th
        (Period.DAY, "2026-03-05", Period.MONTH, []),  # March is not over
    ],
)
def test_an_ordinary_reference_maps_to_the_same_time(child: Period, key: str, parent: Period, expected: list[str]):
    assert parents_of(child, key, parent, refer()) == expected


@pytest.mark.parametrize(
    ("child", "key", "parent", "count"),
    [
        (Period.DAY, "2026-01-01", Period.DAY, 1),
        (Period.DAY, "2026-03-09", Period.DAY, 68),
        (Period.HOUR, "2026-01-02-00:00", Period.HOUR, 25),
        (Period.HOUR, "2026-01-02-00:00", Period.DAY, 2),
        (Period.MONTH, "2026-02-01", Period.MONTH, 2),
        (Period.WEEK, "2026-01-12", Period.WEEK, 2),
        (Period.DAY, "2026-02-28", Period.MONTH, 2),
    ],
)
def test_a_reference_as_of_maps_to_all_up_to_now(child: Period, key: str, parent: Period, count: int):
    keys = parents_of(child, key, parent, refer(as_of=True))

    assert len(keys) == count
    assert max(keys) <= key
    definition = define_partitions(parent, START)
    assert definition is not None
    assert min(keys) == definition.get_first_partition_key()


def test_a_lag_maps_to_the_days_before():
    assert parents_of(Period.DAY, "2026-01-10", Period.DAY, refer(lag_days=2)) == [
        "2026-01-08",
        "2026-01-09",
        "2026-01-10",
    ]


def test_a_lag_of_part_of_a_day_reaches_into_the_day_before():
    assert parents_of(Period.DAY, "2026-01-10", Period.DAY, refer(lag_days=0.1)) == ["2026-01-09", "2026-01-10"]


def test_a_lag_stops_at_the_first_partition():
    assert parents_of(Period.DAY, "2026-01-02", Period.DAY, refer(lag_days=30)) == ["2026-01-01", "2026-01-02"]


def test_two_references_map_to_the_wider():
    keys = parents_of(Period.DAY, "2026-01-10", Period.DAY, refer(), refer(lag_days=1))

    assert keys == ["2026-01-09", "2026-01-10"]


def test_static_tables_depend_on_everything_and_are_depended_on_plainly():
    assert isinstance(map_partitions(None, Period.DAY, [refer()]), dg.AllPartitionMapping)
    assert map_partitions(Period.DAY, None, [refer()]) is None
    assert map_partitions(None, None, [refer()]) is None


def test_neighbours_across_months_are_one_range():
    keys = ["2026-02-01", "2026-01-30", "2026-01-31", "2026-02-05"]

    assert group_neighbours(Period.DAY, keys) == [("2026-01-30", "2026-02-01"), ("2026-02-05", "2026-02-05")]


def test_neighbouring_months_and_hours():
    assert group_neighbours(Period.MONTH, ["2025-12-01", "2026-01-01"]) == [("2025-12-01", "2026-01-01")]
    assert group_neighbours(Period.HOUR, ["2026-01-01-23:00", "2026-01-02-00:00"]) == [
        ("2026-01-01-23:00", "2026-01-02-00:00")
    ]


@pytest.mark.parametrize(
    ("period", "expected"),
    [(Period.DAY, ["2026-03-09"]), (Period.WEEK, ["2026-03-02"]), (Period.MONTH, ["2026-02-01"])],
)
def test_the_nightly_partition_is_the_last_complete_one(period: Period, expected: list[str]):
    definition = define_partitions(period, START)
    assert definition is not None
    with dg.partition_loading_context(NOW):
        assert latest_keys(definition, period) == expected


def test_the_nightly_hours_are_those_of_the_last_day():
    definition = define_partitions(Period.HOUR, START)
    assert definition is not None
    with dg.partition_loading_context(NOW):
        keys = latest_keys(definition, Period.HOUR)

    assert (len(keys), keys[0], keys[-1]) == (24, "2026-03-09-02:00", "2026-03-10-01:00")

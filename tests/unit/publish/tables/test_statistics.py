from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from math import nan

import pyarrow as pa
import pyarrow.parquet as pq

from tempdata_dagster.publish.tables.statistics import describe_columns


def describe(table: pa.Table, **settings: object) -> dict:
    file = io.BytesIO()
    pq.write_table(table, file, store_schema=False, **settings)
    return json.loads(describe_columns(pq.read_metadata(file)))


def test_rows_nulls_and_ranges_of_all_row_groups():
    told = describe(pa.table({"n": [3, None, 1, 7], "t": ["b", "a", None, "c"]}), row_group_size=2)
    assert told == {
        "numRecords": 4, "minValues": {"n": 1, "t": "a"}, "maxValues": {"n": 7, "t": "c"}, "nullCount": {"n": 1, "t": 1},
    }  # fmt: skip


def test_moments_are_rounded_outwards_to_milliseconds():
    moments = [datetime(2026, 1, 1, 0, 0, 0, 1_500), datetime(2026, 1, 1, 0, 0, 0, 2_500)]  # noqa: DTZ001 - local time
    told = describe(pa.table({"ntz": moments, "utc": [moment.replace(tzinfo=UTC) for moment in moments]}))
    assert told["minValues"] == {"ntz": "2026-01-01T00:00:00.001", "utc": "2026-01-01T00:00:00.001Z"}
    assert told["maxValues"] == {"ntz": "2026-01-01T00:00:00.003", "utc": "2026-01-01T00:00:00.003Z"}


def test_the_last_moment_of_all_has_no_range_that_could_be_told():
    last = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    told = describe(pa.table({"at": [last], "day": [date(9999, 12, 31)]}))
    assert told["maxValues"] == {"day": "9999-12-31"}


def test_what_has_no_order_that_all_readers_share_has_no_range():
    told = describe(
        pa.table(
            {"f": [1.0, nan], "b": [True, False], "x": [b"a", b"b"], "long": ["a" * 65, "b"], "s": [{"n": 1}, None]}
        )
    )
    assert told["minValues"] == told["maxValues"] == {}
    assert told["nullCount"] == {"f": 0, "b": 0, "x": 0, "long": 0}


def test_a_row_group_of_nulls_does_not_narrow_the_range():
    told = describe(pa.table({"n": pa.array([None, None, 5, 6], pa.int64())}), row_group_size=2)
    assert (told["minValues"], told["maxValues"], told["nullCount"]) == ({"n": 5}, {"n": 6}, {"n": 2})


def test_a_file_without_rows():
    assert describe(pa.table({"n": pa.array([], pa.int64())}))["numRecords"] == 0

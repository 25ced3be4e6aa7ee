from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.checks.sample import sample_positions, sample_rows, to_frame


@given(st.integers(0, 100_000), st.integers(1, 5_000))
def test_one_row_of_each_stretch(rows, size) -> None:
    positions = sample_positions(rows, size)
    assert len(positions) == min(rows, size)
    assert np.all(np.diff(positions) > 0)
    if size < rows:
        stretch = np.searchsorted([number * rows // size for number in range(1, size)], positions, side="right")
        assert stretch.tolist() == list(range(size))


def test_the_positions_are_pinned() -> None:
    assert sample_positions(1_000, 8).tolist() == [19, 242, 262, 485, 584, 728, 827, 971]


def test_rows_with_a_period_are_sampled_evenly() -> None:
    counts = np.bincount(sample_positions(3_000_000, 30_000) % 3)
    assert np.all(np.abs(counts - 10_000) < 400)


def test_neither_files_nor_batches_show_in_a_sample(tmp_path) -> None:
    table = pa.table({"number": range(10_000), "other": range(10_000)})
    pq.write_table(table, tmp_path / "one.parquet", row_group_size=999)
    (tmp_path / "many").mkdir()
    for part in range(7):
        pq.write_table(table.slice(part * 1_500, 1_500), tmp_path / "many" / f"part-{part:05d}.parquet")
    expected = sample_positions(10_000, 1_000).tolist()
    for source in (tmp_path / "one.parquet", tmp_path / "many"):
        sample = sample_rows(ds.dataset(source), ["number"], 10_000, 1_000)
        assert sample.column_names == ["number"]
        assert sample["number"].to_pylist() == expected


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_few_rows_are_taken_whole(rows) -> None:
    table = pa.table({"number": pa.array(range(rows), pa.int64())})
    assert sample_rows(ds.dataset(table), ["number"], rows, 5).equals(table)


def test_a_frame_keeps_whole_numbers_whole_and_texts_plain() -> None:
    big = 2**53 + 1
    table = pa.table(
        {
            "number": pa.array([big, None], pa.int64()),
            "small": pa.array([1, None], pa.uint8()),
            "word": pa.array(["a", None]).dictionary_encode(),
            "money": pa.array(["1.10", "2.20"]).cast(pa.decimal128(12, 2)),
        }
    )
    frame = to_frame(table)
    assert frame["number"][0] == big
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "UInt8", "str", "float64"]
    assert frame["money"].tolist() == [1.1, 2.2]
    assert isinstance(frame.index, pd.RangeIndex)

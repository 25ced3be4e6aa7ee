from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from tempdata_dagster.core.content import hash_batches
from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.publish.formats import FORMATS
from tempdata_dagster.publish.formats.parquet import GROUP_ROWS, Parquet, dictionary_paths, leaf_paths


class Memory:
    def __init__(self):
        self.data = io.BytesIO()
        self.state = "open"

    def write(self, data):
        return self.data.write(data)

    def commit(self):
        self.state = "committed"

    def abort(self):
        self.state = "aborted"


def make_table(rows: int) -> pa.Table:
    numbers = np.arange(rows)
    return pa.table(
        {
            "n": numbers,
            "price": pa.array(numbers % 977).cast(pa.decimal128(20, 0)),
            "status": pa.array(["paid", "open", None]).take(pa.array(numbers % 3)).dictionary_encode(),
            "at": pa.array(numbers, pa.timestamp("us", "UTC")),
            "name": pa.array(["ann", "bob", "ünal"]).take(pa.array(numbers % 3)),
        }
    )


def write(table: pa.Table, cut: int, **options: object) -> tuple[Memory, object]:
    sink = Memory()
    written = Parquet(options).write(sink, table.schema, table.to_batches(max_chunksize=cut), {"fingerprint": "f1"})
    return sink, written


def test_the_bytes_do_not_know_how_rows_were_cut():
    table = make_table(GROUP_ROWS * 2 + 11)
    hashes = {write(table, cut)[1].checksum for cut in (4_096, 65_536, 99_991, len(table))}
    assert len(hashes) == 1


def test_dictionaries_that_differ_from_batch_to_batch_do_not_show():
    plain = pa.array([f"v{n % 50}" for n in range(400)])
    schema = pa.schema([("v", pa.dictionary(pa.int32(), pa.string()))])

    def batches(cut):
        return [pa.record_batch([plain.slice(n, cut).dictionary_encode()], schema) for n in range(0, 400, cut)]

    files = []
    for cut in (7, 100):
        sink = Memory()
        written = Parquet({}).write(sink, schema, batches(cut), {})
        files.append((written.checksum, written.content_hash))
        assert pq.read_table(sink.data)["v"].to_pylist() == plain.to_pylist()
    assert len(set(files)) == 1


@pytest.mark.parametrize("compression", ["snappy", "zstd", "lz4", "none"])
def test_what_was_written_is_what_is_told(compression):
    table = make_table(1000)
    sink, written = write(table, 100, compression=compression)
    data = sink.data.getvalue()
    assert sink.state == "committed"
    assert (written.rows, written.bytes) == (1000, len(data))
    assert written.checksum == xxhash.xxh3_128(data).hexdigest()
    assert written.content_hash == hash_batches(table.schema, table.to_batches())
    read = pq.read_table(io.BytesIO(data))
    assert read.equals(table)
    assert read.schema.equals(table.schema)
    assert hash_batches(read.schema, read.to_batches()) == written.content_hash


def test_the_footer_says_that_the_data_are_synthetic():
    metadata = pq.ParquetFile(write(make_table(1), 1)[0].data).metadata.metadata
    assert metadata[b"tempdata.synthetic"] == b"true"
    assert metadata[b"tempdata.fingerprint"] == b"f1"


def test_row_groups_have_a_fixed_number_of_rows():
    file = pq.ParquetFile(write(make_table(GROUP_ROWS + 5), 10_000)[0].data)
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [GROUP_ROWS, 5]


def test_a_failure_aborts_and_nothing_follows():
    sink = Memory()

    def batches():
        yield from make_table(GROUP_ROWS + 1).to_batches()
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        Parquet({}).write(sink, make_table(0).schema, batches(), {})
    assert sink.state == "aborted"
    length = len(sink.data.getvalue())
    import gc

    gc.collect()
    assert len(sink.data.getvalue()) == length
    with pytest.raises(pa.ArrowException):
        pq.ParquetFile(io.BytesIO(sink.data.getvalue()))


@pytest.mark.parametrize(
    ("batch", "wrong"),
    [
        ({"n": ["text"]}, "n string in place of n int64"),
        ({"m": [1]}, "m int64 in place of n int64"),
        ({"n": [1], "m": [1]}, "m int64 in place of no column"),
        ({}, "no column in place of n int64"),
        ({"n": [1, None]}, "cannot be written"),
    ],
)
def test_batches_that_do_not_fit_abort(batch, wrong):
    sink, schema = Memory(), pa.schema([pa.field("n", pa.int64(), nullable=False)])
    with pytest.raises(GenerationError, match=f"TD3025.*{wrong}"):
        Parquet({}).write(sink, schema, pa.table(batch).to_batches() or [pa.record_batch({})], {})
    assert sink.state == "aborted"


def test_nullability_is_taken_from_the_schema():
    sink, schema = Memory(), pa.schema([pa.field("n", pa.int64(), nullable=False)])
    Parquet({}).write(sink, schema, [pa.record_batch({"n": [1, 2]})], {})
    assert pq.read_schema(sink.data).field("n").nullable is False


def test_memory_does_not_grow_with_rows():
    batch = make_table(65_536).to_batches()[0]
    before = pa.total_allocated_bytes()
    peaks = []

    class Peak(Memory):
        def write(self, data):
            peaks.append(pa.total_allocated_bytes() - before)
            return len(data)

    for count in (8, 40):
        Parquet({}).write(Peak(), batch.schema, (batch for _ in range(count)), {})
        peaks.append(None)
    first, second = peaks[: peaks.index(None)], peaks[peaks.index(None) + 1 : -1]
    assert max(second) < 1.2 * max(first)


def test_nested_dictionaries_are_found():
    words = pa.dictionary(pa.int8(), pa.string())
    schema = pa.schema([("a", words), ("b", pa.struct([("c", words), ("d", pa.int8())])), ("e", pa.list_(words))])
    assert dictionary_paths(schema) == ["a", "b.c", "e.list.item"]


def test_parquet_is_registered():
    assert FORMATS.get("parquet") is Parquet


def test_columns_that_repeat_themselves_are_encoded_by_dictionary_and_text_without_order_has_no_extremes():
    rows = 10_000
    table = pa.table(
        {
            "key": [f"K{n:06d}" for n in range(rows)],
            "name": pa.array(["bob", "ann"] * (rows // 2)),
            "word": pa.array([f"{n * 7919 % rows:05d}" for n in range(rows)]),
            "day": pa.array(np.arange(rows, dtype=np.int32) % 300, pa.date32()),
            "amount": pa.array(range(rows)),
        }
    )
    group = pq.ParquetFile(write(table, 1_000)[0].data).metadata.row_group(0)
    columns = [group.column(index) for index in range(5)]
    assert [column.has_dictionary_page for column in columns] == [False, True, False, True, False]
    assert [column.is_stats_set for column in columns] == [True, False, False, True, True]
    assert columns[0].statistics.max == "K009999"


def test_text_that_no_codec_shortens_is_stored_as_it_is():
    rng = np.random.default_rng(1)
    noise = pa.array(
        rng.integers(0, 256, 5_000 * 24, dtype=np.uint8).tobytes().hex()[i : i + 48] for i in range(0, 240_000, 48)
    )
    table = pa.table(
        {"id": noise, "name": pa.array(["ann", "bob"] * 2_500), "amount": pa.array(range(5_000), pa.decimal128(12, 0))}
    )
    sink, _ = write(table, 100)
    group = pq.ParquetFile(sink.data).metadata.row_group(0)
    assert [group.column(index).compression for index in range(3)] == ["UNCOMPRESSED", "SNAPPY", "SNAPPY"]
    assert group.column(2).physical_type == "INT64"
    assert pq.read_table(sink.data).replace_schema_metadata().equals(table)
    sink, _ = write(table, 100, compression="zstd")
    assert pq.ParquetFile(sink.data).metadata.row_group(0).column(0).compression == "ZSTD"


def test_leaves_are_found_within_structs_lists_and_maps():
    point = pa.struct([("x", pa.int64()), ("tags", pa.list_(pa.string()))])
    table = pa.table(
        {
            "at": pa.array([{"x": 1, "tags": ["a"]}], point),
            "m": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
        }
    )
    assert len(leaf_paths(table.schema)) == 4
    sink, _ = write(table, 100)
    group = pq.ParquetFile(sink.data).metadata.row_group(0)
    assert {group.column(index).compression for index in range(4)} == {"SNAPPY"}
    assert pq.read_table(sink.data).to_pylist() == table.to_pylist()

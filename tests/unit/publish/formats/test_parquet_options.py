"""Each option of Parquet, as the footer tells it to a reader that is not Arrow's."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tempdata_dagster.core.errors import InputError
from tests.unit.publish.formats.files import File, differing
from tests.unit.publish.formats.rare import RARE
from tests.unit.publish.nasty import nasty_table, plain_table

CODECS = {
    "snappy": "SNAPPY",
    "zstd": "ZSTD",
    "lz4": "LZ4_RAW",
    "gzip": "GZIP",
    "brotli": "BROTLI",
    "none": "UNCOMPRESSED",
}


@pytest.fixture
def facts(tmp_path: Path):
    """What DuckDB finds in a file's footer: a dictionary for each column of each row group."""

    def find(file: File) -> list[dict[str, object]]:
        path = tmp_path / "part.parquet"
        path.write_bytes(file.data)
        return duckdb.sql(f"select * from parquet_metadata('{path}')").to_arrow_table().to_pylist()

    return find


def make_table() -> pa.Table:
    rows = 3_000
    return pa.table(
        {
            "n": pa.array(range(rows)),
            "word": pa.array(["red", "green", "blue"] * (rows // 3)),
            "text": pa.array([f"text {n * 7919 % rows}" for n in range(rows)]),
        }
    )


@pytest.mark.parametrize("compression", CODECS)
def test_compression(compression, facts):
    file = File("parquet", make_table(), compression=compression)
    assert {one["compression"] for one in facts(file)} == {CODECS[compression]}
    assert differing(file.read(), make_table()) == []


@pytest.mark.parametrize(("compression", "low", "high"), [("zstd", 1, 19), ("gzip", 1, 9), ("brotli", 0, 9)])
def test_compression_level(compression, low, high):
    words = ("order", "paid", "late", "customer", "refund", "parcel", "street", "return")
    texts = [" ".join(words[n * step % 61 % 8] for step in range(1, 30)) for n in range(4_000)]
    table = pa.table({"t": [f"{text} {n}" for n, text in enumerate(texts)]})
    sizes = [len(File("parquet", table, compression=compression, compression_level=one).data) for one in (low, high)]
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize(
    ("compression", "level"), [("zstd", 23), ("gzip", 0), ("brotli", 12), ("snappy", 1), ("none", 1)]
)
def test_levels_that_a_codec_has_not(compression, level):
    with pytest.raises(InputError, match=r"TD3004.*compression_level"):
        File("parquet", make_table(), compression=compression, compression_level=level)


def test_row_group_size(facts):
    rows = {
        one["row_group_id"]: one["row_group_num_rows"]
        for one in facts(File("parquet", make_table(), row_group_size=1_024))
    }
    assert rows == {0: 1_024, 1: 1_024, 2: 952}


@pytest.mark.parametrize(("dictionary", "encoded"), [("auto", {"word"}), ("none", set())])
def test_dictionary(dictionary, encoded, facts):
    found = facts(File("parquet", make_table(), dictionary=dictionary))
    assert {one["path_in_schema"] for one in found if "DICTIONARY" in str(one["encodings"])} == encoded


@pytest.mark.parametrize(("statistics", "told"), [("auto", {"n"}), ("all", {"n", "word", "text"}), ("none", set())])
def test_statistics(statistics, told, facts):
    found = facts(File("parquet", make_table(), statistics=statistics))
    assert {one["path_in_schema"] for one in found if one["stats_min_value"] is not None} == told


def test_page_checksums_find_a_flipped_bit():
    table = pa.table({"n": pa.array(range(5_000))})
    file = File("parquet", table, compression="none", page_checksums=True)
    data = bytearray(file.data)
    data[20_000] ^= 1
    with pytest.raises(pa.ArrowInvalid, match=r"(?i)checksum|crc"):
        file.read(bytes(data))
    silent = File("parquet", table, compression="none")
    changed = bytearray(silent.data)
    changed[20_000] ^= 1
    assert differing(silent.read(bytes(changed)), table) == ["n"]


def test_another_reader_finds_that_the_data_are_synthetic(tmp_path):
    path = tmp_path / "part.parquet"
    path.write_bytes(File("parquet", make_table()).data)
    found = duckdb.sql(f"select key, value from parquet_kv_metadata('{path}')").fetchall()
    assert {(b"tempdata.synthetic", b"true"), (b"tempdata.fingerprint", b"f1")} <= set(found)


def test_every_cell_of_the_nasty_table_comes_back():
    table = nasty_table()
    assert differing(File("parquet", table).read(), table) == []


@pytest.mark.parametrize("name", list(RARE))
def test_every_type_comes_back(name):
    assert differing(File("parquet", RARE[name]).read(), RARE[name]) == []


def test_duckdb_sees_the_same_cells(tmp_path):
    path = tmp_path / "part.parquet"
    table = plain_table(300)
    path.write_bytes(File("parquet", table).data)
    duckdb.sql("set timezone = 'UTC'")
    found = duckdb.sql(f"from '{path}'").to_arrow_table()
    for name in table.column_names:
        assert repr(found[name].to_pylist()) == repr(table[name].to_pylist()), name


def test_a_file_that_was_cut_off_is_damaged():
    file = File("parquet", plain_table(100))
    for size in (0, 4, 100, len(file.data) // 2, len(file.data) - 1):
        for call in (file.read, file.inspect):
            with pytest.raises(pa.ArrowInvalid):
                call(file.data[:size])
    assert pq.ParquetFile(pa.BufferReader(file.data)).metadata.num_rows == 100

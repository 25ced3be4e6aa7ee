from __future__ import annotations

import gzip
import io
import random

import pyarrow as pa
import pytest

from tempdata_dagster.publish.formats.compression import CompressedOptions, compress_to, decompress
from tempdata_dagster.publish.formats.output import Output

TEXT = "".join(f"row {n} of {n * 7919 % 104_729}\n" for n in range(60_000)).encode()


class Memory(io.BytesIO):
    def commit(self):
        pass

    def abort(self):
        pass


def compress(data: bytes, cut: int, **options: object) -> bytes:
    sink = Memory()
    output = Output(sink)
    stream = compress_to(output, CompressedOptions.model_validate(options))
    for start in range(0, len(data), cut):
        stream.write(memoryview(data)[start : start + cut])
    stream.close()
    assert output.size == len(sink.getvalue())
    return sink.getvalue()


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("data", [b"", b"x", TEXT])
def test_what_was_compressed_comes_back(compression, data):
    packed = compress(data, 65_536, compression=compression)
    assert decompress(io.BytesIO(packed), compression).read() == data
    assert compress(data, 65_536, compression=compression) == packed
    assert len(packed) < len(data) / 3 or compression == "none" or data != TEXT


def test_a_gzip_header_has_no_time_and_others_can_read_it():
    packed = compress(TEXT, 10_000, compression="gzip", gzip_level=9)
    assert packed[4:8] == bytes(4)
    assert gzip.decompress(packed) == TEXT
    assert len(packed) < len(compress(TEXT, 10_000, compression="gzip", gzip_level=1))


def test_zstd_is_one_frame_that_duckdb_reads(tmp_path):
    import duckdb

    path = tmp_path / "text.csv.zst"
    path.write_bytes(compress(TEXT, 10_000, compression="zstd"))
    rows = duckdb.sql(f"select count(*) from read_csv('{path}', header=false, columns={{'a': 'varchar'}})").fetchall()
    assert rows == [(60_000,)]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_file_that_was_cut_off_is_damaged(compression):
    packed = compress(TEXT, 65_536, compression=compression)
    for end in (0, 1, 5, 100, len(packed) // 2, len(packed) - 5, len(packed) - 1):
        with pytest.raises(pa.ArrowInvalid, match="damaged"):
            decompress(io.BytesIO(packed[:end]), compression).read()


def test_a_flipped_bit_in_gzip_is_found():
    packed = compress(TEXT, 65_536, compression="gzip")
    for place in random.Random(1).sample(range(10, len(packed)), 100):
        damaged = bytearray(packed)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(pa.ArrowInvalid, match="damaged"):
            decompress(io.BytesIO(bytes(damaged)), "gzip").read()


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_storage_that_fails_is_no_damaged_file(compression):
    class Failing(io.BytesIO):
        def read(self, size=-1):
            raise TimeoutError("the storage")

    with pytest.raises(TimeoutError, match="the storage"):
        decompress(Failing(), compression).read()

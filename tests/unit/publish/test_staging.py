from __future__ import annotations

import hashlib
import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import DataError, InputError, TerminalError
from tempdata_dagster.publish import PartitionFacts, stage_part
from tempdata_dagster.publish.formats.parquet import Parquet
from tempdata_dagster.publish.part import verify_staged


def stage_numbers(target, ref, run_id, index):
    batch = pa.record_batch({"n": [index * 10 + number for number in range(3)]})
    return stage_part(target, ref, run_id, index, batch.schema, [batch], {"fingerprint": "f"})


def test_parts_staged_in_other_processes_are_published_in_their_order(lake):
    with lake.target.stage(lake.ref(), "run-1") as staging:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            jobs = [pool.submit(stage_numbers, lake.target, lake.ref(), "run-1", index) for index in (2, 0, 1)]
            files = [job.result() for job in jobs]
        assert staging.files() == sorted(files, key=lambda file: file.index)
        assert staging.open().to_table()["n"].to_pylist() == [0, 1, 2, 10, 11, 12, 20, 21, 22]
        outcome = staging.publish(PartitionFacts())
    assert [file.rows for file in outcome.manifest.files] == [3, 3, 3]


def test_what_an_earlier_try_of_the_run_staged_is_not_published(lake):
    first = lake.target.stage(lake.ref(), "run-1")
    for index in range(3):
        first.write_part(index, lake.rows(0).schema, [lake.rows(2)])
    with lake.target.stage(lake.ref(), "run-1") as again:
        again.write_part(0, lake.rows(0).schema, [lake.rows(5)])
        assert again.publish(PartitionFacts()).manifest.rows == 5


def test_discarding_leaves_nothing(any_lake):
    with any_lake.target.stage(any_lake.ref()) as staging:
        staging.write_part(0, any_lake.rows(0).schema, [any_lake.rows(2)])
    assert any_lake.list_keys() == []


def test_rows_that_fail_half_way_leave_nothing(any_lake):
    def broken():
        yield any_lake.rows(1000)
        raise DataError("TD2001", "no more rows")

    staging = any_lake.target.stage(any_lake.ref())
    with pytest.raises(DataError, match="TD2001"):
        staging.write_part(0, any_lake.rows(0).schema, broken())
    assert any_lake.list_keys() == []


def test_an_upload_by_parts_that_fails_leaves_no_object_and_no_upload(s3_lake):
    schema = pa.schema([("b", pa.binary())])
    rng = random.Random(0)

    def broken():
        for _ in range(8):
            yield pa.record_batch([[rng.randbytes(1 << 20) for _ in range(8)]], schema)
        raise DataError("TD2001", "no more rows")

    options = {**s3_lake.target.options, "default_block_size": 5 << 20, "compression": "none"}
    target = type(s3_lake.target).open(s3_lake.target.url, options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parquet, "chunk_rows", 16)
        with pytest.raises(DataError, match="TD2001"):
            target.stage(s3_lake.ref()).write_part(0, schema, broken())
    bucket = target.url.removeprefix("s3://").partition("/")[0]
    assert target.store.fs.call_s3("list_multipart_uploads", Bucket=bucket).get("Uploads", []) == []
    assert s3_lake.list_keys() == []


@pytest.mark.parametrize("indices", [[], [1], [0, 2]])
def test_missing_parts_are_refused(lake, indices):
    staging = lake.target.stage(lake.ref())
    for index in indices:
        staging.write_part(index, lake.rows(0).schema, [])
    with pytest.raises(InputError, match="TD3023"):
        staging.publish(PartitionFacts())


def test_parts_of_different_schemas_are_refused(lake):
    staging = lake.target.stage(lake.ref())
    staging.write_part(0, lake.rows(0).schema, [])
    staging.write_part(1, pa.schema([("other", pa.int8())]), [])
    with pytest.raises(DataError, match="TD3024"):
        staging.publish(PartitionFacts())


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:9] + b"?" + data[10:], lambda data: b""])
def test_a_staged_file_that_is_not_what_was_written_is_found(lake, damage):
    schema, key = lake.rows(0).schema, f"{lake.ref().staging('run')}/part-00000.parquet"
    written = lake.target.format.write(lake.target.store.create(key), schema, [lake.rows(50)], {})
    path = lake.target.store.root / key
    whole = path.read_bytes()
    assert verify_staged(lake.target, key, written, schema) == hashlib.sha256(whole).hexdigest()
    path.write_bytes(damage(whole))
    with pytest.raises(TerminalError, match="TD3021"):
        verify_staged(lake.target, key, written, schema)

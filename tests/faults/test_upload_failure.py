"""Uploads by parts that fail at any request leave nothing: no object, and no parts that are paid for and seen by nobody."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from tempdata_dagster.core.errors import OutsideError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tests.faults.test_fault_proxy import MIB, WireFault, failing, upload
from tests.faults.writer import KEYS, publish_to

DATA = random.Random(2).randbytes(11 * MIB)
KEY = "_staging/run/retail/orders/static/part-00000.parquet"


def list_uploads(target: Target) -> list[str]:
    """The uploads that S3 keeps and is paid for."""
    bucket = target.store.path("").partition("/")[0]
    found = target.store.fs.call_s3("list_multipart_uploads", Bucket=bucket).get("Uploads", [])
    return [upload["Key"] for upload in found]


def list_blocks(target: Target) -> list[object]:
    """The blocks that Azure keeps and nobody has committed."""
    return target.store.on_blob(target.store.path(KEY), lambda blob: blob.get_block_list("all"))[1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["s3", "azure", "gcs"])
@pytest.mark.parametrize("wire", ["status_500", "reset", "lost_response"])
def test_an_upload_that_fails_at_any_request_is_given_up(kind, wire, new_lake):
    target = Target.open(*new_lake(kind))
    fault = WireFault(wire)
    failed = 0
    with failing(kind, target, fault, part_size="5MiB", retries=0) as lake:
        upload(lake, DATA)
        for at in range(1, len(fault.requests) + 1):
            target.store.delete([KEY])
            fault.at, fault.requests = at, []
            try:
                upload(lake, DATA)
            except OutsideError:
                failed += 1
                assert target.store.find(KEY) is None
            else:
                assert target.store.find(KEY).size == len(DATA)
            if kind == "s3":
                # An upload whose very beginning was not answered has a name that nobody knows: gc finds it by listing.
                left = target.store.sweep("_staging", datetime.now(UTC) + timedelta(minutes=1), dry_run=False)
                assert left == ([KEY] if wire == "lost_response" and at == 1 else [])
                assert list_uploads(target) == []
    # A connection that breaks is opened again by aiohttp itself, once, for requests that may be repeated.
    assert failed >= (3 if wire == "status_500" else 0)


@pytest.mark.parametrize("kind", ["s3", "azure", "gcs"])
def test_a_writer_that_fails_half_way_leaves_nothing(kind, new_lake):
    url, options = new_lake(kind)
    target = Target.open(url, {**options, "part_size": "5MiB"})
    sink = target.store.create(KEY)
    sink.write(DATA)
    upload = sink._upload
    assert upload is not None
    sink.abort()
    assert target.store.find(KEY) is None
    assert list(target.store.entries("")) == []
    if kind == "s3":
        assert list_uploads(target) == []
    if kind == "gcs":
        with pytest.raises(OutsideError):
            target.store.call("write", KEY, lambda: upload.send(2, 10 * MIB, b"more", last=True))
    if kind == "azure":
        # A block of a blob that is not there cannot be listed: it is, once another one is staged.
        target.store.on_blob(target.store.path(KEY), lambda blob: blob.stage_block(upload._name(7), b"x"))
        assert [block.id for block in list_blocks(target)] == [upload._name(7)]


def test_gc_gives_up_the_uploads_of_the_dead_and_of_nobody_else(new_lake):
    url, options = new_lake("s3")
    target = Target.open(url, options)
    publish_to(target, 0, KEYS[0])
    bucket = target.store.path("").partition("/")[0]
    for key in (f"lake/{KEY}", "lake/notes/mine.bin", f"elsewhere/{KEY}"):
        target.store.fs.call_s3("create_multipart_upload", Bucket=bucket, Key=key)
    # moto says of every upload that it was begun in 2010.
    assert gc(target, timedelta(days=10_000)) == []
    assert gc(target, timedelta(0), dry_run=True) == [target.store.uri(KEY)]
    assert len(list_uploads(target)) == 3
    assert gc(target, timedelta(0)) == [target.store.uri(KEY)]
    assert sorted(list_uploads(target)) == [f"elsewhere/{KEY}", "lake/notes/mine.bin"]

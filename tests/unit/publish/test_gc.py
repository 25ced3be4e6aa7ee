from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.manifest import encode_manifest
from tempdata_dagster.publish.verify import verify

NOW = timedelta(0)


def stage(lake, run="run-1"):
    lake.target.stage(lake.ref(), run).write_part(0, lake.rows(0).schema, [lake.rows(3)])


def test_stale_staging_goes_and_what_is_published_stays(any_lake):
    any_lake.publish([any_lake.rows(5)])
    published = any_lake.list_keys()
    stage(any_lake)
    removed = gc(any_lake.target, NOW)
    assert [uri.rpartition("/")[2] for uri in removed] == ["part-00000.note", "part-00000.parquet"]
    assert any_lake.list_keys() == published
    assert any_lake.numbers() == [0, 1, 2, 3, 4]


def test_nothing_younger_than_the_grace_goes(lake):
    stage(lake)
    before = lake.list_keys()
    assert gc(lake.target, timedelta(hours=1)) == []
    assert lake.list_keys() == before


def test_the_first_parts_of_a_long_run_stay_while_it_writes_others(lake):
    stage(lake)
    old = time.time() - 7200
    for path in lake.target.store.root.rglob("part-00000.*"):
        os.utime(path, (old, old))
    lake.target.store.create("_staging/run-1/retail/orders/2026-01-31/part-00001.parquet").commit()
    assert gc(lake.target, timedelta(hours=1)) == []


def test_a_dry_run_tells_and_removes_nothing(lake):
    lake.publish([lake.rows(5)])
    stage(lake)
    orphan = lake.target.store.root / "retail/orders/date=2026-01-31/part-00005.parquet"
    orphan.write_bytes(b"x")
    before = lake.list_keys()
    told = gc(lake.target, NOW, dry_run=True)
    assert lake.list_keys() == before
    assert gc(lake.target, NOW) == told
    assert len(told) == 3
    assert verify(lake.target) == []


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt", "orders.parquet", "retail/orders/date=2026-01-31/_SUCCESS", "retail/orders/readme.md",
        "retail/orders/date=2026-01-31/part-00000-c000.snappy.parquet", "retail/orders/region=x/part-00000.parquet",
        "other/orders/date=2026-01-31/part-00000.parquet", "_staging/mine/keep.me", "_staging/keep.me",
        "retail/_manifests/orders/notes.json", "retail/orders/date=2026-01-31/deeper/part-00000.parquet",
    ],
)  # fmt: skip
def test_what_publishing_cannot_have_written_stays(lake, name):
    lake.publish([lake.rows(5)])
    path = lake.target.store.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    assert gc(lake.target, NOW) == []
    assert path.read_text() == "mine"


def test_links_are_not_followed(lake, tmp_path):
    lake.publish([lake.rows(5)])
    outside = tmp_path / "outside"
    inner = outside / "retail" / "orders" / "2026-01-31"
    inner.mkdir(parents=True)
    (inner / "part-00000.parquet").write_text("mine")
    (lake.target.store.root / "_staging").mkdir(exist_ok=True)
    (lake.target.store.root / "_staging" / "run-9").symlink_to(outside)
    gc(lake.target, NOW)
    assert (inner / "part-00000.parquet").read_text() == "mine"


def test_locks_of_the_dead_go_and_held_ones_stay(lake):
    lake.publish([lake.rows(5)])
    store = lake.target.store
    dead = store.root / "_staging/_locks/retail.orders.2026-01-30"
    dead.parent.mkdir(parents=True)
    dead.write_bytes(b"")
    with store.exclusive(lake.ref().lock, 0):
        assert gc(lake.target, NOW) == [str(dead)]
        assert (store.root / lake.ref().lock).exists()


def test_an_interrupted_first_publication_is_taken_back(any_lake):
    manifest = any_lake.publish([any_lake.rows(5)]).manifest
    store = any_lake.target.store
    store.delete([*manifest.keys, manifest.ref.manifest])
    store.put(manifest.ref.pending, encode_manifest(manifest), None)
    assert [finding.kind for finding in verify(any_lake.target)] == ["unfinished"]
    gc(any_lake.target, NOW)
    assert any_lake.list_keys() == []


def test_an_interrupted_publication_is_completed(any_lake):
    manifest = any_lake.publish([any_lake.rows(5)]).manifest
    store = any_lake.target.store
    store.delete([manifest.ref.manifest])
    store.put(manifest.ref.pending, encode_manifest(manifest), None)
    gc(any_lake.target, NOW)
    assert verify(any_lake.target) == []
    assert any_lake.numbers() == [0, 1, 2, 3, 4]


def test_a_negative_grace_is_refused(lake):
    with pytest.raises(InputError, match="TD3004"):
        gc(lake.target, timedelta(seconds=-1))

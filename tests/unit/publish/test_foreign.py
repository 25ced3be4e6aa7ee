from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.manifest import encode_manifest
from tempdata_dagster.publish.verify import verify

FOLDER = "retail/orders/date=2026-01-31"
IN_THE_WAY = [
    f"{FOLDER}/part-00000.parquet", f"{FOLDER}/part-0.parquet", f"{FOLDER}/data.csv", f"{FOLDER}/readme.md",
    "retail/orders/orders.parquet", "retail/orders/region=north/data.parquet",
    "retail/orders/date=2026-02-01/part-00000.parquet", f"{FOLDER}/deeper/part-00000.parquet",
]  # fmt: skip
NOT_IN_THE_WAY = [
    f"{FOLDER}/_SUCCESS", f"{FOLDER}/.crc", "retail/orders/_delta_log/0.json", "retail/items/part-00000.parquet",
    "retail/readme.md", "other/orders/part-00000.parquet", f"{FOLDER}/part-00001-0a1b2c3d.parquet",
]  # fmt: skip


def put(lake, key: str, data: bytes = b"mine") -> None:
    sink = lake.target.store.create(key)
    sink.write(data)
    sink.commit()


def read(lake, key: str) -> bytes | None:
    blob = lake.target.store.read(key)
    return blob.data if blob else None


@pytest.mark.parametrize("key", IN_THE_WAY)
def test_what_others_have_put_there_is_in_the_way_of_the_first_partition(lake, key):
    put(lake, key)
    with pytest.raises(InputError, match=r"TD3026.*--overwrite") as raised:
        lake.publish([lake.rows(3)])
    assert key in str(raised.value)
    assert lake.list_keys() == [key]


@pytest.mark.parametrize("key", NOT_IN_THE_WAY)
def test_what_readers_of_the_table_do_not_see_is_not(lake, key):
    put(lake, key)
    assert lake.publish([lake.rows(3)]).removed == ()


@pytest.mark.parametrize("key", IN_THE_WAY)
def test_told_to_overwrite_just_that_goes(lake, key):
    for kept in (key, *NOT_IN_THE_WAY[:-1]):
        put(lake, kept)
    lake.target = lake.target.overwriting()
    assert lake.publish([lake.rows(3)]).removed == (lake.target.store.uri(key),)
    assert lake.numbers() == [0, 1, 2]
    assert read(lake, key) != b"mine"
    assert all(read(lake, kept) == b"mine" for kept in NOT_IN_THE_WAY[:-1])
    # Tables without any manifest are not ours, and yet hold files that bear our names.
    assert {finding.table for finding in verify(lake.target) if finding.dataset == "retail"} == {"items"}


def test_on_object_stores_as_well(any_lake):
    for key in IN_THE_WAY[:3]:
        put(any_lake, key)
    with pytest.raises(InputError, match=r"TD3026.*1 more"):
        any_lake.publish([any_lake.rows(3)])
    any_lake.target = any_lake.target.overwriting()
    assert len(any_lake.publish([any_lake.rows(3)]).removed) == 3
    assert any_lake.numbers() == [0, 1, 2]
    assert verify(any_lake.target) == []


def test_later_partitions_only_look_at_their_own_folder(lake):
    lake.publish([lake.rows(3)])
    put(lake, "retail/orders/orders.parquet")
    lake.publish([lake.rows(3)], ref=lake.ref("2026-02-01"))
    put(lake, "retail/orders/date=2026-02-02/data.parquet")
    with pytest.raises(InputError, match="TD3026"):
        lake.publish([lake.rows(3)], ref=lake.ref("2026-02-02"))
    # Where a manifest is, the folder is ours, and what came into it since is for `verify` to tell.
    put(lake, f"{FOLDER}/data.parquet")
    lake.publish([lake.rows(4)])
    assert [finding.kind for finding in verify(lake.target)] == ["foreign"] * 3


def test_a_lost_manifest_comes_back_by_publishing_the_same_and_is_told_from_a_strangers_file(lake):
    lake.publish([lake.rows(3)])
    lake.target.store.delete([lake.ref().manifest])
    assert [finding.kind for finding in verify(lake.target)] == ["no_manifest"]
    with pytest.raises(InputError, match="TD3026"):
        lake.publish([lake.rows(4)])
    assert lake.publish([lake.rows(3)]).removed == ()
    assert verify(lake.target) == []


def test_what_a_crashed_run_left_is_ours(any_lake):
    manifest = any_lake.publish([any_lake.rows(3)]).manifest
    store = any_lake.target.store
    store.delete([manifest.ref.manifest])
    store.put(manifest.ref.pending, encode_manifest(manifest), None)
    any_lake.publish([any_lake.rows(4)])
    assert any_lake.numbers() == [0, 1, 2, 3]
    assert verify(any_lake.target) == []


def test_a_partition_that_another_run_publishes_now_is_its_own(lake):
    manifest = lake.publish([lake.rows(3)]).manifest
    store = lake.target.store
    store.delete([manifest.ref.manifest])
    store.put(manifest.ref.pending, encode_manifest(manifest), None)
    lake.publish([lake.rows(4)], ref=lake.ref("2026-02-01"))
    assert lake.numbers() == [0, 0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize("told", [{"manifest_version": 2}, {"format-version": 2}, [], {"manifest_version": "1"}])
@pytest.mark.parametrize("name", ["manifest", "pending"])
def test_a_manifest_of_a_newer_version_or_another_program_is_not_ours_to_replace(lake, told, name):
    key = getattr(lake.ref(), name)
    put(lake, key, json.dumps(told).encode())
    with pytest.raises(InputError, match=r"TD3026.*newer version or of another program"):
        lake.publish([lake.rows(3)])
    assert lake.list_keys() == [key]
    lake.target = lake.target.overwriting()
    lake.publish([lake.rows(3)])
    assert verify(lake.target) == []


def test_a_damaged_manifest_is_ours_to_write_anew(lake):
    lake.publish([lake.rows(3)])
    path = lake.target.store.root / lake.ref().manifest
    path.write_text(path.read_text().replace('"manifest_version": 1', '"manifest_version": 3'))
    assert lake.publish([lake.rows(4)]).status == "published"
    assert verify(lake.target) == []


def test_the_option_reaches_lakes_of_other_formats_and_is_true_or_false(tmp_path):
    target = Target.open(tmp_path / "lake", {"overwrite": True})
    assert target.of_format("parquet", {"compression": "zstd"}).overwrite
    assert target.below("parquet").overwrite
    with pytest.raises(InputError, match=r"TD3004.*true or false"):
        Target.open(tmp_path / "lake", {"overwrite": "yes"})


def test_gc_leaves_what_may_be_anybodys(lake):
    lake.publish([lake.rows(3)])
    for key in (FOLDER.replace("31", "30") + "/part-00000.parquet", "retail/items/part-00000.parquet"):
        put(lake, key)
    put(lake, "retail/items/part-00000-0a1b2c3d.parquet")
    removed = gc(lake.target, timedelta(0))
    assert [uri.rpartition("/")[2] for uri in removed] == ["part-00000-0a1b2c3d.parquet"]


def test_a_run_that_is_killed_before_its_manifest_removes_the_rest_when_it_runs_again(lake, monkeypatch):
    put(lake, f"{FOLDER}/data.parquet")
    lake.target = lake.target.overwriting()
    store = lake.target.store
    put_once, calls = store.put, []

    def fail_late(key, data, expected):
        calls.append(key)
        if key.endswith(".json"):
            raise KeyboardInterrupt
        return put_once(key, data, expected)

    monkeypatch.setattr(store, "put", fail_late)
    with pytest.raises(KeyboardInterrupt):
        lake.publish([lake.rows(3)])
    monkeypatch.undo()
    assert read(lake, f"{FOLDER}/data.parquet") is None
    put(lake, f"{FOLDER}/data.parquet")
    lake.publish([lake.rows(3)])
    assert verify(lake.target) == []


def test_a_folder_that_was_emptied_is_free_again(lake):
    lake.publish([lake.rows(3)])
    shutil.rmtree(lake.target.store.root / "retail")
    lake.publish([lake.rows(4)])
    assert lake.numbers() == [0, 1, 2, 3]

from __future__ import annotations

import pickle

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.partition import Period
from tempdata_dagster.publish import PartitionRef
from tempdata_dagster.publish.manifest import encode_manifest
from tempdata_dagster.publish.protocol import complete
from tempdata_dagster.publish.verify import verify

FOLDER = "retail/orders/date=2026-01-31"


def test_a_partition_is_one_file_and_one_manifest(any_lake):
    outcome = any_lake.publish([any_lake.rows(5)])
    assert outcome.status == "published"
    assert any_lake.list_keys() == ["retail/_manifests/orders/2026-01-31.json", f"{FOLDER}/part-00000.parquet"]
    assert any_lake.numbers() == [0, 1, 2, 3, 4]
    assert verify(any_lake.target) == []


def test_the_same_content_is_not_written_again(any_lake):
    first = any_lake.publish([any_lake.rows(5)], fingerprint="a")
    before = any_lake.target.store.find(f"{FOLDER}/part-00000.parquet")
    again = any_lake.publish([any_lake.rows(5)], fingerprint="a")
    assert again.status == "unchanged"
    assert again.manifest == first.manifest
    assert any_lake.target.store.find(f"{FOLDER}/part-00000.parquet") == before


def test_new_facts_of_the_same_content_reach_the_manifest(any_lake):
    any_lake.publish([any_lake.rows(5)], fingerprint="a")
    before = any_lake.target.store.find(f"{FOLDER}/part-00000.parquet")
    again = any_lake.publish([any_lake.rows(5)], fingerprint="b")
    assert again.status == "unchanged"
    assert any_lake.target.manifest(any_lake.ref()).facts.fingerprint == "b"
    assert any_lake.target.store.find(f"{FOLDER}/part-00000.parquet") == before


@pytest.mark.parametrize("sizes", [(1, 2), (2, 1), (3, 2), (2, 3), (1, 1)])
def test_a_new_version_replaces_all_files_of_the_old(any_lake, sizes):
    for version, parts in enumerate(sizes):
        any_lake.publish(*([any_lake.rows(2, seed=100 * version + 10 * part)] for part in range(parts)))
    assert len([key for key in any_lake.list_keys() if key.startswith(FOLDER)]) == sizes[1]
    assert any_lake.numbers() == sorted(100 + 10 * part + row for part in range(sizes[1]) for row in range(2))
    assert not any(key.startswith("_staging") for key in any_lake.list_keys() if "_swapped" not in key)
    assert verify(any_lake.target) == []


def test_an_empty_partition_has_a_file_with_the_schema(any_lake):
    outcome = any_lake.publish([])
    assert outcome.manifest.rows == 0
    dataset = any_lake.target.dataset("retail", "orders")
    assert dataset.schema.names == ["order_id", "status", "note", "date"]
    assert dataset.to_table().num_rows == 0


def test_a_damaged_file_is_written_again_although_its_content_is_known(any_lake):
    any_lake.publish([any_lake.rows(5)])
    store, key = any_lake.target.store, f"{FOLDER}/part-00000.parquet"
    data = bytearray(store.read(key).data)
    data[10] ^= 1
    sink = store.create(key)
    sink.write(bytes(data))
    sink.commit()
    assert [finding.kind for finding in verify(any_lake.target)] == ["changed"]
    assert any_lake.publish([any_lake.rows(5)]).status == "published"
    assert verify(any_lake.target) == []


def test_what_is_not_ours_in_a_folder_stays(lake):
    lake.publish([lake.rows(1)])
    folder = lake.target.store.root / FOLDER
    (folder / "_SUCCESS").write_text("")
    (folder / "part-00007.parquet").write_bytes(b"a leftover of ours")
    lake.publish([lake.rows(2)], [lake.rows(3)])
    names = sorted(item.name for item in folder.iterdir())
    assert names[0] == "_SUCCESS"
    assert len(names) == 3
    assert "part-00007.parquet" not in names


def test_a_table_cannot_change_its_partitions_in_place(lake):
    lake.publish([lake.rows(1)])
    for other in (PartitionRef("retail", "orders"), PartitionRef("retail", "orders", Period.MONTH, "2026-01-01")):
        with pytest.raises(InputError, match="TD3022"):
            lake.publish([lake.rows(1)], ref=other)
    assert lake.numbers() == [0]
    assert not any(key.startswith("_staging") for key in lake.list_keys())


def test_a_key_of_two_periods_is_not_taken_over(lake):
    month, day = (PartitionRef("retail", "orders", period, "2026-01-01") for period in (Period.MONTH, Period.DAY))
    lake.publish([lake.rows(1)], ref=month)
    with pytest.raises(InputError, match="TD3022"):
        lake.publish([lake.rows(2)], ref=day)
    assert lake.target.manifest(month).period is Period.MONTH
    assert not any(f"/{day.folder}" in f"/{key}" for key in lake.list_keys())


def test_an_unreadable_manifest_is_replaced(any_lake):
    any_lake.publish([any_lake.rows(5)])
    store, key = any_lake.target.store, any_lake.ref().manifest
    store.put(key, b"{ half", store.read(key).version)
    assert [finding.kind for finding in verify(any_lake.target)] == ["unreadable_manifest"]
    assert any_lake.target.published("retail", "orders") == {}
    any_lake.publish([any_lake.rows(5)])
    assert verify(any_lake.target) == []


def interrupt(lake, *, after_data: bool) -> None:
    """Leave the lake as a crash does: the pending manifest written, and the file in place or not."""
    old = lake.target.manifest(lake.ref())
    lake.publish([lake.rows(7, seed=50)])
    store = lake.target.store
    new = lake.target.manifest(lake.ref())
    if not after_data:
        lake.publish([lake.rows(5)])
    store.put(new.ref.pending, encode_manifest(new), None)
    store.put(old.ref.manifest, encode_manifest(old), store.read(old.ref.manifest).version)


@pytest.mark.parametrize("after_data", [True, False])
def test_readers_see_one_version_of_an_interrupted_publication(any_lake, after_data):
    any_lake.publish([any_lake.rows(5)])
    interrupt(any_lake, after_data=after_data)
    assert any_lake.target.manifest(any_lake.ref()).rows == (7 if after_data else 5)
    assert len(any_lake.numbers()) == (7 if after_data else 5)
    assert [finding.kind for finding in verify(any_lake.target)] == ["unfinished"]


@pytest.mark.parametrize("after_data", [True, False])
@pytest.mark.parametrize("rows", [5, 7, 9])
def test_the_next_run_heals_an_interrupted_publication(lake, after_data, rows):
    lake.publish([lake.rows(5)])
    interrupt(lake, after_data=after_data)
    lake.publish([lake.rows(rows)])
    assert len(lake.numbers()) == rows
    assert verify(lake.target) == []


@pytest.mark.parametrize("after_data", [True, False])
def test_an_interrupted_publication_can_be_completed(any_lake, after_data):
    any_lake.publish([any_lake.rows(5)])
    interrupt(any_lake, after_data=after_data)
    assert complete(any_lake.target.store, any_lake.ref(), wait=1).rows == (7 if after_data else 5)
    assert verify(any_lake.target) == []


def test_a_target_travels_to_another_process(any_lake):
    any_lake.publish([any_lake.rows(5)])
    again = pickle.loads(pickle.dumps(any_lake.target))
    assert again.manifest(any_lake.ref()) == any_lake.target.manifest(any_lake.ref())

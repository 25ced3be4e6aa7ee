from __future__ import annotations

from datetime import timedelta

import pytest

from tempdata_dagster.core.errors import InputError, TransientError
from tempdata_dagster.publish import PartitionFacts, PartitionRef, Target
from tempdata_dagster.publish import purge as purging
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.keys import ForeignKeyFacts, TableKeys
from tempdata_dagster.publish.manifest import encode_manifest
from tempdata_dagster.publish.purge import purge
from tempdata_dagster.publish.verify import verify

FOLDER = "retail/orders/date=2026-01-31"


def fill(lake) -> None:
    """Customers, orders of two days, and items of orders."""
    publish(lake, "customers", None)
    publish(lake, "items", None, "orders", "customers")
    publish(lake, "orders", "2026-01-31", "customers", parts=3)
    publish(lake, "orders", "2026-02-01", "customers")


def publish(lake, table: str, key: str | None, *parents: str, parts: int = 1) -> None:
    keys = TableKeys(
        foreign=tuple(ForeignKeyFacts(columns=("x",), parent=name, parent_columns=("x",)) for name in parents)
    )
    with lake.target.stage(lake.ref(key, table)) as staging:
        for index in range(parts):
            staging.write_part(index, lake.rows(0).schema, [lake.rows(3, seed=index)], table_keys=keys)
        staging.publish(PartitionFacts())


def test_a_dataset_goes_children_first_and_leaves_nothing(any_lake):
    fill(any_lake)
    done = purge([any_lake.target], "retail")
    named = [(one.table, one.partition, one.rows, one.files, one.status) for one in done]
    assert named == [
        ("items", "static", 3, 1, "removed"),
        ("orders", "2026-01-31", 9, 3, "removed"), ("orders", "2026-02-01", 3, 1, "removed"),
        ("customers", "static", 3, 1, "removed"),
    ]  # fmt: skip
    assert any_lake.list_keys() == []


def test_nothing_is_left_of_the_folders(lake):
    fill(lake)
    purge([lake.target], "retail")
    assert not (lake.target.store.root / "retail").exists()


def test_only_some_tables_go(lake):
    fill(lake)
    lake.publish([lake.rows(2)], ref=PartitionRef("web", "visits"))
    purge([lake.target], "retail", ["orders"])
    assert verify(lake.target) == []
    assert sorted({key.split("/")[2] for key in lake.list_keys() if "_manifests" in key}) == [
        "customers",
        "items",
        "visits",
    ]


def test_a_dry_run_tells_and_removes_nothing(lake):
    fill(lake)
    before = lake.list_keys()
    told = purge([lake.target], "retail", dry_run=True)
    assert lake.list_keys() == before
    assert purge([lake.target], "retail") == told


@pytest.mark.parametrize(
    "name",
    [
        f"{FOLDER}/_SUCCESS", f"{FOLDER}/data.parquet", f"{FOLDER}/part-00007.parquet", "retail/orders/readme.md", "retail/notes.txt",
        "retail/other/part-00000.parquet", "web/part-00000.parquet", f"{FOLDER}/deeper/part-00000.parquet", "retail/_manifests/orders/mine.json",
    ],
)  # fmt: skip
def test_what_no_manifest_lists_stays(lake, name):
    fill(lake)
    path = lake.target.store.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    purge([lake.target], "retail")
    assert lake.list_keys() == [name]
    assert path.read_text() == "mine"


def test_links_are_not_followed(lake, tmp_path):
    fill(lake)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "part-00000.parquet").write_text("mine")
    (lake.target.store.root / "retail/orders/date=2026-03-01").symlink_to(outside)
    purge([lake.target], "retail")
    assert (outside / "part-00000.parquet").read_text() == "mine"


def test_all_places_lose_a_table_before_its_parents_go_anywhere(lake, tmp_path):
    other = type(lake)(Target.open(tmp_path / "other"))
    below = type(lake)(lake.target.below("parquet"))
    for one in (lake, other, below):
        fill(one)
    done = purge([lake.target, other.target, below.target], "retail")
    assert len(done) == 12
    tables = [one.table for one in done]
    assert tables == ["items"] * 3 + ["orders"] * 6 + ["customers"] * 3
    assert [one.place for one in done[:3]] == [lake.target.url, below.target.url, other.target.url]
    assert lake.list_keys() == other.list_keys() == []


def test_a_partition_whose_manifest_cannot_be_read_is_left_and_told(lake):
    fill(lake)
    path = lake.target.store.root / lake.ref().manifest
    path.write_text("{ half")
    left = [one for one in purge([lake.target], "retail") if one.status == "left"]
    assert [(one.table, one.partition, one.uri) for one in left] == [("orders", "2026-01-31", str(path))]
    assert len(lake.list_keys()) == 4


@pytest.mark.parametrize("after_data", [True, False])
def test_an_interrupted_publication_goes_too(any_lake, after_data):
    any_lake.publish([any_lake.rows(3)], [any_lake.rows(4)])
    old = any_lake.target.manifest(any_lake.ref())
    any_lake.publish([any_lake.rows(5)], [any_lake.rows(6)])
    store = any_lake.target.store
    new = any_lake.target.manifest(any_lake.ref())
    if not after_data:
        any_lake.publish([any_lake.rows(3)], [any_lake.rows(4)])
        sink = store.create(new.keys[0])
        sink.write(b"half of it")
        sink.commit()
    store.put(new.ref.pending, encode_manifest(new), None)
    store.put(old.ref.manifest, encode_manifest(old), store.read(old.ref.manifest).version)
    purge([any_lake.target], "retail")
    # Where folders are swapped, the old one is kept for readers who hold it.
    assert [key for key in any_lake.list_keys() if "_swapped" not in key] == []


def test_a_purged_dataset_can_be_published_again(lake):
    fill(lake)
    purge([lake.target], "retail")
    fill(lake)
    assert verify(lake.target) == []
    assert gc(lake.target, timedelta(0)) == []


def test_a_partition_that_another_run_holds_is_not_taken_from_it(lake, monkeypatch):
    fill(lake)
    monkeypatch.setattr(purging, "LOCK_WAIT", 0.0)
    with lake.target.store.exclusive(lake.ref().lock, 0), pytest.raises(TransientError, match="TD3031"):
        purge([lake.target], "retail", ["orders"])
    assert verify(lake.target) == []


@pytest.mark.parametrize(("dataset", "tables"), [("retial", None), ("retail", ["order"])])
def test_what_is_not_published_cannot_be_purged(lake, dataset, tables):
    fill(lake)
    with pytest.raises(InputError, match=r"TD3090.*did you mean"):
        purge([lake.target], dataset, tables)
    with pytest.raises(InputError, match="TD3090"):
        purge([Target.open(lake.target.store.root / "nothing")], "retail")


def test_progress_is_told(lake):
    fill(lake)
    told = []
    purge([lake.target], "retail", progress=lambda one, done, total: told.append((one.table, done, total)))
    assert told == [("items", 1, 4), ("orders", 2, 4), ("orders", 3, 4), ("customers", 4, 4)]

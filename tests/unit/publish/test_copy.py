from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import DataError, InputError, TerminalError
from tempdata_dagster.core.partition import Period
from tempdata_dagster.publish import PartitionFacts, PartitionRef, Target
from tempdata_dagster.publish.copy import copy
from tempdata_dagster.publish.formats import FORMATS
from tempdata_dagster.publish.keys import ForeignKeyFacts, TableKeys
from tempdata_dagster.publish.manifest import encode_manifest
from tempdata_dagster.publish.read import read_table
from tempdata_dagster.publish.selection import is_within
from tempdata_dagster.publish.verify import verify

FOLDER = "retail/orders/date=2026-01-31"


def publish(lake, table: str, key: str | None, *parents: str, parts: int = 1, dataset: str = "retail") -> None:
    keys = TableKeys(
        primary=("order_id",),
        foreign=tuple(ForeignKeyFacts(columns=("x",), parent=name, parent_columns=("x",)) for name in parents),
    )
    ref = PartitionRef(dataset, table, Period.DAY if key else None, key)
    with lake.target.stage(ref) as staging:
        for index in range(parts):
            rows = lake.rows(5, seed=100 * index)
            staging.write_part(index, rows.schema, [rows], table_keys=keys)
        staging.publish(PartitionFacts(seed=7, fingerprint="f" * 64, extra={"said": "so"}))


@pytest.fixture
def filled(lake, tmp_path):
    lake.target = Target.open(tmp_path / "from")
    publish(lake, "customers", None)
    publish(lake, "items", None, "orders", "customers")
    publish(lake, "orders", "2026-01-31", "customers", parts=3)
    publish(lake, "orders", "2026-02-01", "customers")
    publish(lake, "visits", None, dataset="web")
    return lake


def say(target: Target) -> dict[tuple[str, str, str | None], dict]:
    """What the manifests of a lake say, but for what copying may change."""
    told = {}
    for dataset, tables in (("retail", ("customers", "items", "orders")), ("web", ("visits",))):
        for table in tables:
            for key, manifest in target.published(dataset, table).items():
                fields = {
                    "dataset",
                    "table",
                    "period",
                    "key",
                    "rows",
                    "content_hash",
                    "table_keys",
                    "columns",
                    "facts",
                    "arrow_schema",
                }
                told[dataset, table, key] = manifest.model_dump(mode="json", include=fields)
    return told


def test_bytes_are_copied_where_the_format_is_the_same(filled, any_lake):
    done = copy(filled.target, any_lake.target)
    assert [(one.table, one.partition, one.status, one.how) for one in done] == [
        ("customers", "static", "copied", "bytes"), ("orders", "2026-01-31", "copied", "bytes"),
        ("orders", "2026-02-01", "copied", "bytes"), ("items", "static", "copied", "bytes"),
        ("visits", "static", "copied", "bytes"),
    ]  # fmt: skip
    assert say(any_lake.target) == say(filled.target)
    assert verify(any_lake.target) == []
    for entry in filled.target.store.entries(FOLDER):
        assert any_lake.target.store.read(entry.key).data == filled.target.store.read(entry.key).data


def test_running_it_again_writes_nothing(filled, tmp_path):
    other = Target.open(tmp_path / "other")
    copy(filled.target, other)
    before = {path: path.stat().st_mtime_ns for path in sorted(other.store.root.rglob("*"))}
    done = copy(filled.target, other)
    assert {(one.status, one.how) for one in done} == {("unchanged", "")}
    assert {path: path.stat().st_mtime_ns for path in sorted(other.store.root.rglob("*"))} == before


def test_what_was_damaged_or_has_changed_is_copied_again(filled, tmp_path):
    other = Target.open(tmp_path / "other")
    copy(filled.target, other)
    (other.store.root / "web/visits/part-00000.parquet").write_bytes(b"damaged")
    publish(filled, "orders", "2026-02-01", "customers", parts=2)
    assert [one.table for one in copy(filled.target, other) if one.status == "copied"] == ["orders", "visits"]
    assert say(other) == say(filled.target)
    assert verify(other) == []


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"geojson"}))
def test_rows_are_written_anew_in_another_format_and_back(filled, tmp_path, name):
    there = Target.open(tmp_path / "there", {"format": name})
    back = Target.open(tmp_path / "back")
    assert {one.how for one in copy(filled.target, there)} == {"bytes" if name == "parquet" else "rows"}
    assert verify(there) == []
    copy(there, back)
    assert verify(back) == []
    assert say(there) == say(back) == say(filled.target)
    assert read_table(back, "retail", "orders").equals(read_table(filled.target, "retail", "orders"))


def test_other_options_of_one_format_are_other_files(filled, tmp_path):
    other = Target.open(tmp_path / "other", {"compression": "zstd"})
    assert {one.how for one in copy(filled.target, other)} == {"rows"}
    assert say(other) == say(filled.target)
    assert {one.status for one in copy(filled.target, other)} == {"unchanged"}


def test_only_some(filled, tmp_path):
    def copied(name: str, **which: object) -> list[tuple[str, str]]:
        return [(one.table, one.partition) for one in copy(filled.target, Target.open(tmp_path / name), **which)]

    assert copied("a", dataset="web") == [("visits", "static")]
    assert copied("b", tables=["orders"], first="2026-02-01") == [("orders", "2026-02-01")]
    assert copied("c", dataset="retail", last="2026-01-31") == [
        ("customers", "static"), ("orders", "2026-01-31"), ("items", "static"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "first", "last", "within"),
    [
        ("2026-01-31", None, None, True), (None, "2026-01-01", "2026-01-02", True), ("2026-01-31", "2026-01-31", "2026-01-31", True),
        ("2026-01-31-23:00", "2026-01-31", "2026-01-31", True), ("2026-02-01-00:00", None, "2026-01-31", False),
        ("2026-01-31-04:00", "2026-01-31-05:00", None, False), ("2026-01-31-05:00", "2026-01-31-05:00", "2026-01-31-05:00", True),
        ("2026-01-30", "2026-01-31", None, False),
    ],
)  # fmt: skip
def test_a_range_of_days_takes_in_their_hours(key, first, last, within):
    assert is_within(key, first, last) is within


def test_a_lake_of_another_format_below_stands_in_for_what_the_root_has_not(filled, tmp_path):
    below = type(filled)(filled.target.below("parquet"))
    publish(below, "visits", None, dataset="web")
    publish(below, "clicks", None, "visits", dataset="web")
    done = copy(filled.target, Target.open(tmp_path / "other"), dataset="web")
    assert [one.table for one in done] == ["visits", "clicks"]


def test_a_lake_is_not_copied_to_itself_but_to_one_below(filled):
    with pytest.raises(InputError, match="TD3093"):
        copy(filled.target, Target.open(filled.target.url))
    below = filled.target.of_format("jsonl", {})
    assert {one.how for one in copy(filled.target, below)} == {"rows"}
    assert {one.status for one in copy(filled.target, below)} == {"unchanged"}
    assert verify(filled.target) == []


@pytest.mark.parametrize(
    ("which", "code"),
    [
        ({"dataset": "retial"}, "TD3090.*did you mean"), ({"tables": ["order"]}, "TD3090.*did you mean"),
        ({"first": "yesterday"}, "TD1003"), ({"last": "2026-1-1"}, "TD1003"),
    ],
)  # fmt: skip
def test_what_is_not_there_cannot_be_copied(filled, tmp_path, which, code):
    with pytest.raises(InputError, match=code):
        copy(filled.target, Target.open(tmp_path / "other"), **which)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("name", ["parquet", "jsonl"])
def test_a_damaged_source_is_not_copied(filled, tmp_path, name):
    path = filled.target.store.root / "web/visits/part-00000.parquet"
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)
    other = Target.open(tmp_path / "other", {"format": name})
    with pytest.raises((DataError, TerminalError), match="TD3094"):
        copy(filled.target, other, dataset="web")
    assert [path for path in (tmp_path / "other").rglob("*") if path.is_file()] == []


def test_a_manifest_that_cannot_be_read_stops_it_before_anything_is_written(filled, tmp_path):
    (filled.target.store.root / filled.ref().manifest).write_text("{ half")
    with pytest.raises(TerminalError, match="TD3030"):
        copy(filled.target, Target.open(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def test_what_others_have_put_there_is_refused_or_replaced(filled, tmp_path):
    other = Target.open(tmp_path / "other")
    path = tmp_path / "other" / "web" / "visits" / "data.parquet"
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(InputError, match="TD3026"):
        copy(filled.target, other, dataset="web")
    (one,) = copy(filled.target, other.overwriting(), dataset="web")
    assert one.removed == (str(path),)
    assert verify(other) == []


def test_a_partition_that_is_published_anew_meanwhile_is_copied_as_it_is_then(filled, tmp_path, monkeypatch):
    store, times = filled.target.store, []
    opened = store.open

    def replace_first(key: str):
        if key.startswith("web/") and not times:
            times.append(key)
            publish(filled, "visits", None, dataset="web", parts=2)
        return opened(key)

    monkeypatch.setattr(store, "open", replace_first)
    (one,) = copy(filled.target, Target.open(tmp_path / "other"), dataset="web")
    assert (one.rows, one.files) == (10, 2)


def test_an_interrupted_publication_is_copied_as_readers_see_it(filled, tmp_path):
    new = filled.target.manifest(PartitionRef("web", "visits"))
    store = filled.target.store
    store.delete([new.ref.manifest])
    store.put(new.ref.pending, encode_manifest(new), None)
    (one,) = copy(filled.target, Target.open(tmp_path / "other"), dataset="web")
    assert one.content_hash == new.content_hash


class Loads:
    """A database as copying sees it: it takes rows, and keeps what it was told."""

    url = "postgresql://localhost/shop"

    def __init__(self) -> None:
        self.loaded: dict[str, pa.Table] = {}
        self.manifests = {}

    def check_usable(self) -> None:
        """It is."""

    def format_facts(self):
        return "postgresql", {}

    def publish(self, ref, rows, schema, manifest):
        from tempdata_dagster.publish import PublishedPartition

        self.loaded[str(ref)] = pa.Table.from_batches(rows(), schema)
        self.manifests[str(ref)] = manifest
        return PublishedPartition("published", manifest, f"{self.url}#{ref.table}")


def test_a_database_is_given_the_rows_in_the_order_of_foreign_keys(filled):
    database = Loads()
    done = copy(filled.target, database, dataset="retail")
    assert [one.table for one in done] == ["customers", "orders", "orders", "items"]
    assert database.loaded["retail.orders 2026-01-31"].num_rows == 15
    manifest = database.manifests["retail.orders 2026-01-31"]
    held = filled.target.manifest(filled.ref())
    assert (manifest.content_hash, manifest.format, manifest.files) == (held.content_hash, "postgresql", ())
    assert manifest.table_keys == held.table_keys


def test_a_database_is_not_given_all_rows_of_a_damaged_file(filled):
    path = filled.target.store.root / "web/visits/part-00000.parquet"
    other = filled.target.store.root / "retail/customers/part-00000.parquet"
    publish(filled, "customers", None, parts=1)
    path.write_bytes(other.read_bytes()[:200])
    with pytest.raises(DataError, match="TD3094"):
        copy(filled.target, Loads(), dataset="web")


def test_the_hash_of_a_copied_file_is_that_of_its_bytes(filled, tmp_path):
    other = Target.open(tmp_path / "other")
    copy(filled.target, other)
    for key, file in zip(other.manifest(filled.ref()).keys, other.manifest(filled.ref()).files, strict=True):
        assert hashlib.sha256((tmp_path / "other" / key).read_bytes()).hexdigest() == file.sha256

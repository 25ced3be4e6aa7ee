from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tempdata_dagster.core.errors import InputError, OutsideError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.stores import Store
from tempdata_dagster.publish.tables.storage import object_store_options, object_store_url
from tempdata_dagster.publish.verify import verify
from tests.unit.publish.conftest import DAY
from tests.unit.publish.tables.conftest import TableLake, manifest_of


def test_the_table_lies_below_the_lake_of_its_environment(tmp_path):
    target = Target.open(tmp_path / "lake").of_format("delta", {"compression": "zstd"})
    lake = TableLake(target)
    lake.publish([lake.rows(3)])
    assert DeltaTable(tmp_path / "lake/delta/retail/orders").count() == 3
    assert verify(Target.open(tmp_path / "lake")) == []
    assert gc(Target.open(tmp_path / "lake"), _hours(0)) == []


def _hours(count: int):
    from datetime import timedelta

    return timedelta(hours=count)


def test_statistics_prune_files(delta):
    for day in (DAY, "2026-02-01"):
        delta.publish([delta.rows(5, seed=int(day[-2:]) * 100)], ref=delta.ref(day))
    table = DeltaTable(delta.target.store.uri("retail/orders"))
    assert len(table.file_uris(file_pruning_predicate=[("order_id", ">", 2000)])) == 1
    assert table.count() == 10
    assert len(table.file_uris(file_pruning_predicate=[("date", "=", DAY)])) == 1


def test_a_static_table_may_change_its_types(delta):
    ref = delta.ref(None)
    delta.publish_table(pa.table({"n": ["a"], "gone": [1]}), ref)
    delta.publish_table(pa.table({"n": [1]}), ref)
    assert delta.read_openly().to_pylist() == [{"n": 1}]
    assert delta.read_openly(version=0).to_pylist() == [{"n": "a", "gone": 1}]


def test_local_time_raises_the_protocol_before_it_comes(delta):
    from datetime import datetime

    delta.publish_table(pa.table({"n": [1]}))
    table = DeltaTable(delta.target.store.uri("retail/orders"))
    assert table.protocol().min_reader_version == 1
    delta.publish_table(pa.table({"n": [2], "at": [datetime(2026, 1, 1)]}), delta.ref("2026-02-01"))  # noqa: DTZ001 - local
    table = DeltaTable(delta.target.store.uri("retail/orders"))
    assert table.protocol().reader_features == ["timestampNtz"]
    assert table.to_pyarrow_table().num_rows == 2


def test_the_table_is_read_after_a_checkpoint_of_its_log(delta):
    for rows in (1, 2, 3):
        delta.publish([delta.rows(rows)])
    DeltaTable(delta.target.store.uri("retail/orders")).create_checkpoint()
    delta.publish([delta.rows(4)])
    assert delta.numbers() == [0, 1, 2, 3]
    assert verify(delta.target) == []
    assert len(delta.log.retained("retail", "orders", None)) == 4


def test_deltas_own_vacuum_leaves_what_holds(delta):
    for rows in (5, 6):
        delta.publish([delta.rows(rows)])
    table = DeltaTable(delta.target.store.uri("retail/orders"))
    table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    assert delta.numbers() == list(range(6))
    # The log tells that older versions have gone on purpose.
    assert verify(delta.target) == []


def test_the_tables_own_retention_counts(delta):
    for rows in (5, 6):
        delta.publish([delta.rows(rows)])
    table = DeltaTable(delta.target.store.uri("retail/orders"))
    table.alter.set_table_properties({"delta.deletedFileRetentionDuration": "interval 0 seconds"})
    assert len(gc(delta.target, _hours(0))) == 1
    assert delta.log.retained("retail", "orders", None) == set(manifest_of(delta).keys)


def test_rows_that_others_added_are_seen_by_verify_and_not_replaced(delta):
    delta.publish([delta.rows(5)])
    url = delta.target.store.uri("retail/orders")
    extra = pa.table({"order_id": [99], "status": ["open"], "note": ["x"], "date": pa.array([DAY]).cast(pa.date32())})
    write_deltalake(url, extra, mode="append")
    kinds = {finding.kind for finding in verify(delta.target)}
    assert "not_in_manifest" in kinds
    with pytest.raises(InputError, match="TD3082"):
        delta.publish([delta.rows(6)])
    assert DeltaTable(url).count() == 6


def test_a_table_of_others_is_left_alone_even_when_told_to_overwrite(tmp_path):
    write_deltalake(tmp_path / "retail/orders", pa.table({"n": [1, 2]}))
    target = Target.open(tmp_path, {"format": "delta"})
    for one, code in ((target, "TD3026"), (target.overwriting(), "TD3082")):
        lake = TableLake(one)
        with pytest.raises(InputError, match=code):
            lake.publish([lake.rows(1)])
    assert DeltaTable(tmp_path / "retail/orders").count() == 2


def test_a_damaged_log_is_a_typed_error_and_a_finding(delta):
    delta.publish([delta.rows(5)])
    commit = Path(delta.target.store.uri("retail/orders/_delta_log/00000000000000000000.json"))
    commit.write_text("{ half")
    assert "unreadable_log" in {finding.kind for finding in verify(delta.target)}
    with pytest.raises(OutsideError, match="TD3014"):
        delta.publish([delta.rows(6)])


def test_a_lost_race_begins_anew_with_the_version_that_won(delta, monkeypatch):
    delta.publish([delta.rows(5)])
    log = delta.log
    opened = []

    def open_slowly(dataset: str, table: str, version: int | None = None):
        found = type(log)._open(log, dataset, table, version)
        opened.append(found)
        if len(opened) == 1:
            delta.publish([delta.rows(3)], ref=delta.ref("2026-02-01"))
        return found

    monkeypatch.setattr(log, "_open", open_slowly)
    with delta.target.stage(delta.ref("2026-02-02"), "race") as staging:
        from tempdata_dagster.publish import PartitionFacts
        from tests.unit.publish.tables.conftest import Held

        staging.write_part(0, delta.rows(0).schema, [delta.rows(2)])
        new = staging.describe(PartitionFacts())
        delta.target.store.add(new.ref.folder, {new.files[0].name: staging.files()[0].key}, Held())
        log.commit(new, Held())
    assert sorted(delta.read_openly()["order_id"].to_pylist()) == sorted([*range(5), *range(3), *range(2)])
    actions = Path(delta.target.store.uri("retail/orders/_delta_log/00000000000000000002.json")).read_text()
    assert [json.loads(line)["add"]["path"] for line in actions.splitlines() if "add" in json.loads(line)] == [
        f"date=2026-02-02/{new.files[0].name}"
    ]


class FakeStore:
    """A store of which only its place and its options are asked."""

    def __init__(self, url: str, options: dict) -> None:
        self.url = url
        self.protocol = url.partition("://")[0]
        self.client_options = options

    def uri(self, key: str) -> str:
        return f"{self.url}/{key}"


@pytest.mark.parametrize(
    ("url", "options", "expected"),
    [
        (
            "s3://bucket/lake",
            {"key": "k", "secret": "s", "endpoint_url": "http://127.0.0.1:1", "client_kwargs": {"region_name": "eu-west-1"}},
            {
                "aws_access_key_id": "k", "aws_secret_access_key": "s", "aws_endpoint_url": "http://127.0.0.1:1",
                "aws_region": "eu-west-1", "aws_conditional_put": "etag", "aws_allow_http": "true",
            },
        ),
        ("abfs://box/lake", {"account_name": "a", "account_key": "k"}, {"azure_storage_account_name": "a", "azure_storage_account_key": "k"}),
        ("gs://bucket", {"token": "/key.json"}, {"google_service_account": "/key.json"}),
    ],
)  # fmt: skip
def test_options_of_the_store_are_handed_on_by_the_names_of_the_library(url, options, expected):
    store: Store = FakeStore(url, options)  # type: ignore[assignment]
    assert object_store_options(store) == expected
    assert object_store_url(store, "a/b") == f"{url.replace('abfs', 'az')}/a/b"

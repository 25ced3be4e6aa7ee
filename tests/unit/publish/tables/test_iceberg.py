from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tempdata_dagster import read_table
from tempdata_dagster.core.errors import InputError, OutsideError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.verify import verify
from tests.unit.publish.conftest import DAY
from tests.unit.publish.tables.conftest import TableLake, manifest_of

NOW = timedelta(0)
FEBRUARY = "2026-02-01"


def test_a_lake_that_is_only_read_gets_no_catalog(iceberg):
    assert iceberg.state() is None
    assert iceberg.log.retained("retail", "orders", None) == set()
    assert not Path(iceberg.target.store.uri("catalog.db")).exists()


def test_partitions_are_found_by_their_values_though_no_file_holds_them(iceberg):
    for day in (DAY, FEBRUARY):
        iceberg.publish([iceberg.rows(5)], ref=iceberg.ref(day))
    with iceberg.iceberg() as table:
        scan = table.scan(row_filter=f"date = '{DAY}'")
        assert len(list(scan.plan_files())) == 1
        assert scan.to_arrow()["date"].cast(pa.string()).to_pylist() == [DAY] * 5
        assert table.scan(row_filter="order_id > 100").to_arrow().num_rows == 0


def test_duckdb_is_handed_the_rows(iceberg):
    iceberg.publish([iceberg.rows(5)])
    with iceberg.iceberg() as table:
        connection = table.scan().to_duckdb("orders", connection=duckdb.connect())
        assert connection.sql("select sum(order_id) from orders").fetchall() == [(10,)]


def test_types_are_promoted_where_iceberg_allows_it(iceberg):
    iceberg.publish_table(pa.table({"n": pa.array([1], pa.int32()), "x": pa.array([0.5], pa.float32())}))
    iceberg.publish_table(pa.table({"n": [2**40], "x": [0.1]}), iceberg.ref(FEBRUARY))
    rows = iceberg.read_openly().sort_by("n")
    assert (rows["n"].to_pylist(), rows["x"].to_pylist()) == ([1, 2**40], [0.5, 0.1])
    # The narrower type still fits into the table's.
    iceberg.publish_table(pa.table({"n": pa.array([3], pa.int32()), "x": pa.array([1.5], pa.float32())}))
    assert sorted(iceberg.read_openly()["n"].to_pylist()) == [3, 2**40]
    assert verify(iceberg.target) == []


def test_expired_snapshots_take_their_metadata_with_them(iceberg):
    for rows in range(1, 6):
        iceberg.publish([iceberg.rows(rows)])
    before = [key for key in iceberg.list_keys() if key.endswith(".avro")]
    gc(iceberg.target, NOW, keep=NOW)
    after = [key for key in iceberg.list_keys() if key.endswith(".avro")]
    assert len(after) < len(before)
    with iceberg.iceberg() as table:
        assert len(table.snapshots()) == 1
        assert table.scan().to_arrow().num_rows == 5
    assert verify(iceberg.target) == []


def test_a_tag_keeps_its_snapshot(iceberg):
    iceberg.publish([iceberg.rows(5)])
    with iceberg.iceberg() as table:
        tagged = table.current_snapshot().snapshot_id
        table.manage_snapshots().create_tag(tagged, "release").commit()
    for rows in (6, 7):
        iceberg.publish([iceberg.rows(rows)])
    gc(iceberg.target, NOW, keep=NOW)
    assert read_table(iceberg.target, "retail", "orders", version=tagged).num_rows == 5
    assert iceberg.read_openly(version=tagged).num_rows == 5


def test_the_tables_own_retention_counts(iceberg):
    for rows in (5, 6):
        iceberg.publish([iceberg.rows(rows)])
    with iceberg.iceberg() as table, table.transaction() as transaction:
        transaction.set_properties({"history.expire.max-snapshot-age-ms": "0"})
    gc(iceberg.target, NOW)
    assert iceberg.log.retained("retail", "orders", None) == set(manifest_of(iceberg).keys)


def test_rows_that_others_added_are_seen_by_verify_and_not_replaced(iceberg):
    iceberg.publish([iceberg.rows(5)])
    with iceberg.iceberg() as table:
        extra = pa.table(
            {"order_id": [99], "status": ["open"], "note": ["x"], "date": pa.array([DAY]).cast(pa.date32())}
        )
        table.append(extra)
    assert "not_in_manifest" in {finding.kind for finding in verify(iceberg.target)}
    with pytest.raises(InputError, match="TD3082"):
        iceberg.publish([iceberg.rows(6)])
    assert iceberg.read_openly().num_rows == 6


def test_the_catalog_may_be_named_by_a_variable_and_its_url_is_in_no_manifest(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    monkeypatch.setenv("CATALOG_URL", url)
    for options in ({"catalog_env": "CATALOG_URL"}, {"catalog": "env:CATALOG_URL"}):
        lake = TableLake(Target.open(tmp_path / f"lake{len(options)}", {"format": "iceberg", **options}))
        if "catalog_env" in options:
            lake.publish([lake.rows(3)])
            manifest = manifest_of(lake)
            assert manifest.format_options == options
            assert url not in manifest.model_dump_json()
        assert lake.state() is not None
    assert not (tmp_path / "lake1/catalog.db").exists()
    monkeypatch.delenv("CATALOG_URL")
    with pytest.raises(InputError, match="TD1053"):
        lake.publish([lake.rows(4)])


def test_a_catalog_with_credentials_is_refused_without_repeating_them(tmp_path):
    options = {"format": "iceberg", "catalog": "postgresql://me:hunter2@db/catalog"}
    with pytest.raises(InputError, match="TD3004") as caught:
        Target.open(tmp_path, options)
    assert "hunter2" not in str(caught.value)


def test_a_table_that_the_catalog_has_elsewhere_is_left_alone(tmp_path):
    catalog = {"format": "iceberg", "catalog": f"sqlite:///{tmp_path}/shared.db"}
    first, second = (TableLake(Target.open(tmp_path / name, catalog)) for name in ("one", "two"))
    first.publish([first.rows(3)])
    with pytest.raises(InputError, match="TD3082"):
        second.publish([second.rows(4)])
    assert first.numbers() == [0, 1, 2]
    assert [key for key in second.list_keys() if key.endswith(".parquet")] == []


def test_an_object_store_needs_a_catalog_elsewhere():
    target = Target.open("s3://bucket/lake", {"format": "iceberg", "key": "k", "secret": "s"})
    with pytest.raises(InputError, match=r"TD3081.*catalog_env"):
        target.check_usable()


def test_a_catalog_that_cannot_be_read_is_a_typed_error(iceberg):
    iceberg.publish([iceberg.rows(3)])
    Path(iceberg.target.store.uri("catalog.db")).write_bytes(b"no database" * 100)
    with pytest.raises(OutsideError, match="TD3014"):
        iceberg.publish([iceberg.rows(4)])
    assert "unreadable_log" in {finding.kind for finding in verify(iceberg.target)}

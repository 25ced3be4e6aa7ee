from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow.dataset as pads
import pytest

from tempdata_dagster.core.partition import Period
from tempdata_dagster.publish import PartitionFacts, PartitionRef

DAYS = ("2026-01-30", "2026-01-31", "2026-02-01")


@pytest.fixture
def shop(lake):
    """Three days, the second of two files, the third empty, one of them published twice; and a static table."""
    lake.publish([lake.rows(4, seed=500)], ref=lake.ref(DAYS[0]))
    lake.publish([lake.rows(4)], ref=lake.ref(DAYS[0]))
    lake.publish([lake.rows(3, seed=10)], [lake.rows(2, seed=20)], ref=lake.ref(DAYS[1]))
    lake.publish([], ref=lake.ref(DAYS[2]))
    lake.publish([lake.rows(6)], ref=lake.ref(None, "products"))
    lake.target.stage(lake.ref(DAYS[0]), "another-run").write_part(0, lake.rows(0).schema, [lake.rows(9, seed=900)])
    return lake


EXPECTED = [0, 1, 2, 3, 10, 11, 12, 20, 21]


def test_duckdb_reads_what_is_published(shop):
    folder = shop.target.store.uri("retail/orders")
    rows = duckdb.sql(
        f"SELECT order_id, CAST(date AS VARCHAR) FROM read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
        " ORDER BY 1"
    ).fetchall()
    assert [row[0] for row in rows] == EXPECTED
    assert {row[1] for row in rows} == set(DAYS[:2])
    products = shop.target.store.uri("retail/products")
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{products}/*.parquet')").fetchall() == [(6,)]


def test_pandas_reads_what_is_published(shop):
    frame = pd.read_parquet(shop.target.store.uri("retail/orders"))
    assert sorted(frame["order_id"]) == EXPECTED
    assert set(frame["date"].astype(str)) == set(DAYS[:2])
    assert len(pd.read_parquet(shop.target.store.uri("retail/products"))) == 6


def test_pyarrow_reads_what_is_published(shop):
    dataset = pads.dataset(shop.target.store.uri("retail/orders"), partitioning="hive")
    table = dataset.to_table()
    assert sorted(table["order_id"].to_pylist()) == EXPECTED
    assert set(table["date"].to_pylist()) == set(DAYS[:2])
    assert pads.dataset(shop.target.store.uri("retail")).count_rows() == len(EXPECTED) + 6


def test_our_own_dataset_reads_what_the_manifests_name(shop):
    (shop.target.store.root / f"retail/orders/date={DAYS[0]}/part-00009.parquet").write_bytes(b"nobody's")
    dataset = shop.target.dataset("retail", "orders")
    table = dataset.to_table(filter=pads.field("date") == pd.Timestamp(DAYS[1]).date())
    assert sorted(table["order_id"].to_pylist()) == EXPECTED[4:]
    assert shop.numbers() == EXPECTED
    assert shop.numbers("products") == list(range(6))
    assert shop.target.dataset("retail", "orders", [DAYS[1], "2030-01-01"]).count_rows() == 5
    assert shop.target.dataset("retail", "orders", ["2030-01-01"]) is None
    assert shop.target.dataset("retail", "customers") is None
    assert list(shop.target.published("retail", "orders")) == list(DAYS)
    assert list(shop.target.published("retail", "products")) == ["static"]
    assert shop.target.published_keys("retail", "products") == ["static"]
    assert shop.target.published_keys("retail", "orders") == list(DAYS)


@pytest.mark.parametrize(
    ("period", "key", "folder", "columns"),
    [
        (Period.HOUR, "2026-01-31-05:00", "date=2026-01-31/hour=05", {"date": "2026-01-31", "hour": "5"}),
        (Period.WEEK, "2026-02-02", "week=2026-02-02", {"week": "2026-02-02"}),
        (Period.MONTH, "2026-02-01", "month=2026-02", {"month": "2026-02"}),
    ],
)
def test_every_period_has_its_folders_and_columns(any_lake, period, key, folder, columns):
    any_lake.publish([any_lake.rows(2)], ref=PartitionRef("retail", "orders", period, key))
    assert any(entry.startswith(f"retail/orders/{folder}/part-") for entry in any_lake.list_keys())
    row = any_lake.target.dataset("retail", "orders").to_table().to_pylist()[0]
    assert {name: str(row[name]) for name in columns} == columns
    assert list(any_lake.target.published("retail", "orders")) == [key]
    assert any_lake.target.published_keys("retail", "orders") == [key]


def test_a_table_whose_schema_changed_reads_with_its_latest_columns(lake):
    lake.publish([lake.rows(2)], ref=lake.ref(DAYS[0]))
    with lake.target.stage(lake.ref(DAYS[1])) as staging:
        batch = lake.rows(2, seed=7).drop_columns(["note"]).append_column("paid", lake.rows(2)["order_id"])
        staging.write_part(0, batch.schema, [batch])
        staging.publish(PartitionFacts())
    table = lake.target.dataset("retail", "orders").to_table()
    assert table.schema.names == ["order_id", "status", "paid", "date"]
    assert sorted(table["paid"].to_pylist(), key=str) == [0, 1, None, None]


def test_the_manifests_of_other_partitions_are_not_read(shop, monkeypatch):
    store, read = type(shop.target.store), []
    original = store.read
    monkeypatch.setattr(store, "read", lambda self, key: read.append(key) or original(self, key))
    assert list(shop.target.published("retail", "orders", [DAYS[1], "2030-01-01"])) == [DAYS[1]]
    assert [key for key in read if "2026" in key] == [f"retail/_manifests/orders/{DAYS[1]}.json"]

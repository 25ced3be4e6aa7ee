"""Whole datasets into a database: beside a lake, alone, and over what an earlier version of the dataset has left."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.generate import generate, open_plan
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.read import read_table
from tempdata_dagster.publish.route import Destination, Route, Routes, open_place
from tempdata_dagster.refresh import RefreshOptions

SHOP = """\
dataset: {dataset}
seed: {seed}
start: 2026-01-01
tables:
  customers:
    rows: 200
    key: customer_id
    columns:
      customer_id: {{kind: uuid}}
      referred_by: {{kind: reference, to: customers, nulls: 0.5}}
      name: {{kind: full_name}}
  orders:
    rows: {{per: day, mean: 50}}
    key: order_id
    columns:
      order_id: {{kind: key, prefix: O}}
      ordered_at: {{kind: timestamp}}
      customer_id: {{kind: reference, to: customers}}
      total: {{kind: number, min: 1, max: 900, decimals: 2}}
"""
RANGE = {"first": "2026-01-01", "last": "2026-01-03"}
HOW = RefreshOptions(suite=False)


def plan_of(folder: Path, dataset: str, seed: int = 1, more: str = ""):
    path = folder / "shop.yaml"
    path.write_text(SHOP.format(dataset=dataset, seed=seed) + more)
    return open_plan(path)


def both(lake: Target, database) -> Routes:
    return Routes(Route((Destination("lake", lake), Destination("warehouse", database))))


def assert_same(lake: Target, database, dataset: str, table: str) -> None:
    ours, theirs = (read_table(place, dataset, table) for place in (lake, database))
    key = plan_key(table)
    assert theirs.schema.equals(ours.schema)
    assert theirs.sort_by(key).to_pylist() == ours.sort_by(key).to_pylist()


def plan_key(table: str) -> str:
    return {"customers": "customer_id", "orders": "order_id"}[table]


def test_beside_a_lake_and_after_an_edit(shop, tmp_path):
    lake, database = Target.open(tmp_path / "lake"), shop.database
    results = generate(plan_of(tmp_path, shop.dataset), both(lake, database), options=HOW, **RANGE)
    assert {one.status for one in results} == {"published"}
    for table in ("customers", "orders"):
        assert_same(lake, database, shop.dataset, table)
    again = generate(plan_of(tmp_path, shop.dataset), both(lake, database), options=HOW, **RANGE)
    assert {(one.name, one.status) for result in again for one in result.delivered} == {
        ("lake", "unchanged"), ("warehouse", "unchanged"),
    }  # fmt: skip
    # Other keys everywhere: the parents come first, while the children still refer to the old ones.
    edited = generate(plan_of(tmp_path, shop.dataset, seed=2), both(lake, database), options=HOW, **RANGE)
    assert {one.status for one in edited} == {"published"}
    for table in ("customers", "orders"):
        assert_same(lake, database, shop.dataset, table)
    assert database.verify(shop.dataset) == []


def test_alone_with_a_column_that_is_new(shop, tmp_path):
    generate(plan_of(tmp_path, shop.dataset), shop.database, options=HOW, **RANGE)
    before = read_table(shop.database, shop.dataset, "orders")
    more = "      note: {kind: choice, values: [a, b]}\n"
    results = generate(
        plan_of(tmp_path, shop.dataset, more=more), shop.database, tables=["orders"], options=HOW, **RANGE
    )
    assert {one.status for one in results} == {"published"}
    after = read_table(shop.database, shop.dataset, "orders")
    assert set(after.schema.names) - set(before.schema.names) == {"note"}
    assert after["note"].null_count == 0
    assert after.sort_by("order_id").select(before.column_names).equals(before.sort_by("order_id"))


@pytest.mark.parametrize("name", ["shop.duckdb", "Shop.v2.db"])
def test_a_file_of_the_datasets_own_name(tmp_path, name):
    database = open_place(f"duckdb:///{tmp_path}/{name}")
    generate(plan_of(tmp_path, "shop"), database, tables=["customers"], options=HOW)
    assert read_table(database, "shop", "customers").num_rows == 200
    assert (database.verify("shop"), database.datasets()) == ([], ["shop"])
    with duckdb.connect(str(tmp_path / name)) as connection:
        assert connection.sql("SELECT count(*) FROM shop.customers").fetchall() == [(200,)]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_looking_for_a_file_does_not_make_it(tmp_path, kind):
    database = open_place(f"{kind}:///{tmp_path}/nothing.db")
    with pytest.raises(InputError, match="TD3007"):
        read_table(database, "shop", "customers")
    with pytest.raises(InputError, match="TD3006"):
        database.verify()
    assert list(tmp_path.iterdir()) == []


def test_workers_share_a_database(shop, tmp_path):
    results = generate(plan_of(tmp_path, shop.dataset), shop.database, options=HOW, workers=2, **RANGE)
    assert {one.status for one in results} == {"published"}
    assert read_table(shop.database, shop.dataset, "orders").num_rows == sum(
        one.rows for one in results if one.table == "orders"
    )

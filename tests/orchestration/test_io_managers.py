from __future__ import annotations

from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tempdata_dagster.core.partition import Period
from tempdata_dagster.orchestration.partitions import define_partitions
from tests.orchestration.shop import Project, materialize

ORDERS = dg.AssetKey(["shop", "orders"])
KEYS = ("2026-01-01", "2026-01-03")


def load_as(project: Project, instance: dg.DagsterInstance, wanted: Any, *, partition: str | None = None) -> Any:
    """What a downstream asset is given for an argument that is annotated with `wanted`."""
    given: list[Any] = []

    def report(orders: Any) -> None:
        given.append(orders)

    report.__annotations__["orders"] = wanted
    partitions = define_partitions(Period.DAY, pd.Timestamp("2026-01-01").date()) if partition else None
    asset = dg.asset(ins={"orders": dg.AssetIn(ORDERS)}, partitions_def=partitions)(report)
    definitions = dg.Definitions.merge(project.definitions(), dg.Definitions(assets=[asset]))
    result = materialize(definitions, instance, "report", keys=(partition, partition) if partition else None)
    if not result.success:
        [failure] = result.get_step_failure_events()
        raise RuntimeError(failure.step_failure_data.error.to_string())
    return given[0]


@pytest.fixture
def published(project: Project, instance: dg.DagsterInstance) -> pa.Table:
    """Three days of orders, as a plain reader sees them."""
    assert materialize(project.definitions(), instance, keys=KEYS).success
    return pq.read_table(project.lake / "shop" / "orders")


def test_a_whole_table_as_arrow(project: Project, instance: dg.DagsterInstance, published: pa.Table):
    loaded = load_as(project, instance, pa.Table)

    assert loaded.num_rows == published.num_rows
    assert sorted(loaded["order_id"].to_pylist()) == sorted(published["order_id"].to_pylist())


def test_a_whole_table_as_pandas(project: Project, instance: dg.DagsterInstance, published: pa.Table):
    loaded = load_as(project, instance, pd.DataFrame)

    assert isinstance(loaded, pd.DataFrame)
    assert set(loaded["order_id"]) == set(published["order_id"].to_pylist())


def test_a_dataset_is_read_piece_by_piece(project: Project, instance: dg.DagsterInstance, published: pa.Table):
    loaded = load_as(project, instance, ds.Dataset)

    assert isinstance(loaded, ds.Dataset)
    assert loaded.count_rows() == published.num_rows


def test_one_partition(project: Project, instance: dg.DagsterInstance, published: pa.Table):
    loaded = load_as(project, instance, pa.Table, partition="2026-01-02")

    assert {str(day) for day in loaded["date"].to_pylist()} == {"2026-01-02"}
    assert 0 < loaded.num_rows < published.num_rows


def test_a_static_table(project: Project, instance: dg.DagsterInstance):
    assert materialize(project.definitions(), instance, "shop/products").success
    given: list[pa.Table] = []

    @dg.asset(ins={"products": dg.AssetIn(["shop", "products"])})
    def report(products) -> None:
        given.append(products)

    definitions = dg.Definitions.merge(project.definitions(), dg.Definitions(assets=[report]))
    assert materialize(definitions, instance, "report").success
    assert given[0].num_rows == 50


def test_a_table_that_is_not_published_is_told(project: Project, instance: dg.DagsterInstance):
    with pytest.raises(RuntimeError, match="TD4020 shop/orders is not published yet"):
        load_as(project, instance, pa.Table)


def test_a_partition_that_is_not_published_is_told(project: Project, instance: dg.DagsterInstance, published: pa.Table):
    with pytest.raises(RuntimeError, match="TD4020 partitions of shop/orders are not published yet: 2026-01-09"):
        load_as(project, instance, pa.Table, partition="2026-01-09")


def test_an_annotation_that_is_none_of_the_three_is_told(
    project: Project, instance: dg.DagsterInstance, published: pa.Table
):
    with pytest.raises(RuntimeError, match="TD4021 shop/orders cannot be loaded as dict"):
        load_as(project, instance, dict)


def test_the_lake_takes_no_rows_from_other_assets(project: Project, instance: dg.DagsterInstance):
    @dg.asset(io_manager_key="tempdata_io_manager")
    def mine() -> pa.Table:
        return pa.table({"a": [1]})

    definitions = dg.Definitions.merge(project.definitions(), dg.Definitions(assets=[mine]))
    result = materialize(definitions, instance, "mine")

    [failure] = result.get_step_failure_events()
    assert "TD4022" in failure.step_failure_data.error.to_string()

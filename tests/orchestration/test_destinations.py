"""A project whose tables go to more than one place."""

from __future__ import annotations

from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from tempdata_dagster.orchestration.io_managers import TempDataIOManager
from tempdata_dagster.orchestration.metadata import link_console
from tempdata_dagster.orchestration.resources import TempDataDestination, TempDataResource
from tests.orchestration.shop import Project, materialize, materialized

KEYS = ("2026-01-01", "2026-01-03")
PLACES = """\
default_target: local
targets:
  local:
    url: ./lake
    destinations:
      exports: {url: ./exports}
  production:
    url: ./production
    destinations: {exports: null}
"""


@pytest.fixture
def places(project: Project) -> Project:
    project.file.write_text(PLACES, encoding="utf-8")
    project.edit("shop", "seed: 1\n", "seed: 1\npublish: [lake, {to: exports, format: csv, compression: gzip}]\n")
    return project


def load(
    project: Project, instance: dg.DagsterInstance, wanted: Any, destination: str | None, target: str | None = None
) -> Any:
    """What a downstream asset is given that loads orders from a destination."""
    given: list[Any] = []

    def report(orders: Any) -> None:
        given.append(orders)

    report.__annotations__["orders"] = wanted
    asset = dg.asset(ins={"orders": dg.AssetIn(["shop", "orders"], input_manager_key="from_there")})(report)
    resource = TempDataResource(project=str(project.file), target=target)
    manager = TempDataIOManager(tempdata=resource, destination=destination)
    more = dg.Definitions(assets=[asset], resources={"from_there": manager})
    result = materialize(dg.Definitions.merge(project.definitions(), more), instance, "report")
    if not result.success:
        [failure] = result.get_step_failure_events()
        raise RuntimeError(failure.step_failure_data.error.to_string())
    return given[0]


def test_every_place_gets_its_files_and_the_asset_tells_of_them(places: Project, instance: dg.DagsterInstance):
    result = materialize(places.definitions(), instance, keys=KEYS)
    assert result.success
    found = materialized(result)["shop/orders", "2026-01-02"].metadata
    assert found["dagster/uri"].value == str(places.lake / "shop/orders/date=2026-01-02")
    assert f"`{places.root}/exports/csv/shop/orders/date=2026-01-02`" in found["tempdata/destinations"].value
    assert (places.root / "exports/csv/shop/orders/date=2026-01-02/part-00000.csv.gz").is_file()
    rows = duckdb.sql(f"from read_csv('{places.root}/exports/csv/shop/orders/*/*.csv.gz')").fetchall()
    assert len(rows) == pa.Table.from_batches(ds.dataset(places.lake / "shop/orders").to_batches()).num_rows


def test_an_environment_without_a_place_leaves_it_out(places: Project, instance: dg.DagsterInstance):
    resource = TempDataResource(project=str(places.file), target="production", suite_partitions=0)
    assert materialize(places.definitions(resource=resource), instance, "shop/products").success
    assert (places.root / "production/shop/products/part-00000.parquet").is_file()
    assert not (places.root / "exports").exists()


def test_what_fell_back_to_the_lake_is_loaded_from_it(places: Project, instance: dg.DagsterInstance):
    places.edit("shop", "[lake, {to: exports, format: csv, compression: gzip}]", "[{to: exports, format: csv}]")
    resource = TempDataResource(project=str(places.file), target="production", suite_partitions=0)
    assert materialize(places.definitions(resource=resource), instance, keys=KEYS).success
    published = ds.dataset(places.root / "production/shop/orders").to_table()
    assert load(places, instance, pa.Table, None, "production").num_rows == published.num_rows > 0


def test_the_asset_shows_the_formats(places: Project):
    [spec] = [one for one in places.definitions().resolve_all_asset_specs() if one.key.path[-1] == "orders"]
    assert spec.kinds == {"tempdata", "parquet", "csv"}
    assert [one["to"] for one in spec.metadata["tempdata/publish"].value] == ["lake", "exports"]


TYPES = (pa.Table, pd.DataFrame, pl.DataFrame, pl.LazyFrame, duckdb.DuckDBPyRelation, ds.Dataset)


@pytest.mark.parametrize("destination", [None, "exports"])
def test_rows_load_as_whatever_is_asked_for(places: Project, instance: dg.DagsterInstance, destination: str | None):
    assert materialize(places.definitions(), instance, keys=KEYS).success
    expected = ds.dataset(places.lake / "shop/orders").to_table().sort_by("order_id")
    for wanted in TYPES:
        loaded = load(places, instance, wanted, destination)
        assert isinstance(loaded, wanted)
        assert read(loaded).sort_by("order_id").select(expected.column_names).cast(expected.schema).equals(expected)


def read(loaded: Any) -> pa.Table:
    match loaded:
        case pa.Table():
            return loaded
        case pd.DataFrame():
            return pa.Table.from_pandas(loaded, preserve_index=False)
        case pl.LazyFrame():
            return loaded.collect().to_arrow()
        case pl.DataFrame():
            return loaded.to_arrow()
        case ds.Dataset():
            return loaded.to_table()
        case _:
            return loaded.to_arrow_table()


def test_a_place_that_a_table_does_not_go_to_is_told(places: Project, instance: dg.DagsterInstance):
    assert materialize(places.definitions(), instance, keys=KEYS).success
    with pytest.raises(RuntimeError, match="TD4023 shop/orders is not published to 'warehouse'"):
        load(places, instance, pa.Table, "warehouse")


def test_a_list_that_is_wrong_breaks_its_dataset_alone(places: Project):
    places.edit("shop", "format: csv", "format: cvs")
    keys = {one.key.to_user_string() for one in places.definitions().resolve_all_asset_specs()}
    assert "shop/orders" not in keys
    assert keys


def test_a_place_that_nobody_knows_fails_the_step_with_its_line(places: Project, instance: dg.DagsterInstance):
    places.edit("shop", "to: exports", "to: exprots")
    result = materialize(places.definitions(), instance, "shop/products")
    [failure] = result.get_step_failure_events()
    said = failure.step_failure_data.user_failure_data.description
    assert "shop.yaml:4:22: TD1054 there is no destination 'exprots'" in said
    assert "did you mean 'exports'?" in said


def test_assets_of_ones_own_work_with_a_destination(places: Project, instance: dg.DagsterInstance):
    assert materialize(places.definitions(), instance, "shop/products").success
    given: list[pa.Table] = []

    @dg.asset(required_resource_keys={"tempdata_exports"})
    def report(context) -> None:
        destination: TempDataDestination = context.resources.tempdata_exports
        given.append(destination.read("shop", "products"))

    definitions = dg.Definitions.merge(places.definitions(), dg.Definitions(assets=[report]))
    # Files of another format than the destination's own lie below it.
    definitions.resources["tempdata_exports"] = TempDataDestination(
        tempdata=TempDataResource(project=str(places.file)), name="exports", format="csv"
    )
    assert materialize(definitions, instance, "report").success
    assert given[0].num_rows == 50


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        ("s3://lake/shop/orders", "https://s3.console.aws.amazon.com/s3/buckets/lake?prefix=shop/orders/"),
        ("gs://lake/shop/a b", "https://console.cloud.google.com/storage/browser/lake/shop/a%20b/"),
        ("/data/lake/shop", None),
        ("abfs://lake/shop", None),
    ],
)
def test_the_providers_console_is_linked(uri: str, link: str | None):
    assert link_console(uri) == link

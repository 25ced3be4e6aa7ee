from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import LoadedDataset, load_dataset
from tempdata_dagster.spec.override import override

TEXT = """
dataset: d
start: 2025-01-01
tables:
  products: {rows: 1000, key: id, columns: {id: {kind: key}}}
  regions: {rows: {count: 30, scale: false}, key: id, columns: {id: {kind: key}}}
  nothing: {rows: 0, columns: {id: {kind: key}}}
  orders: {rows: {per: day, mean: 500, initial: 200}, key: id, columns: {id: {kind: key}}}
  returns: {rows: {per: day, mean: 5}, key: id, columns: {id: {kind: key}}}
  items:
    rows: ROWS
    columns:
      order: {kind: reference, to: orders}
      product: {kind: reference, to: products, unique_within: order}
"""


@pytest.fixture
def loaded(tmp_path):
    def load(rows: str = "{per: orders, distribution: uniform, min: 1, max: 12}") -> LoadedDataset:
        (tmp_path / "d.yaml").write_text(TEXT.replace("ROWS", rows))
        return load_dataset(tmp_path / "d.yaml", KINDS)

    return load


def rows_of(loaded: LoadedDataset, table: str):
    return loaded.dataset.tables[table].rows


def test_multiplies_rows_rates_and_populations(loaded):
    scaled = override(loaded(), seed=9, scale=2.5)
    assert scaled.dataset.seed == 9
    assert rows_of(scaled, "products").count == 2_500
    assert rows_of(scaled, "regions").count == 30
    assert rows_of(scaled, "orders").mean == 1_250
    assert rows_of(scaled, "orders").initial == 500
    assert rows_of(scaled, "items") == rows_of(loaded(), "items")


def test_at_least_one_row_and_one_initial_row_stay(loaded):
    scaled = override(loaded("{per: orders}"), scale=1e-5)
    assert rows_of(scaled, "products").count == 1
    assert rows_of(scaled, "orders").initial == 1
    assert rows_of(scaled, "nothing").count == 0
    assert rows_of(scaled, "returns").initial == 0


@pytest.mark.parametrize(
    ("rows", "least"),
    [
        ("{per: orders, distribution: uniform, min: 1, max: 12}", 12),
        ("{per: orders, mean: 3.2}", 4),
        ("{per: orders, min: 3}", 3),
        ("{per: orders, distribution: geometric, mean: 4, max: 25}", 25),
        ("{per: orders, distribution: geometric, mean: 4}", 134),
        ("{per: orders, distribution: poisson, mean: 900}", 1_000),
    ],
)
def test_as_many_rows_stay_as_references_without_repeats_choose(loaded, rows, least):
    assert rows_of(override(loaded(rows), scale=0.0001), "products").count == least


@pytest.mark.parametrize(("seed", "scale"), [(-1, 1.0), (2**63, 1.0), (None, 0.0), (None, 1e7), (None, float("nan"))])
def test_refuses_what_is_out_of_range(loaded, seed, scale):
    with pytest.raises(InputError, match="TD1110"):
        override(loaded(), seed, scale)


def test_refuses_tables_that_grow_too_large(loaded):
    with pytest.raises(InputError, match=r"over 1,000,000,000,000 rows"):
        override(override(loaded(), scale=1e6), scale=1e6)

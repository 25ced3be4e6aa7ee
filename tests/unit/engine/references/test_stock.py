from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from tempdata_dagster.engine.addresses import STATIC, Addresses
from tempdata_dagster.engine.references.stock import Shelf, Stock
from tests.properties.shop import plan_of

PARTS = {
    "dataset": "parts",
    "tables": {
        "part": {
            "rows": 300,
            "key": "part_id",
            "columns": {
                "part_id": {"kind": "key", "prefix": "P"},
                "shade": {"kind": "choice", "values": ["red", "blue", "green"], "nulls": 0.2},
                "price": {"kind": "number", "min": 1, "max": 50, "decimals": 2},
            },
        },
        "version": {
            "rows": {"per": "part", "distribution": "uniform", "min": 0, "max": 4},
            "columns": {"number": {"kind": "position"}, "weight": {"kind": "number", "min": 0, "max": 1}},
        },
        "supply": {
            "rows": {"per": "version", "distribution": "geometric", "mean": 1.5, "min": 0, "max": 6},
            "columns": {
                "delay": {"kind": "integer", "min": 1, "max": 90},
                "price": {"kind": "lookup", "of": "part", "column": "price"},
                "part": {"kind": "reference", "to": "part"},
            },
        },
    },
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return plan_of(PARTS, tmp_path_factory.mktemp("parts"))


def all_rows(relation) -> np.ndarray:
    blocks = relation.layout.frames(relation, relation.layout.spans(STATIC), STATIC, 65_536)
    return np.concatenate([block.rows.ordinal for block in blocks])


@pytest.mark.parametrize(
    ("table", "column"),
    [("part", "shade"), ("part", "price"), ("version", "weight"), ("supply", "delay"), ("supply", "price")],
)
def test_what_is_kept_is_what_would_be_computed(plan, table, column):
    relation, rng = plan.relation(table), np.random.default_rng(7)
    rows = all_rows(relation)
    assert len(rows) > 200
    stock, computed = Stock(relation), relation.columns[column].fill
    kept = 0
    for _ in range(8):
        drawn = Addresses(STATIC, rng.choice(rows, 500))
        found = stock.find(column, relation.at(drawn))
        if found is not None:
            kept += 1
            assert found.equals(computed(relation.at(drawn)))
    assert kept >= 4


def test_keys_and_large_columns_are_computed(plan, monkeypatch):
    relation = plan.relation("part")
    frame = relation.at(Addresses(STATIC, np.arange(300).repeat(9)))
    assert all(Stock(relation).find("part_id", frame) is None for _ in range(3))
    assert Stock(relation).find("price", frame) is not None
    monkeypatch.setattr("tempdata_dagster.engine.references.stock._MAX_BYTES", 300 * 16 - 1)
    assert Stock(relation).find("price", frame) is None


def test_what_turns_out_too_large_is_computed(plan, monkeypatch):
    relation = plan.relation("part")
    frame = relation.at(Addresses(STATIC, np.arange(300).repeat(9)))
    monkeypatch.setattr("tempdata_dagster.engine.references.stock._TEXT_BYTES", 1)
    monkeypatch.setattr("tempdata_dagster.engine.references.stock._MAX_BYTES", 300)
    stock = Stock(relation)
    assert stock.find("shade", frame) is not None  # more bytes than foreseen
    assert stock.find("shade", frame) is None


def test_the_stocks_of_a_dataset_share_a_shelf_from_which_the_oldest_goes_first(plan, monkeypatch):
    monkeypatch.setattr("tempdata_dagster.engine.references.stock._MAX_TOTAL", 300 * 16 * 2 + 100)
    part, version, shelf = plan.relation("part"), plan.relation("version"), Shelf()
    frame = part.at(Addresses(STATIC, np.arange(300).repeat(3)))
    stock = Stock(part, shelf)
    expected = part.columns["price"].fill(frame)
    assert stock.find("price", frame).equals(expected)
    assert shelf.find("part", "price") is not None
    others = version.at(Addresses(STATIC, all_rows(version).repeat(3)))
    assert Stock(version, shelf).find("weight", others).equals(version.columns["weight"].fill(others))
    assert shelf.find("part", "price") is None
    assert shelf.find("version", "weight") is not None
    some = part.at(Addresses(STATIC, np.arange(300)))
    assert [stock.find("price", some) is None for _ in range(3)] == [True, True, False]
    assert stock.find("price", some).equals(part.columns["price"].fill(some))


def test_a_shelf_counts_what_it_replaces_once(monkeypatch):
    monkeypatch.setattr("tempdata_dagster.engine.references.stock._MAX_TOTAL", 100)
    shelf = Shelf()
    for size in (60, 50, 40):
        shelf.keep("t", "a", size, size)
    shelf.keep("t", "b", "b", 60)
    assert (shelf.find("t", "a"), shelf.find("t", "b")) == (40, "b")
    shelf.keep("t", "c", "c", 1)
    assert (shelf.find("t", "a"), shelf.find("t", "b"), shelf.find("t", "c")) == (None, "b", "c")


def test_only_static_tables_keep_cells(tmp_path):
    tree = {
        "dataset": "daily",
        "start": date(2025, 1, 1),
        "tables": {
            "orders": {"rows": {"per": "day", "mean": 5}, "columns": {"at": {"kind": "timestamp"}}},
            "items": {"rows": {"per": "orders", "mean": 2}, "columns": {"n": {"kind": "position"}}},
            "shops": {"rows": 3, "columns": {"at": {"kind": "choice", "values": ["a", "b"]}}},
        },
    }
    plan = plan_of(tree, tmp_path)
    assert {table: plan.relation(table).stock is not None for table in plan.tables} == {
        "orders": False, "items": False, "shops": True,
    }  # fmt: skip
    shops = plan.relation("shops")
    cells = [shops.at(Addresses(STATIC, np.array([2, 0, 1, 2]))).column("at") for _ in range(4)]
    assert len({tuple(array.to_pylist()) for array in cells}) == 1
    assert all(pa.types.is_dictionary(array.type) for array in cells)

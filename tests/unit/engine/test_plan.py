from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tempdata_dagster.core.errors import InputError, SpecError
from tempdata_dagster.engine.plan import Plan, Tally
from tests.properties.shop import parse_shop, plan_of

Tree = dict[str, Any]


@pytest.fixture
def shop(tmp_path: Path) -> Plan:
    return plan_of(parse_shop(), tmp_path)


def problems_of(tree: Tree, folder: Path) -> list[str]:
    with pytest.raises(SpecError) as caught:
        plan_of(tree, folder)
    return [
        f"{problem.code} {problem.message}" for problem in caught.value.problems if problem.where and problem.where.line
    ]


def column(tree: Tree, table: str, name: str, **settings: object) -> Tree:
    tree = copy.deepcopy(tree)
    tree["tables"][table]["columns"][name] = settings
    return tree


def test_a_cycle_among_columns_is_printed(tmp_path: Path) -> None:
    tree = column(parse_shop(), "order_items", "quantity", kind="lookup", of="order_id", column="units")
    (problem,) = problems_of(tree, tmp_path)
    assert problem == (
        "TD2001 columns are computed from each other: "
        "order_items.quantity -> orders.units -> order_items.quantity"
    ) or problem.endswith("orders.units -> order_items.quantity -> orders.units")  # fmt: skip


def test_rows_that_depend_on_their_own_total_are_refused(tmp_path: Path) -> None:
    tree = parse_shop()
    tree["tables"]["order_items"]["rows"]["when"] = {"units": [1]}
    assert any("computed from" in problem for problem in problems_of(tree, tmp_path))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "reference", "to": "product"}, "TD2003"),
        ({"kind": "lookup", "of": "customer_id", "column": "nme"}, "TD2002"),
        ({"kind": "lookup", "of": "lines", "column": "x"}, "TD2021"),
        ({"kind": "reference", "to": "order_items"}, "TD2023"),
        ({"kind": "reference", "to": "readings", "column": "at"}, "TD2024"),
        ({"kind": "reference", "to": "orders"}, "TD2025"),
        ({"kind": "reference", "to": "customers", "as_of": "lines"}, "TD2026"),
        ({"kind": "reference", "to": "products", "unique_within": "customer_id"}, "TD2028"),
        ({"kind": "aggregate", "of": "returns.quantity"}, "TD2002"),
        ({"kind": "aggregate", "of": "readings.level"}, "TD2022"),
        ({"kind": "expression", "sql": "missing + 1"}, "TD2040"),
        ({"kind": "expression", "sql": "lines + 1", "unique": True}, "TD2008"),
        ({"kind": "key", "type": "int33"}, "TD2009"),
        ({"kind": "integer", "min": 1, "max": 10, "unique": True}, "TD2004"),
        ({"kind": "integer", "min": 1, "max": 1000, "type": "int8"}, "TD2009"),
    ],
)
def test_bad_columns_are_refused_at_their_place(change: dict[str, object], code: str, tmp_path: Path) -> None:
    problems = problems_of(column(parse_shop(), "orders", "added", **change), tmp_path)
    assert [problem[:6] for problem in problems] == [code]


def test_all_problems_are_reported_together(tmp_path: Path) -> None:
    tree = column(parse_shop(), "orders", "one", kind="reference", to="nowhere")
    tree = column(tree, "returns", "two", kind="lookup", of="nothing", column="x")
    tree["tables"]["customers"]["rules"] = ["closed_at > 1 OR SELECT"]
    assert {problem[:6] for problem in problems_of(tree, tmp_path)} == {"TD2003", "TD2002", "TD2036"}


def test_a_static_table_cannot_refer_to_a_partitioned_one_without_a_moment(tmp_path: Path) -> None:
    tree = column(parse_shop(), "products", "added", kind="reference", to="customers")
    assert problems_of(tree, tmp_path)[0].startswith("TD2027")


def test_late_rows_need_a_greatest_lag(tmp_path: Path) -> None:
    tree = column(
        parse_shop(), "shipments", "shipped_at", kind="timestamp", start=date(2025, 1, 1), end=date(2025, 2, 1)
    )
    assert problems_of(tree, tmp_path)[0].startswith("TD2006")


def test_foreign_keys_are_found_and_cycles_give_way_where_they_may_be_null(shop: Plan) -> None:
    keys = {(table, key.columns): key for table in shop.tables for key in shop.contract(table).foreign_keys}
    assert keys["order_items", ("supplier_id",)].parent == "suppliers"
    assert keys["customers", ("referrer_id",)].cyclic
    assert keys["suppliers", ("best_product_id",)].cyclic
    assert not keys["products", ("supplier_id",)].cyclic
    assert keys["orders", ("customer_id",)].as_of
    assert keys["shipments", ("order_id",)].lag == 4 * 86_400_000_000
    order = {table: place for place, table in enumerate(shop.tables)}
    assert all(order[parent] < order[table] for table in shop.tables for parent in shop.dependencies(table))


def test_a_composite_key_is_one_foreign_key(tmp_path: Path) -> None:
    tree = parse_shop()
    tree["tables"]["notes"] = {
        "rows": 50, "key": "note_id",
        "columns": {
            "note_id": {"kind": "key"},
            "promotion_id": {"kind": "reference", "to": "promoted", "column": "promotion_id"},
            "product_id": {"kind": "lookup", "of": "promotion_id", "column": "product_id"},
        },
    }  # fmt: skip
    plan = plan_of(tree, tmp_path)
    keys = {key.columns: key.parent for key in plan.contract("notes").foreign_keys}
    assert keys["promotion_id", "product_id"] == "promoted"


def test_parts_cover_each_root_row_once(shop: Plan) -> None:
    for table, key in (
        ("orders", "2025-01-01"),
        ("products", None),
        ("returns", "2025-01-05"),
        ("readings", "2025-01-02"),
    ):
        whole = shop.parts(table, key)
        cut = shop.parts(table, key, part_rows=7)
        assert sum(s.stop - s.start for p in whole for s in p.spans) == sum(
            s.stop - s.start for p in cut for s in p.spans
        )
        assert [part.index for part in cut] == list(range(len(cut)))
        assert len(cut) > len(whole) == 1


def test_the_tally_counts_rows_by_the_parents_partition(shop: Plan) -> None:
    tally = Tally()
    for part in shop.parts("shipments", "2025-01-05"):
        for _ in shop.batches(part, tally=tally):
            pass
    assert sum(tally.references["foreign_key_order_id"].values()) == tally.rows
    assert set(tally.references["foreign_key_order_id"]) <= {f"2025-01-0{day}" for day in range(1, 6)}


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2024-12-31", None, "before"),
        ("2025-01-05", "2025-01-02", "empty"),
        ("2025-1-1x", None, "not a day"),
        (None, "x", "not a"),
    ],
)
def test_bad_ranges_are_refused(shop: Plan, first: str | None, last: str | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        shop.partition_keys("orders", first, last)


def test_an_unknown_table_is_refused_with_a_hint(shop: Plan) -> None:
    with pytest.raises(InputError, match="did you mean 'orders'"):
        shop.contract("order")


EDITS: list[tuple[str, Callable[[Tree], object], set[str]]] = [
    ("a column's settings", lambda t: t["tables"]["returns"]["columns"]["compared_to"].update(nulls=0.5), {"returns"}),
    ("a description", lambda t: t["tables"]["orders"].update(description="x"), set()),
    ("a column's description", lambda t: t["tables"]["orders"]["columns"]["units"].update(description="x"), set()),
    ("the schedule", lambda t: t.update(schedule={"cron": "0 3 * * *", "timezone": "UTC"}), set()),
    ("a rule", lambda t: t["tables"]["orders"].update(rules=["lines >= 0"]), {"orders"}),
    ("a column that a child totals", lambda t: t["tables"]["order_items"]["columns"]["quantity"].update(max=8), {"order_items", "orders"}),
    ("a column that nobody reads", lambda t: t["tables"]["customers"]["columns"].update(zz={"kind": "constant", "value": 1}), {"customers"}),
    ("when customers sign up", lambda t: t["tables"]["customers"]["columns"]["signed_up_at"].update(precision="1min"), {"customers", "orders"}),
    ("a static parent's rows", lambda t: t["tables"]["promotions"].update(rows=13), {"promotions", "promoted"}),
    ("the order of columns", lambda t: t["tables"]["sensors"].update(columns=dict(reversed(t["tables"]["sensors"]["columns"].items()))), {"sensors"}),
    ("a leaf table", lambda t: t["tables"].pop("returns"), set()),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "expected"), [(e, x) for _, e, x in EDITS], ids=[name for name, _, _ in EDITS])
def test_an_edit_changes_the_fingerprints_of_true_dependants_only(
    shop: Plan, edit: Callable[[Tree], object], expected: set[str], tmp_path: Path
) -> None:
    tree = parse_shop()
    edit(tree)
    edited = plan_of(tree, tmp_path)
    changed = {table for table in edited.tables if edited.fingerprint(table) != shop.fingerprint(table)}
    assert changed == expected


def test_the_seed_changes_every_fingerprint(shop: Plan, tmp_path: Path) -> None:
    edited = plan_of(parse_shop() | {"seed": 8}, tmp_path)
    assert all(edited.fingerprint(table) != shop.fingerprint(table) for table in shop.tables)

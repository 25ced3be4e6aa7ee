"""Every reference leads to a row that exists, that existed at that moment, and, where asked, that no sibling refers to."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tempdata_dagster.engine.plan import Plan
from tests.properties.shop import keys_of, parse_shop, plan_of, rows_of

SEEDS = (1, 2, 3)
LAST = "2025-01-20"


def lake_of(plan: Plan) -> dict[str, pa.Table]:
    """All rows of all tables up to a day."""
    return {
        table: pa.concat_tables([rows_of(plan, table, key) for key in keys_of(plan, table, LAST)])
        for table in plan.tables
    }


@pytest.fixture(scope="module", params=SEEDS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, dict[str, pa.Table]]:
    """A plan and its rows, for several seeds."""
    plan = plan_of(parse_shop() | {"seed": request.param}, tmp_path_factory.mktemp("shop"))
    return plan, lake_of(plan)


def test_no_orphans_and_no_duplicate_keys(shop: tuple[Plan, dict[str, pa.Table]]) -> None:
    plan, lake = shop
    checked = 0
    for table in plan.tables:
        contract = plan.contract(table)
        keys = lake[table].select(list(contract.key))
        assert keys.group_by(list(contract.key)).aggregate([]).num_rows == keys.num_rows, table
        for foreign_key in contract.foreign_keys:
            child = lake[table].select(list(foreign_key.columns)).drop_null()
            parent = lake[foreign_key.parent].select(list(foreign_key.parent_columns))
            orphans = child.join(parent, list(foreign_key.columns), list(foreign_key.parent_columns), "left anti")
            assert orphans.num_rows == 0, (table, foreign_key)
            assert child.num_rows > 0, (table, foreign_key)
            checked += 1
    assert checked >= 15


def test_no_child_is_older_than_its_parent_and_no_parent_has_ended(shop: tuple[Plan, dict[str, pa.Table]]) -> None:
    _, lake = shop
    joined = lake["orders"].join(lake["customers"], "customer_id", "customer_id")
    assert joined.num_rows == lake["orders"].num_rows
    assert pc.all(pc.less_equal(joined["signed_up_at"], joined["ordered_at"])).as_py()
    assert pc.all(
        pc.or_kleene(pc.is_null(joined["closed_at"]), pc.greater(joined["closed_at"], joined["ordered_at"]))
    ).as_py()
    assert lake["customers"]["closed_at"].null_count < lake["customers"].num_rows
    compared = lake["returns"].drop_null().join(lake["shipments"].rename_columns({"shipment_id": "compared_to"}), "compared_to",
                                                right_suffix="_compared")  # fmt: skip
    assert compared.num_rows > 10
    assert pc.all(pc.less_equal(compared["shipped_at"], compared["returned_at"])).as_py()
    referred = lake["customers"]
    pairs = dict(zip(referred["customer_id"].to_pylist(), referred["signed_up_at"].to_pylist(), strict=True))
    for referrer, moment in zip(referred["referrer_id"].to_pylist(), referred["signed_up_at"].to_pylist(), strict=True):
        assert referrer is None or pairs[referrer] <= moment


def test_self_references_form_a_tree(shop: tuple[Plan, dict[str, pa.Table]]) -> None:
    _, lake = shop
    categories = lake["categories"].to_pylist()
    assert categories[0]["parent_id"] is None
    assert all(row["parent_id"] is None or row["parent_id"] < row["category_id"] for row in categories)


@pytest.mark.parametrize(("table", "group"), [("promoted", "promotion_id"), ("order_items", "order_id")])
def test_no_parent_twice_within_a_group(shop: tuple[Plan, dict[str, pa.Table]], table: str, group: str) -> None:
    _, lake = shop
    pairs = lake[table].select([group, "product_id"])
    assert pairs.group_by([group, "product_id"]).aggregate([]).num_rows == pairs.num_rows
    assert pairs.group_by(group).aggregate([([], "count_all")])["count_all"].to_pylist().count(1) < pairs.num_rows


def test_totals_equal_their_children(shop: tuple[Plan, dict[str, pa.Table]]) -> None:
    _, lake = shop
    sums = lake["order_items"].group_by("order_id").aggregate([("quantity", "sum"), ([], "count_all")])
    joined = lake["orders"].join(sums, "order_id")
    assert joined["units"].equals(joined["quantity_sum"])
    assert joined["lines"].equals(joined["count_all"])
    assert joined["doubled"].to_pylist() == [2 * units for units in joined["units"].to_pylist()]


def test_rows_land_in_their_own_days_partition(shop: tuple[Plan, dict[str, pa.Table]]) -> None:
    plan, _ = shop
    for key in keys_of(plan, "returns", LAST):
        days = pc.strftime(rows_of(plan, "returns", key)["returned_at"], "%Y-%m-%d").unique().to_pylist()
        assert days in ([key], [])


def test_a_grid_has_each_step_of_each_parent(shop: tuple[Plan, dict[str, pa.Table]]) -> None:
    plan, lake = shop
    one_day = rows_of(plan, "readings", "2025-01-05")
    assert one_day.num_rows == 4 * lake["products"].num_rows
    assert sorted(set(pc.strftime(one_day["at"], "%H:%M").to_pylist())) == ["00:00", "06:00", "12:00", "18:00"]


@pytest.mark.parametrize("period", ["hour", "day", "week", "month"])
def test_as_of_holds_for_every_partition_length(period: str, tmp_path: Path) -> None:
    tree = parse_shop()
    for name in ("customers", "orders"):
        tree["tables"][name]["rows"]["per"] = period
    plan = plan_of(tree, tmp_path)
    last = {"hour": "2025-01-02-00:00", "day": "2025-01-09", "week": "2025-02-03", "month": "2025-04-01"}[period]
    customers = pa.concat_tables(
        [rows_of(plan, "customers", key) for key in plan.partition_keys("customers", None, last)]
    )
    orders = pa.concat_tables([rows_of(plan, "orders", key) for key in plan.partition_keys("orders", None, last)])
    joined = orders.join(customers, "customer_id")
    assert joined.num_rows == orders.num_rows > 0
    assert joined["signed_up_at"].null_count == 0
    assert pc.all(pc.less_equal(joined["signed_up_at"], joined["ordered_at"])).as_py()


def test_a_grid_over_a_growing_table_holds_only_parents_of_earlier_days(tmp_path: Path) -> None:
    tree = parse_shop()
    tree["tables"]["readings"]["rows"]["per"] = "customers"
    tree["tables"]["readings"]["columns"]["product_id"] = {"kind": "reference", "to": "customers"}
    plan = plan_of(tree, tmp_path)
    days = ["2025-01-01", "2025-01-02", "2025-01-03"]
    customers = {day: set(rows_of(plan, "customers", day)["customer_id"].to_pylist()) for day in days}
    initial = {name for name in customers[days[0]] if name.startswith("C00000000")}
    seen = [set(rows_of(plan, "readings", day)["product_id"].to_pylist()) for day in days]
    assert seen[0] == initial
    assert seen[1] == customers[days[0]]
    assert seen[2] == customers[days[0]] | customers[days[1]]

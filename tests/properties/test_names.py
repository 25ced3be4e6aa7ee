"""Names, not positions: an edit moves only the cells that depend on it."""

from __future__ import annotations

import copy
import random
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tempdata_dagster.engine.plan import Plan
from tempdata_dagster.engine.references.sampling import Power, Skew, Uniform, Zipf
from tests.properties.shop import keys_of, parse_shop, plan_of, rows_of


def cells_of(plan: Plan, days: str = "2025-01-06") -> dict[tuple[str, str], pa.ChunkedArray]:
    """Every written cell up to a day, by table and column."""
    cells = {}
    for table in plan.tables:
        rows = pa.concat_tables([rows_of(plan, table, key) for key in keys_of(plan, table, days)])
        cells |= {(table, name): rows[name] for name in rows.column_names}
    return cells


def edit(tree: dict[str, Any], choice: random.Random) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    """A random insertion, removal, move or renaming of a leaf table or a leaf column, and the columns that it touches."""
    tree = copy.deepcopy(tree)
    tables = tree["tables"]
    what = choice.choice(
        ["add column", "remove column", "move column", "add table", "remove table", "move table", "describe"]
    )
    table = choice.choice(list(tables))
    columns = tables[table]["columns"]
    if what == "add column":
        items = list(columns.items())
        items.insert(choice.randrange(len(items) + 1), ("zz_added", {"kind": "position", "start": choice.randrange(9)}))
        tables[table]["columns"] = dict(items)
        return tree, {(table, "zz_added")}
    if what == "remove column":
        removable = {
            ("orders", "doubled"),
            ("orders", "lines"),
            ("returns", "compared_to"),
            ("suppliers", "best_product_id"),
        }
        table, column = choice.choice(sorted(removable))
        del tables[table]["columns"][column]
        return tree, {(table, column)}
    if what == "move column":
        names = list(columns)
        choice.shuffle(names)
        tables[table]["columns"] = {name: columns[name] for name in names}
        return tree, set()
    if what == "add table":
        added = {"rows": 5, "key": "id", "columns": {"id": {"kind": "key"}}}
        tree["tables"] = {"aa_added": added, **tables}
        return tree, {("aa_added", "id")}
    if what == "remove table":
        table = choice.choice(["returns", "promoted", "readings", "sensors", "categories"])
        gone = {(table, column) for column in tables[table]["columns"]}
        del tables[table]
        return tree, gone
    if what == "move table":
        names = list(tables)
        choice.shuffle(names)
        tree["tables"] = {name: tables[name] for name in names}
        return tree, set()
    tables[table]["description"] = "another text"
    return tree, set()


def draw_shop(choice: random.Random) -> dict[str, Any]:
    """A random dataset: its seed, sizes, rates, skews, numbers of children and leaf tables are drawn."""
    tree = parse_shop() | {"seed": choice.randrange(2**40)}
    tables = tree["tables"]
    for leaf in ("returns", "promoted", "readings", "sensors", "categories"):
        if choice.random() < 0.3:
            del tables[leaf]
    for name in ("products", "suppliers", "promotions"):
        tables[name]["rows"] = choice.randrange(25, 120)
    tables["customers"]["rows"] |= {"mean": choice.uniform(0.5, 9), "initial": choice.randrange(20, 80)}
    tables["orders"]["rows"] |= {"mean": choice.uniform(1, 60), "noise": choice.choice(["none", "poisson"])}
    tables["order_items"]["rows"] |= {"mean": choice.uniform(1.1, 4)}
    skews = ["uniform", {"zipf": choice.uniform(0.3, 2)}, {"pareto": 0.7}, {"recent": 0.6}]
    tables["orders"]["columns"]["customer_id"]["skew"] = copy.copy(choice.choice(skews))
    tables["order_items"]["columns"]["product_id"]["skew"] = copy.copy(choice.choice(skews))
    return tree


@pytest.mark.parametrize("seed", range(25))
def test_edits_change_no_foreign_cell(seed: int, tmp_path: Path) -> None:
    choice = random.Random(seed)
    tree, touched = draw_shop(choice), set()
    before = cells_of(plan_of(tree, tmp_path), "2025-01-03")
    for _ in range(choice.randrange(1, 4)):
        try:
            tree, more = edit(tree, choice)
        except KeyError:
            continue
        touched |= more
    after = cells_of(plan_of(tree, tmp_path), "2025-01-03")
    changed = {name for name in before.keys() & after.keys() if not before[name].equals(after[name])}
    assert changed <= touched
    assert before.keys() ^ after.keys() <= touched


def test_new_days_move_no_reference(tmp_path: Path) -> None:
    plan = plan_of(parse_shop(), tmp_path)
    early = cells_of(plan, "2025-01-04")
    cells_of(plan, "2025-02-04")
    assert all(early[name].equals(cells) for name, cells in cells_of(plan, "2025-01-04").items())


@pytest.mark.parametrize(
    ("settings", "skew"),
    [({}, Uniform()), ({"zipf": 1.1}, Zipf(1.1)), ({"zipf": 1.0}, Zipf(1.0)), ({"pareto": 0.8}, Power(0.8))],
)
def test_doubling_a_static_parent_moves_only_references_to_new_rows(
    settings: dict[str, float], skew: Skew, tmp_path: Path
) -> None:
    tree = parse_shop()
    tree["tables"]["suppliers"]["rows"] = 200
    tree["tables"]["products"]["rows"] = 20_000
    tree["tables"]["products"]["columns"]["supplier_id"] = {"kind": "reference", "to": "suppliers"} | (
        {"skew": settings} if settings else {}
    )
    before = rows_of(plan_of(tree, tmp_path), "products", None)["supplier_id"].to_pylist()
    tree["tables"]["suppliers"]["rows"] = 400
    after = rows_of(plan_of(tree, tmp_path), "products", None)["supplier_id"].to_pylist()
    moved = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert all(new > "S000000200" for _, new in moved)
    old_weight, new_weight = skew.total(np.array([200, 400]))
    assert len(moved) / len(before) == pytest.approx(1 - old_weight / new_weight, abs=0.01)


def test_a_moved_start_moves_no_row(tmp_path: Path) -> None:
    plan = plan_of(parse_shop(), tmp_path)
    earlier = plan_of(parse_shop() | {"start": date(2024, 12, 25)}, tmp_path)
    for column in ("order_id", "ordered_at"):
        assert rows_of(plan, "orders", "2025-01-03")[column].equals(rows_of(earlier, "orders", "2025-01-03")[column])

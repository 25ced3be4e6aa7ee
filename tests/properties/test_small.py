"""The shipped datasets as small previews: at a thousandth of their size every table has its rows, and every row its parents."""

from __future__ import annotations

from pathlib import Path

import pytest

from tempdata_dagster.engine.plan import Plan
from tempdata_dagster.generate import open_plan
from tests.properties.shop import rows_of

DATASETS = sorted((Path(__file__).parents[2] / "configs" / "datasets").glob("*.yaml"))
LATE = {"returns"}


def made(plan: Plan, table: str) -> int:
    last = "2025-01-07" if plan.period(table) else None
    return sum(rows_of(plan, table, key).num_rows for key in plan.partition_keys(table, last=last))


@pytest.mark.parametrize("scale", [0.01, 0.001])
@pytest.mark.parametrize("path", DATASETS, ids=lambda path: path.stem)
def test_a_small_scale_leaves_every_table_with_rows(path, scale):
    plan = open_plan(path, scale=scale)
    assert [table for table in plan.tables if not made(plan, table)] in ([], sorted(LATE))

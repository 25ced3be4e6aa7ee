from __future__ import annotations

from datetime import date

import pytest

from tempdata_dagster.core.errors import SpecError
from tests.properties.shop import plan_of, rows_of


def make_tree(initial: int, most: int):
    code = {"kind": "integer", "min": 1, "max": most, "unique": True}
    return {
        "dataset": "apart", "seed": 3, "start": date(2025, 1, 1),
        "tables": {"people": {"rows": {"per": "day", "mean": 5, "initial": initial}, "columns": {"code": code}}},
    }  # fmt: skip


def test_an_initial_population_has_its_own_numbers(tmp_path):
    plan = plan_of(make_tree(3_000, 5_000_000), tmp_path)
    codes = [code for day in range(1, 29) for code in rows_of(plan, "people", f"2025-01-{day:02}")["code"].to_pylist()]
    assert len(set(codes)) == len(codes) > 3_100


def test_a_domain_that_is_too_small_says_until_when_it_has_to_last(tmp_path):
    with pytest.raises(SpecError, match="in its partitions up to 2099, there are 100,000"):
        plan_of(make_tree(3_000, 100_000), tmp_path)

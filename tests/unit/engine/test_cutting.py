from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from tempdata_dagster.core.content import hash_batches
from tests.properties.shop import plan_of


def make_plan(tmp_path, mean: float):
    rows = {"per": "orders", "distribution": "poisson", "mean": mean, "min": 0}
    tree = {
        "dataset": "cut", "seed": 1, "start": date(2025, 1, 1),
        "tables": {
            "orders": {"rows": {"per": "day", "mean": 120}, "columns": {"id": {"kind": "key"}}},
            "items": {
                "rows": rows,
                "columns": {"id": {"kind": "reference", "to": "orders", "column": "id"}, "line": {"kind": "position"}},
            },
        },
    }  # fmt: skip
    return plan_of(tree, tmp_path)


@pytest.mark.parametrize("mean", [0.01, 0.4, 3, 90])
def test_blocks_of_children_have_one_size_and_hold_the_same_rows(tmp_path, mean):
    plan = make_plan(tmp_path, mean)
    (part,) = plan.parts("items", "2025-01-02")
    schema, hashes = plan.contract("items").schema, set()
    for size in (1, 13, 250, 100_000):
        batches = list(plan.batches(part, size))
        assert all(batch.num_rows == size for batch, _ in pairwise(batches))
        hashes.add(hash_batches(schema, batches))
    assert len(hashes) == 1

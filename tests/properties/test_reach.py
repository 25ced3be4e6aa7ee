"""Every row of a parent can be referred to, and a grid's parents are there before its first moment."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest
import yaml

from tests.properties.shop import plan_of, rows_of

NESTED = """
dataset: nested
tables:
  root: {rows: 50, key: k, columns: {k: {kind: key}}}
  aa: {rows: {per: root, mean: 4}, key: k, columns: {k: {kind: key, prefix: A}}}
  bb: {rows: {per: aa, mean: 4}, key: k, columns: {k: {kind: key, prefix: B}}}
  x: {rows: 20000, key: k, columns: {k: {kind: key}, b: {kind: reference, to: bb}}}
"""
GRID = """
dataset: meters
start: 2025-01-05
tables:
  meters: {rows: {per: month, mean: 2, initial: 40}, key: k, columns: {k: {kind: key}, since: {kind: timestamp}}}
  readings:
    rows: {per: meters, every: 6h, partition: day}
    key: [meter, at]
    columns:
      meter: {kind: reference, to: meters}
      at: {kind: timestamp}
      since: {kind: lookup, of: meter, column: since}
"""


def test_all_grandchildren_are_referred_to(tmp_path: Path) -> None:
    plan = plan_of(yaml.safe_load(NESTED), tmp_path)
    parents, rows = rows_of(plan, "bb", None), rows_of(plan, "x", None)
    assert parents.num_rows == 800
    assert len(pc.unique(rows["b"])) == 800


@pytest.mark.parametrize(("day", "rows"), [("2025-01-05", 0), ("2025-01-31", 0), ("2025-02-01", 160)])
def test_a_grid_begins_once_its_parents_are_published(tmp_path: Path, day: str, rows: int) -> None:
    readings = rows_of(plan_of(yaml.safe_load(GRID), tmp_path), "readings", day)
    assert readings.num_rows == rows
    assert pc.all(pc.less_equal(readings["since"], readings["at"]), min_count=0).as_py()

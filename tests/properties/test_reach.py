"""Every row of a parent can be referred to, and no row is older than what it refers to, whatever hangs on what."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
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


UNMET = """
dataset: unmet
tables:
  ra: {rows: 3, key: k, columns: {k: {kind: key}}}
  ca: {rows: {per: ra, distribution: uniform, max: 5}, key: k, columns: {k: {kind: key}}}
  ga:
    rows: {per: ca, distribution: uniform, max: 5}
    key: k
    columns: {k: {kind: key}, v: {kind: integer, min: 1, max: 5}, met: {kind: expression, sql: v > 9}}
  x:
    rows: 300
    key: k
    columns: {k: {kind: key}, g: {kind: reference, to: ga, where: met, nulls: 1%}, v: {kind: lookup, of: g, column: v}}
"""
OWN = """
dataset: own
start: 2025-01-01
tables:
  child:
    rows: {per: day, mean: 50, initial: 50}
    key: k
    columns:
      k: {kind: key}
      since: {kind: timestamp}
      at: {kind: timestamp, start: 2024-06-01, end: 2024-07-01}
      parent: {kind: reference, to: child, as_of: at, nulls: 1%}
      parent_since: {kind: lookup, of: parent, column: since}
"""
RANGED = """
dataset: ranged
start: 2025-01-01
tables:
  parents:
    rows: {per: day, mean: 50, initial: 5}
    key: k
    columns: {k: {kind: key}, since: {kind: timestamp, start: 2024-12-01, end: 2025-06-01}}
  child:
    rows: {per: day, mean: 20}
    key: k
    columns:
      k: {kind: key}
      at: {kind: timestamp}
      parent: {kind: reference, to: parents, as_of: at, nulls: 1%}
      parent_since: {kind: lookup, of: parent, column: since}
"""
LATE = """
dataset: late
start: 2025-01-01
tables:
  orders: {rows: {per: day, mean: 5}, key: k, columns: {k: {kind: key}, at: {kind: timestamp}}}
  boxes:
    rows: {per: orders, partition_by: since}
    key: k
    columns:
      k: {kind: key}
      order: {kind: reference, to: orders}
      ordered: {kind: lookup, of: order, column: at}
      since: {kind: timestamp, after: ordered, lag: {min: 3d, max: 6d}}
  parts:
    rows: {per: boxes, mean: 2}
    key: k
    columns: {k: {kind: key}, box: {kind: reference, to: boxes}, since: {kind: lookup, of: box, column: since}}
  child:
    rows: {per: CHILD}
    key: [parent, at]
    columns:
      parent: {kind: reference, to: parts, nulls: 1%}
      at: {kind: timestamp}
      parent_since: {kind: lookup, of: parent, column: since}
"""
METERS = LATE.replace("per: CHILD", "per: parts, every: 6h").replace("to: parts, nulls: 1%", "to: parts")


def test_rows_that_find_no_parent_read_nothing(tmp_path: Path) -> None:
    rows = rows_of(plan_of(yaml.safe_load(UNMET), tmp_path), "x", None)
    assert rows["g"].null_count == rows["v"].null_count == 300


@pytest.mark.parametrize("text", [OWN, RANGED, METERS], ids=["own rows", "a moment in a range", "a grid of late rows"])
def test_no_row_is_older_than_its_parent(tmp_path: Path, text: str) -> None:
    plan = plan_of(yaml.safe_load(text), tmp_path)
    keys = plan.partition_keys("child", None, "2025-01-12")
    rows = pa.concat_tables([rows_of(plan, "child", key) for key in keys])
    assert rows["parent"].null_count < rows.num_rows
    assert pc.all(pc.less_equal(rows["parent_since"], rows["at"])).as_py()


def test_children_of_late_rows_are_referred_to_once_they_are_published(tmp_path: Path) -> None:
    plan = plan_of(
        yaml.safe_load(LATE.replace("per: CHILD", "per: day, mean: 20").replace("[parent, at]", "[]")), tmp_path
    )
    keys = plan.partition_keys("child", "2025-01-08", "2025-01-12")
    for key in keys:
        rows = rows_of(plan, "child", key)
        days = pc.strftime(rows["parent_since"].drop_null(), "%Y-%m-%d")
        assert len(days)
        assert pc.all(pc.less_equal(days, key)).as_py()

"""A block's memory is given back as soon as the block is done, without waiting for a garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
import yaml

from tempdata_dagster.engine.addresses import STATIC, Addresses
from tempdata_dagster.engine.plan import Plan
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.generators import aggregate
from tests.properties.shop import keys_of, parse_shop, plan_of, rows_of


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_of(parse_shop(), tmp_path_factory.mktemp("shop"))


@pytest.fixture
def frames() -> Iterator[list[int]]:
    """Numbers of the frames that existed before; meanwhile only reference counts free memory."""
    gc.collect()
    gc.disable()
    yield [id(one) for one in gc.get_objects() if isinstance(one, Frame)]
    gc.enable()


def left_over(before: list[int]) -> list[str]:
    return [one.relation.name for one in gc.get_objects() if isinstance(one, Frame) and id(one) not in before]


@pytest.mark.parametrize("table", parse_shop()["tables"])
def test_no_block_outlives_its_use(plan, frames, table):
    rows = 0
    for part in plan.parts(table, keys_of(plan, table)[-1]):
        for batch in plan.batches(part, block_rows=16):
            rows += batch.num_rows
    assert rows
    assert left_over(frames) == []


def test_children_without_their_parents_compute_them_anew(plan):
    (part,) = plan.parts("order_items", "2025-01-05")
    kept = list(plan.frames(part, block_rows=16))
    orders = [frame.parent().column("doubled") for frame in kept]
    beside = [frame.parent().column("doubled") for frame in plan.frames(part, block_rows=16)]
    assert len(kept) > 1
    assert orders == beside


CROWD = """
dataset: crowd
tables:
  people:
    rows: 3_000
    key: id
    columns:
      id: {kind: key}
      paid: {kind: aggregate, of: visits.price, function: sum}
      visits: {kind: aggregate, of: visits, function: count}
  visits:
    rows: {per: people, distribution: uniform, min: 0, max: 100}
    columns:
      id: {kind: reference, to: people}
      price: {kind: integer, min: 1, max: 900}
"""


def test_totals_over_many_children_are_computed_for_some_rows_after_the_other(tmp_path, monkeypatch):
    whole = plan_of(yaml.safe_load(CROWD), tmp_path)
    (part,) = whole.parts("people", None)
    assert [len(frame) for frame in whole.frames(part, block_rows=1_000)][:2] == [160, 160]
    rows = rows_of(whole, "people", None)
    monkeypatch.setattr(aggregate, "_AT_ONCE", 10_000)
    pieces = plan_of(yaml.safe_load(CROWD), tmp_path)
    frame = pieces.relation("people").at(Addresses(STATIC, np.arange(3_000)[::-1].copy()))
    children: list[int] = []
    expand = aggregate._expand
    monkeypatch.setattr(aggregate, "_expand", lambda *given: _seen(children, expand(*given)))
    for name in ("paid", "visits"):
        assert frame.column(name).equals(rows[name].combine_chunks().take(pa.array(np.arange(3_000)[::-1])))
    assert sum(children) == 2 * len(rows_of(whole, "visits", None))
    assert max(children) < 12_000


def _seen(children: list[int], expanded: tuple[Frame, np.ndarray]) -> tuple[Frame, np.ndarray]:
    children.append(len(expanded[0]))
    return expanded

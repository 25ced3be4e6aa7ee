"""A block's memory is given back as soon as the block is done, without waiting for a garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tempdata_dagster.engine.plan import Plan
from tempdata_dagster.engine.relation import Frame
from tests.properties.shop import keys_of, parse_shop, plan_of


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

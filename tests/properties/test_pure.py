"""A cell is a pure function of names and numbers: how, where and in what order it is computed never shows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.plan import Plan
from tests.properties.shop import addresses_of, hash_of, keys_of, parse_shop, plan_of, rows_of

TABLES = tuple(parse_shop()["tables"])


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The shop's plan."""
    return plan_of(parse_shop(), tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize("table", TABLES)
def test_block_size_never_shows(plan: Plan, table: str) -> None:
    key = keys_of(plan, table)[-1]
    whole = hash_of(rows_of(plan, table, key))
    assert {hash_of(rows_of(plan, table, key, size)) for size in (1, 7, 4096, 65_536)} == {whole}


@pytest.mark.parametrize("table", TABLES)
def test_part_size_never_shows(plan: Plan, table: str) -> None:
    key = keys_of(plan, table)[-1]
    schema = plan.contract(table).schema
    cut = [batch for part in plan.parts(table, key, part_rows=10) for batch in plan.batches(part)]
    assert hash_of(pa.Table.from_batches(cut, schema)) == hash_of(rows_of(plan, table, key))


@pytest.mark.parametrize("table", TABLES)
def test_a_partition_alone_equals_the_same_in_a_run(
    plan: Plan, table: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = keys_of(plan, table)
    in_a_run = {key: hash_of(rows_of(plan, table, key)) for key in keys}
    fresh = plan_of(parse_shop(), tmp_path_factory.mktemp("fresh"))
    assert hash_of(rows_of(fresh, table, keys[-1])) == in_a_run[keys[-1]]
    assert plan.period(table) is None or len(set(in_a_run.values())) > 1


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_any_rows_in_any_order_equal_the_sequence(plan: Plan, table: str, seed: int) -> None:
    key = keys_of(plan, table)[-1]
    sequence, rows = rows_of(plan, table, key), addresses_of(plan, table, key)
    some = np.random.default_rng(seed).permutation(len(rows))[:50]
    frame = plan.relation(table).at(Addresses(rows.partitions[some], rows.ordinal[some]))
    for column in plan.contract(table).columns:
        assert frame.column(column.name).equals(sequence[column.name].combine_chunks().take(pa.array(some)))


def test_every_row_is_published_once(plan: Plan) -> None:
    keys = keys_of(plan, "shipments", "2025-01-20")
    published = pa.concat_tables([rows_of(plan, "shipments", key) for key in keys])["shipment_id"].to_pylist()
    assert len(set(published)) == len(published)
    made = sum(
        len(frame.children(plan.relation("shipments"))[0])
        for key in keys[:-4]
        for part in plan.parts("orders", key)
        for frame in plan.frames(part)
    )
    early = [name for name in published if int(name[7:9]) <= len(keys) - 4]
    assert len(early) == made

"""What every modifier promises, checked by walking the registry: a new modifier is tested by existing, and by its case."""

from __future__ import annotations

import inspect
import random

import numpy as np
import pyarrow as pa
import pytest
import yaml

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.arrays import plain
from tempdata_dagster.modifiers import MODIFIERS
from tests.contracts.cases import compile_text, digest
from tests.contracts.modifier_cases import ModifierCase, case_path, case_text, golden_of, hash_case, load_case
from tests.contracts.test_kinds import EXAMPLE, states_of_global_generators


@pytest.fixture(params=list(MODIFIERS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def case(kind: str) -> ModifierCase:
    assert case_path(kind).exists(), f"modifier {kind} has no case: write tests/contracts/modifiers/{kind}.yaml"
    return load_case(kind)


def test_is_on_columns_of_its_case(case):
    assert case.columns


def test_gives_the_pinned_cells(kind, case):
    hashes, pinned = hash_case(kind), golden_of(kind)
    assert list(hashes) == list(pinned), "columns without a pinned hash: python -m tests.contracts.update_golden"
    assert {name for name in hashes if hashes[name] != pinned[name]} == set(), "data changed"


def test_changes_cells(case):
    """Without modifiers a column has other cells, and another fingerprint."""
    for column in case.columns:
        bare = case.without_modifiers(column)
        assert digest(bare.cells(column)) != digest(case.cells(column)), str(column)
        assert bare.plan.fingerprint(column.table) != case.plan.fingerprint(column.table), str(column)


def test_gives_the_same_cells_in_blocks_of_any_size(case):
    for column in case.columns:
        whole = case.cells(column).combine_chunks()
        assert digest(case.cells(column, block_rows=777)) == digest(case.cells(column, block_rows=10**9))
        some = case.cells(column, 1, blocks=40).combine_chunks()
        assert plain(some).equals(plain(whole[: len(some)])), str(column)


def test_gives_the_same_cells_for_one_partition_alone(kind, case):
    fresh = ModifierCase(kind, compile_text(case_text(kind)))
    for column in case.columns:
        alone, run = fresh.cells(column, keys=case.keys(column.table)[-1:]), case.cells(column)
        assert len(alone)
        assert digest(alone) == digest(run[len(run) - len(alone) :]), str(column)


def test_gives_the_same_cells_at_addresses_in_any_order(case):
    shuffle = random.Random(5)
    for column in case.columns:
        rows = case.addresses(column.table)
        order = np.array(shuffle.sample(range(len(rows)), len(rows)))
        sequential = case.cells(column).combine_chunks().take(pa.array(order))
        shuffled = case.plan.relations[column.table].at(rows.take(order)).column(column.name)
        assert plain(shuffled).equals(plain(sequential)), str(column)


def test_fills_valid_arrays_of_its_type_also_of_no_rows(case):
    for column in case.columns:
        relation = case.plan.relations[column.table]
        for frame in [*case.frames(column.table), relation.at(Addresses(0, np.zeros(0, dtype=np.int64)))]:
            cells = frame.column(column.name)
            cells.validate(full=True)
            assert (cells.type, len(cells)) == (case.binding(column).type, len(frame)), str(column)


def test_keeps_what_the_column_promises(case):
    for column in case.columns:
        binding, cells = case.binding(column), case.cells(column)
        assert binding.nullable or cells.null_count == 0, str(column)
        known = [cell for cell in plain(cells.combine_chunks()).to_pylist() if cell is not None]
        assert binding.minimum is None or min(known) >= binding.minimum, str(column)
        assert binding.maximum is None or max(known) <= binding.maximum, str(column)
        assert binding.values is None or set(known) <= set(binding.values), str(column)
        assert not binding.distinct or len(set(known)) == len(known), str(column)


def test_leaves_nulls_as_they_are(kind, case):
    for column in case.columns:
        before = plain(case.without_modifiers(column).cells(column).combine_chunks())
        after = plain(case.cells(column).combine_chunks())
        if kind not in {"expression", "nulls"}:
            assert after.is_null().equals(before.is_null()), str(column)


def test_leaves_the_global_generators_alone(kind, case):
    before = states_of_global_generators()
    fresh = ModifierCase(kind, compile_text(case_text(kind)))
    for column in case.columns:
        fresh.cells(column)
    assert states_of_global_generators() == before


def test_shows_an_example_that_loads(kind):
    example = EXAMPLE.search(inspect.getdoc(MODIFIERS.get(kind)) or "")
    assert example, f"the docstring of {kind} has no line 'Example: {{kind: {kind}, ...}}'"
    assert MODIFIERS.get(kind).model_validate(yaml.safe_load(example[1])).kind == kind


def test_describes_itself_to_editors(kind):
    assert MODIFIERS.get(kind).model_json_schema()["additionalProperties"] is False


def test_every_case_belongs_to_a_modifier():
    assert {path.stem for path in case_path("x").parent.glob("*.yaml")} <= set(MODIFIERS)

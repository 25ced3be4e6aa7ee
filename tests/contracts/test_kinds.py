"""What every kind promises, checked by walking the registry: a new kind is tested by existing, and by its case."""

from __future__ import annotations

import inspect
import random
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.arrays import plain
from tempdata_dagster.generators import KINDS
from tests.contracts.cases import Case, case_path, compile_text, digest, golden_of, hash_case, load_case
from tests.contracts.cases import case_text as text_of

EXAMPLE = re.compile(r"^\s*Example: (\{.*\})$", re.MULTILINE)
SIGMAS = 5


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def case(kind: str) -> Case:
    assert case_path(kind).exists(), f"kind {kind} has no case: write tests/contracts/kinds/{kind}.yaml"
    return load_case(kind)


def test_has_a_column_of_its_kind_in_the_case(case):
    assert case.columns


def test_gives_the_pinned_cells(kind, case):
    hashes, pinned = hash_case(kind), golden_of(kind)
    assert list(hashes) == list(pinned), "columns without a pinned hash: python -m tests.contracts.update_golden"
    assert {name for name in hashes if hashes[name] != pinned[name]} == set(), "data changed"


def test_gives_the_same_cells_in_blocks_of_any_size(case):
    for column in case.columns:
        whole = case.cells(column).combine_chunks()
        assert digest(case.cells(column, block_rows=4096)) == digest(case.cells(column, block_rows=10**9))
        for block_rows in (1, 7):
            some = case.cells(column, block_rows, blocks=40).combine_chunks()
            assert len(some)
            assert plain(some).equals(plain(whole[: len(some)])), f"{column} in blocks of {block_rows}"


def test_gives_the_same_cells_for_one_partition_alone(kind, case):
    fresh = Case(kind, compile_text(text_of(kind)))
    for column in case.columns:
        last = case.keys(column.table)[-1:]
        alone = fresh.cells(column, keys=last)
        run = case.cells(column)
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


def test_fills_no_rows_and_one_row(case):
    for column in case.columns:
        relation, rows = case.plan.relations[column.table], case.addresses(column.table)
        none = relation.at(Addresses(0, np.zeros(0, dtype=np.int64))).column(column.name)
        assert (len(none), none.type) == (0, case.binding(column).type)
        one = relation.at(rows.take(np.array([len(rows) // 2]))).column(column.name)
        assert one.to_pylist() == case.cells(column)[len(rows) // 2 : len(rows) // 2 + 1].to_pylist()


def test_fills_valid_arrays_of_its_type(case):
    for column in case.columns:
        for frame in case.frames(column.table):
            cells = frame.column(column.name)
            cells.validate(full=True)
            assert (cells.type, len(cells)) == (case.binding(column).type, len(frame)), str(column)


def test_has_nulls_as_often_as_asked_and_none_otherwise(case):
    for column in case.columns:
        cells, share = case.cells(column), case.settings(column, "nulls") or 0.0
        if not case.binding(column).nullable:
            assert cells.null_count == 0, str(column)
        if share and not case.is_computed(column):
            spread = SIGMAS * (share * (1 - share) * len(cells)) ** 0.5
            assert abs(cells.null_count - share * len(cells)) <= spread + 1, str(column)


def test_keeps_within_its_bounds(case):
    for column in case.columns:
        binding = case.binding(column)
        cells = plain(case.cells(column).combine_chunks()).drop_null()
        if not len(cells) or (binding.minimum is None and binding.maximum is None):
            continue
        ends = pc.min_max(cells).as_py()
        if binding.minimum is not None:
            assert ends["min"] >= binding.minimum, str(column)
        if binding.maximum is not None:
            assert ends["max"] <= binding.maximum, str(column)


def test_keeps_to_its_set_of_values(case):
    for column in case.columns:
        binding = case.binding(column)
        if binding.values is not None:
            cells = plain(case.cells(column).combine_chunks()).drop_null()
            assert set(cells.unique().to_pylist()) <= set(binding.values), str(column)
            assert len(binding.values) <= 1000


def test_matches_its_pattern(case):
    for column in case.columns:
        pattern = case.binding(column).pattern
        if pattern is not None:
            cells = plain(case.cells(column).combine_chunks()).drop_null()
            wrong = cells.filter(pc.invert(pc.match_substring_regex(cells, f"^(?:{pattern})$")))
            assert wrong.to_pylist()[:3] == [], str(column)


def test_is_distinct_where_it_says_so(case):
    for column in case.columns:
        if case.binding(column).distinct or case.settings(column, "unique"):
            cells = plain(case.cells(column).combine_chunks()).drop_null()
            assert len(cells.unique()) == len(cells), str(column)


def test_leaves_the_global_generators_alone(kind, case):
    before = states_of_global_generators()
    fresh = Case(kind, compile_text(text_of(kind)))
    for column in case.columns:
        fresh.cells(column)
    assert states_of_global_generators() == before


def states_of_global_generators() -> tuple[object, ...]:
    numpy_state = np.random.get_state()  # noqa: NPY002 - the old generator is the one that everybody shares
    return random.getstate(), *map(str, numpy_state)


def test_shows_an_example_that_loads(kind):
    example = EXAMPLE.search(inspect.getdoc(KINDS.get(kind)) or "")
    assert example, f"the docstring of {kind} has no line 'Example: {{kind: {kind}, ...}}'"
    assert KINDS.get(kind).model_validate(yaml.safe_load(example[1])).kind == kind


def test_describes_itself_to_editors(kind):
    schema = KINDS.get(kind).model_json_schema()
    assert schema["additionalProperties"] is False


def test_every_case_belongs_to_a_kind():
    assert {path.stem for path in case_path("x").parent.glob("*.yaml")} <= set(KINDS)

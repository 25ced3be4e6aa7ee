"""Equal keys have equal values: whatever the kind, the block and the type of the key."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pyarrow as pa
import pytest
import yaml

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.keyed import hash_cells
from tempdata_dagster.engine.plan import compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset
from tests.contracts.test_kinds import EXAMPLE

KEYABLE = [name for name in KINDS if KINDS.get(name).keyable]


@pytest.fixture
def build(tmp_path):
    def build_(columns: str, rows: int = 2_000, block_rows: int = 65_536) -> pa.Table:
        path = tmp_path / "d.yaml"
        path.write_text(
            f"dataset: d\nseed: 3\ntables:\n  t:\n    rows: {rows}\n    columns:\n{columns}", encoding="utf-8"
        )
        plan = compile_plan(load_dataset(path, KINDS))
        batches = [batch for part in plan.parts("t", None) for batch in plan.batches(part, block_rows)]
        return pa.Table.from_batches(batches, plan.contract("t").schema)

    return build_


@pytest.mark.parametrize("kind", KEYABLE)
def test_equal_keys_have_equal_values(build, kind):
    example = yaml.safe_load(EXAMPLE.search(inspect.getdoc(KINDS.get(kind)))[1])
    text = json.dumps({**example, "keyed_by": "k"}, default=str)
    columns = (
        f"      k: {{kind: integer, min: 1, max: 300}}\n      v: {text}\n      free: {json.dumps(example, default=str)}"
    )
    cells = build(columns)
    values = {}
    for key, value in zip(cells["k"].to_pylist(), cells["v"].to_pylist(), strict=True):
        assert values.setdefault(key, value) == value
    varied = len(cells["free"].unique()) > 1  # the language of one country is not
    assert (len(set(values.values())) > 1) == varied
    assert build(columns, block_rows=77).equals(cells)
    assert not varied or cells["v"].to_pylist() != cells["free"].to_pylist()


def test_values_of_keys_are_distributed_as_those_of_rows(build):
    cells = build(
        "      k: {kind: pattern, pattern: '[a-z]{8}'}\n"
        "      n: {kind: number, distribution: normal, mean: 5, sd: 2, keyed_by: k}\n"
        "      c: {kind: choice, values: {x: 3, y: 1}, keyed_by: k, nulls: 10%}",
        rows=50_000,
    )
    n = cells["n"].to_numpy()
    assert (n.mean(), n.std()) == (pytest.approx(5, abs=0.04), pytest.approx(2, abs=0.03))
    assert (np.array(cells["c"].to_pylist()) == "x").mean() == pytest.approx(0.75 * 0.9, abs=0.01)


def test_a_hash_is_of_the_value_not_of_its_place_or_encoding():
    texts = pa.array(["", "a", "b", "ab", "ba", "abc", "a", None, "aa", "ä"])
    hashes = hash_cells(texts)
    assert len(set(hashes.tolist())) == 9
    assert hashes[1] == hashes[6]
    assert hash_cells(texts.slice(3)).tolist() == hashes[3:].tolist()
    assert hash_cells(texts.dictionary_encode()).tolist() == hashes.tolist()
    assert hash_cells(texts.slice(2).dictionary_encode()).tolist() == hashes[2:].tolist()
    assert hash_cells(pa.array([1, 2], pa.int8())).tolist() == hash_cells(pa.array([1, 2])).tolist()
    assert hash_cells(pa.array([0.0])).tolist() == hash_cells(pa.array([-0.0])).tolist()
    assert len(hash_cells(pa.array([], pa.string()))) == 0


def test_long_texts_that_differ_in_one_letter_differ():
    texts = ["x" * place + "y" + "x" * (999 - place) for place in range(1000)]
    assert len(set(hash_cells(pa.array(texts)).tolist())) == 1000


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("{kind: position, keyed_by: k}", "TD2070"),
        ("{kind: integer, min: 1, max: 9000, unique: true, keyed_by: k}", "TD2070"),
        ("{kind: integer, min: 1, max: 9, keyed_by: nobody}", "TD2002"),
        ("{kind: integer, min: 1, max: 9, keyed_by: v}", "TD2001"),
        ("{kind: integer, min: 1, max: 9, keyed_by: k, correlate: {k: 0.5}}", "TD1024"),
    ],
)
def test_says_what_cannot_go_by_a_key(build, column, code):
    with pytest.raises(SpecError) as raised:
        build(f"      k: {{kind: integer, min: 1, max: 30}}\n      v: {column}")
    assert [problem.code for problem in raised.value.problems] == [code]

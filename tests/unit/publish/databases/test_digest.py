from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.publish.databases.digest import RowDigest
from tests.unit.publish.nasty import nasty_table

NASTY = nasty_table()


def digest(rows: pa.Table, size: int = 50) -> str:
    found = RowDigest(rows.schema)
    for batch in rows.to_batches(max_chunksize=size):
        found.update(batch)
    return found.hexdigest()


def test_the_order_of_rows_and_columns_and_the_cut_do_not_matter():
    order = np.random.default_rng(1).permutation(len(NASTY))
    shuffled = NASTY.take(pa.array(order)).select(NASTY.column_names[::-1])
    assert len({digest(NASTY), digest(NASTY, 7), digest(shuffled), digest(shuffled, 1)}) == 1


@pytest.mark.parametrize("name", [name for name in NASTY.column_names if name != "nothing"])
def test_every_cell_counts(name):
    rows = NASTY.select([name])
    cells = rows[name].to_pylist()
    before = digest(rows)
    other = next(place for place, cell in enumerate(cells) if cell is not None)
    for place in range(0, len(cells), 9):
        changed = [*cells]
        changed[place] = None if cells[place] is not None else cells[other]
        assert digest(pa.table({name: pa.array(changed, rows.schema.field(name).type)})) != before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([["a", "b"]], [["b", "a"]]), ([["ab"]], [["a", "b"]]), ([["x"], []], [[], ["x"], []]),
        (["ab", "c"], ["a", "bc"]), (["a\0"], ["a"]), ([""], [None]), ([0.0], [-0.0]), ([1, 1], [1]), (["x" * 8 + "y"], ["y" + "x" * 8]),
        ([{"a": 1, "b": 2}], [{"a": 2, "b": 1}]), ([b"\0" * 8], [b"\0" * 16]),
    ],
)  # fmt: skip
def test_what_differs_has_another_digest(one, other):
    assert digest(pa.table({"x": one})) != digest(pa.table({"x": other}))


def test_cells_that_change_columns_or_rows_are_seen():
    rows = pa.table({"a": [1, 2], "b": [3, 4]})
    assert digest(rows) != digest(rows.rename_columns(["b", "a"]))
    assert digest(rows) != digest(pa.table({"a": [2, 1], "b": [3, 4]}))


def test_encodings_do_not_matter():
    plain = pa.table({"x": pa.array(["a", "b", None, "a"])})
    assert (
        len(
            {
                digest(plain.cast(pa.schema([("x", kind)])))
                for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string()))
            }
        )
        == 1
    )


def test_a_type_without_a_hash_is_told():
    with pytest.raises(GenerationError, match="TD3040"):
        digest(pa.table({"x": pa.array([1], pa.duration("s"))}))

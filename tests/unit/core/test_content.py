from __future__ import annotations

import decimal
import itertools
import math
import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.core.content import ContentHash, combine, hash_batches
from tempdata_dagster.core.errors import GenerationError

TYPES = {
    "bool": (pa.bool_(), st.booleans()),
    "int8": (pa.int8(), st.integers(-128, 127)),
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "uint16": (pa.uint16(), st.integers(0, 2**16 - 1)),
    "float32": (pa.float32(), st.floats(width=32, allow_nan=False)),
    "float64": (pa.float64(), st.floats(allow_nan=False)),
    "decimal": (pa.decimal128(12, 2), st.decimals(min_value=-(10**9), max_value=10**9, places=2)),
    "string": (pa.string(), st.text(max_size=5)),
    "large_string": (pa.large_string(), st.text(max_size=5)),
    "binary": (pa.binary(), st.binary(max_size=5)),
    "date": (pa.date32(), st.dates()),
    "timestamp": (pa.timestamp("us", "Europe/Berlin"), st.integers(-(2**50), 2**50)),
    "duration": (pa.duration("us"), st.integers(-(2**50), 2**50)),
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), st.text(max_size=2)),
    "list": (pa.list_(pa.string()), st.lists(st.none() | st.text(max_size=2), max_size=3)),
    "struct": (
        pa.struct([("a", pa.int32()), ("b", pa.list_(pa.bool_()))]),
        st.fixed_dictionaries(
            {"a": st.none() | st.integers(0, 9), "b": st.none() | st.lists(st.booleans(), max_size=2)}
        ),
    ),
    "map": (pa.map_(pa.string(), pa.int8()), st.lists(st.tuples(st.text(max_size=1), st.integers(0, 9)), max_size=2)),
    "fixed_list": (pa.list_(pa.int16(), 2), st.lists(st.integers(0, 9), min_size=2, max_size=2)),
    "fixed_binary": (pa.binary(3), st.binary(min_size=3, max_size=3)),
    "null": (pa.null(), st.none()),
}


def array_of(kind: pa.DataType, values: list) -> pa.Array:
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    return pa.array(values, kind)


def hash_arrays(*arrays: pa.Array) -> str:
    schema = pa.schema([("c", arrays[0].type)])
    return hash_batches(schema, [pa.record_batch([array], schema) for array in arrays])


@st.composite
def columns(draw):
    kind, values = TYPES[draw(st.sampled_from(sorted(TYPES)))]
    cells = draw(st.lists(st.none() | values, min_size=1, max_size=20))
    return kind, cells


@given(columns(), st.lists(st.integers(0, 20), max_size=4))
def test_the_hash_does_not_know_how_rows_were_cut_or_sliced(column, cuts):
    kind, cells = column
    whole = array_of(kind, cells)
    expected = hash_arrays(whole)
    edges = [0, *sorted(min(cut, len(cells)) for cut in cuts), len(cells)]
    pieces = [whole.slice(start, stop - start) for start, stop in itertools.pairwise(edges)]
    assert hash_arrays(*pieces) == expected
    copies = [array_of(kind, cells[start:stop]) for start, stop in itertools.pairwise(edges)]
    assert hash_arrays(*copies) == expected
    padded = pa.concat_arrays([whole, whole]) if not pa.types.is_dictionary(kind) else whole
    assert hash_arrays(padded.slice(0, len(cells))) == expected
    assert hash_arrays(padded.slice(len(padded) - len(cells))) == expected


def as_content(kind: pa.DataType, cells: list) -> object:
    """The cells as Python values that tell -0.0 from 0.0 and 1 from True."""
    return [
        struct.pack("<d", cell) if isinstance(cell, float) else repr(cell) for cell in array_of(kind, cells).to_pylist()
    ]


@given(columns(), st.data())
def test_the_hash_changes_with_any_one_cell(column, data):
    kind, cells = column
    if pa.types.is_null(kind):
        cells_after = [*cells, None]
    else:
        values = next(values for one, values in TYPES.values() if one == kind)
        position = data.draw(st.integers(0, len(cells) - 1))
        cells_after = [*cells[:position], data.draw(st.none() | values), *cells[position + 1 :]]
    same = as_content(kind, cells) == as_content(kind, cells_after)
    assert (hash_arrays(array_of(kind, cells)) == hash_arrays(array_of(kind, cells_after))) == same


@given(st.lists(st.none() | st.text(max_size=3), max_size=30), st.integers(0, 30))
def test_encodings_of_the_same_text_hash_equal(cells, cut):
    plain = pa.array(cells, pa.string())
    expected = hash_arrays(plain)
    assert hash_arrays(plain.dictionary_encode()) == expected
    assert hash_arrays(plain.slice(0, cut).dictionary_encode(), plain.slice(cut).dictionary_encode()) == expected
    assert hash_arrays(plain.cast(pa.large_string())) == expected
    assert hash_arrays(plain.cast(pa.string_view())) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([None, "a"]), pa.array(["", "a"])),
        (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
        (pa.array([0.0]), pa.array([-0.0])),
        (pa.array([None], pa.int8()), pa.array([0], pa.int8())),
        (pa.array([[]], pa.list_(pa.int8())), pa.array([None], pa.list_(pa.int8()))),
        (pa.array([[1], [2]]), pa.array([[1, 2], []])),
        (pa.array([{"a": None}], pa.struct([("a", pa.int8())])), pa.array([None], pa.struct([("a", pa.int8())]))),
        (pa.array([1], pa.int8()), pa.array([1], pa.int16())),
        (pa.array([1], pa.timestamp("us")), pa.array([1], pa.timestamp("us", "UTC"))),
        (pa.array([decimal.Decimal("1.00")]), pa.array([decimal.Decimal("1.000")])),
        (pa.array(["a"]), pa.array([b"a"])),
        (pa.array([None], pa.null()), pa.array([None, None], pa.null())),
    ],
)
def test_near_misses_differ(one, other):
    assert hash_arrays(one) != hash_arrays(other)


def test_all_nans_are_one_value():
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], "<u8").view("<f8")
    assert hash_arrays(pa.array(odd)) == hash_arrays(pa.array([math.nan, math.nan]))
    assert hash_arrays(pa.array(odd)) != hash_arrays(pa.array([1.0, math.nan]))


@pytest.mark.parametrize(
    ("kind", "offsets", "values", "same"),
    [
        (pa.string(), np.array([0, 1, 4, 5], "<i4"), b"a???b", pa.array(["a", None, "b"])),
        (pa.large_binary(), np.array([0, 1, 4, 5], "<i8"), b"a???b", pa.array([b"a", None, b"b"])),
    ],
)
def test_bytes_under_a_null_are_no_content(kind, offsets, values, same):
    valid = pa.py_buffer(bytes([0b101]))
    array = pa.Array.from_buffers(kind, 3, [valid, pa.py_buffer(offsets), pa.py_buffer(values)])
    assert hash_arrays(array) == hash_arrays(same)


def test_numbers_under_a_null_are_no_content():
    valid = pa.py_buffer(bytes([0b101]))
    for kind, one, other in ((pa.int64(), [1, 7, 3], [1, 9, 3]), (pa.float64(), [1.0, math.nan, 3.0], [1.0, 2.0, 3.0])):
        arrays = [pa.Array.from_buffers(kind, 3, [valid, pa.py_buffer(np.array(values))]) for values in (one, other)]
        assert hash_arrays(arrays[0]) == hash_arrays(arrays[1])


def test_elements_under_a_null_list_are_no_content():
    valid = pa.py_buffer(bytes([0b101]))
    offsets = pa.py_buffer(np.array([0, 1, 3, 4], "<i4"))
    arrays = [
        pa.Array.from_buffers(pa.list_(pa.int64()), 3, [valid, offsets], children=[pa.array(child)])
        for child in ([1, 8, 9, 4], [1, 6, 7, 4])
    ]
    assert hash_arrays(arrays[0]) == hash_arrays(arrays[1]) == hash_arrays(pa.array([[1], None, [4]]))


def test_names_order_and_rows_are_content():
    one, other = pa.array([1, 2]), pa.array([3, 4])
    hashes = {
        hash_batches(table.schema, table.to_batches())
        for table in (
            pa.table({"a": one, "b": other}), pa.table({"b": one, "a": other}), pa.table({"b": other, "a": one}),
            pa.table({"a": one}), pa.table({"a": one.slice(1)}),
        )
    }  # fmt: skip
    assert len(hashes) == 5


def test_nullability_and_metadata_are_not_content():
    batch = pa.record_batch({"a": [1, 2]})
    other = pa.schema([pa.field("a", pa.int64(), nullable=False)], metadata={"made": "today"})
    assert hash_batches(batch.schema, [batch]) == hash_batches(other, [batch])


def test_the_hash_of_known_content_stays_what_it_is():
    batch = pa.record_batch({"a": [1, None], "b": ["x", ""], "c": [[1.5], None]})
    assert hash_batches(batch.schema, [batch]) == "39c5d83f7bf818545feda356d57a891d296d5f084fe5965a94367eb5d7d3123d"


def test_a_hash_may_be_read_on_the_way():
    batch = pa.record_batch({"a": [1]})
    content = ContentHash(batch.schema)
    empty = content.hexdigest()
    content.update(batch)
    assert content.hexdigest() == hash_batches(batch.schema, [batch]) != empty


def test_parts_combine_in_their_order():
    assert len({combine(parts) for parts in (["a", "b"], ["b", "a"], ["ab"], ["a"], [])}) == 5


def test_types_without_canonical_bytes_are_refused():
    with pytest.raises(GenerationError, match="TD3040"):
        ContentHash(pa.schema([("u", pa.dense_union([pa.field("a", pa.int8())]))]))

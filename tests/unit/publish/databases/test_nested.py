from __future__ import annotations

import json

import pyarrow as pa
import pytest

from tempdata_dagster.publish.databases.nested import decimal_text, from_json, to_json
from tests.unit.publish.databases.shop import hash_content
from tests.unit.publish.nasty import nasty_table

NASTY = nasty_table()


@pytest.mark.parametrize("name", ["numbers", "floats", "texts", "nested", "record", "records", "deep"])
@pytest.mark.parametrize("cut", [slice(None), slice(3, 20), slice(1, 1)])
def test_nested_values_are_json_and_come_back(name, cut):
    array = NASTY[name].combine_chunks()[cut]
    texts = to_json(array).to_pylist()
    assert [text is None for text in texts] == array.is_null().to_pylist()
    assert all(text is None or json.loads(text, parse_constant=pytest.fail) is not None for text in texts)
    back = from_json(texts, array.type)
    assert hash_content(pa.table({"x": back})) == hash_content(pa.table({"x": array}))


def test_every_scalar_within_a_list_comes_back():
    for name in NASTY.column_names:
        array = NASTY[name].combine_chunks()
        if pa.types.is_nested(array.type) or pa.types.is_dictionary(array.type) or pa.types.is_null(array.type):
            continue
        lists = pa.ListArray.from_arrays(pa.array([0, 0, 3, len(array)], pa.int32()), array)
        back = from_json(to_json(lists).to_pylist(), lists.type)
        assert hash_content(pa.table({"x": back})) == hash_content(pa.table({"x": lists})), name


def test_maps_are_lists_of_entries():
    array = pa.array([[("a", 1), ("b", None)], [], None], pa.map_(pa.string(), pa.int64()))
    assert to_json(array).to_pylist() == ['[{"key":"a","value":1},{"key":"b","value":null}]', "[]", None]
    assert from_json(to_json(array).to_pylist(), array.type).equals(array)


def test_decimals_have_no_exponent():
    texts = decimal_text(NASTY["decimal_38_38"].combine_chunks()).to_pylist()
    assert "0." + "0" * 37 + "1" in texts
    assert not [text for text in texts if text and "E" in text]

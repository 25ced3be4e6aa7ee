"""Lists, structs and maps as JSON text, and back: for databases that have no such types.

    {"name": "Ann", "amount": "12.50", "at": "2026-01-31 12:00:00.000000Z", "blob": "AP8="}

Decimals are text, since JSON readers make floats of numbers; so are NaN, Infinity, -Infinity and -0.0, which JSON numbers
are not. Bytes are base64, a map is a list of {"key", "value"}. Made of whole columns by Arrow's text kernels.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.publish.sql.base import family_of

_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
_OTHERS = [chr(code) for code in range(32) if chr(code) not in "\n\r\t"]


def decimal_text(array: pa.Array) -> pa.Array:
    """Decimals with all their digits and no exponent."""
    text = array.cast(pa.string())
    # Arrow writes 0.0000001 as 1E-7.
    if not pc.any(pc.match_substring(text, "E")).as_py():
        return text
    return pa.array([None if one is None else format(one, "f") for one in array.to_pylist()], pa.string())


def to_json(array: pa.Array) -> pa.Array:
    """Each value as JSON text; null where the value is null.

    Raises:
        pyarrow.ArrowInvalid: A moment has more than microseconds.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    family = family_of(array.type)
    if family in ("list", "map"):
        return _lists(array)
    if family == "struct":
        return _structs(array)
    if family in ("bool", "integer"):
        return array.cast(pa.string())
    if family == "float":
        return _floats(array)
    if family == "null":
        return pa.nulls(len(array), pa.string())
    return _surround('"', _text(array, family), '"')


def _surround(before: str, text: pa.Array, after: str) -> pa.Array:
    return pc.binary_join_element_wise(before, text, after, "")


def _text(array: pa.Array, family: str) -> pa.Array:
    if family == "text":
        return _escape(array.cast(pa.string()))
    if family == "blob":
        return pa.array(
            [None if one is None else base64.b64encode(one).decode() for one in array.to_pylist()], pa.string()
        )
    if family == "decimal":
        return decimal_text(array)
    if family == "timestamp":
        array = array.cast(pa.timestamp("us", array.type.tz and "UTC"))
    elif family == "time":
        array = array.cast(pa.time64("us"))
    return array.cast(pa.string())


def _escape(text: pa.Array) -> pa.Array:
    for letter, escaped in _ESCAPES:
        text = pc.replace_substring(text, letter, escaped)
    # Rare, and one pass over all text for each of them.
    if pc.any(pc.match_substring_regex(text, "[\\x00-\\x1f]")).as_py():
        for letter in _OTHERS:
            text = pc.replace_substring(text, letter, f"\\u{ord(letter):04x}")
    return text


def _floats(array: pa.Array) -> pa.Array:
    text = array.cast(pa.string())
    values = pc.fill_null(array.cast(pa.float64()), 1.0).to_numpy(zero_copy_only=False)
    odd = ~np.isfinite(values) | ((values == 0) & np.signbit(values))
    if not odd.any():
        return text
    names = {
        "nan": '"NaN"',
        "inf": '"Infinity"',
        "-inf": '"-Infinity"',
        "-0": '"-0.0"',
        "-0.0": '"-0.0"',
        "-nan": '"NaN"',
    }
    return pa.array([names.get(one, one) for one in text.to_pylist()], pa.string())


def _lists(array: pa.Array) -> pa.Array:
    if pa.types.is_map(array.type):
        entry = pa.struct([pa.field("key", array.type.key_type), pa.field("value", array.type.item_type)])
        array = array.cast(pa.list_(pa.field("entries", entry)))
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    # Not `values`, which also hold what lies under nulls and outside of a slice.
    items = pc.fill_null(to_json(array.flatten()), "null")
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, items), ",")
    return pc.if_else(array.is_valid(), _surround("[", joined, "]"), None)


def _structs(array: pa.Array) -> pa.Array:
    pieces: list[Any] = []
    for field, values in zip(array.type, array.flatten(), strict=True):
        pieces += [f"{',' if pieces else '{'}{json.dumps(field.name)}:", pc.fill_null(to_json(values), "null")]
    if not pieces:
        pieces = [pa.array(["{"] * len(array), pa.string())]
    return pc.if_else(array.is_valid(), pc.binary_join_element_wise(*pieces, "}", ""), None)


def from_json(texts: Iterable[str | None], kind: pa.DataType) -> pa.Array:
    """The values that `to_json` wrote.

    Raises:
        ValueError: A text is none of them.
    """
    read = _reader(kind)
    return pa.array([None if text is None else read(json.loads(text)) for text in texts], kind)


def _reader(kind: pa.DataType) -> Callable[[Any], Any]:
    """A function of what `json.loads` gives for a value of this type to what `pa.array` takes."""
    family = family_of(kind)
    if family == "list":
        return _list_reader(_reader(kind.value_type))
    if family == "map":
        key, value = _reader(kind.key_type), _reader(kind.item_type)
        return _or_none(lambda pairs: [(key(pair["key"]), value(pair["value"])) for pair in pairs])
    if family == "struct":
        readers = {field.name: _reader(field.type) for field in kind}
        return _or_none(lambda record: {name: read(record[name]) for name, read in readers.items()})
    leaves: dict[str, Callable[[Any], Any]] = {
        "float": float, "decimal": Decimal, "blob": base64.b64decode, "date": date.fromisoformat, "time": time.fromisoformat,
        "timestamp": datetime.fromisoformat,
    }  # fmt: skip
    return _or_none(leaves.get(family, lambda value: value))


def _list_reader(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return _or_none(lambda values: [read(value) for value in values])


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)

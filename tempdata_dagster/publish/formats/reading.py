"""Values from their text, column by column: the other way of `publish.formats.cells` and `publish.formats.json_cells`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import IO, Any, Literal

import numpy as np
import pyarrow as pa

from tempdata_dagster.publish.formats.cells import is_bytes, is_list, is_text, is_time
from tempdata_dagster.publish.formats.rows import join

_BLOCK = 4 << 20


def parse_texts(texts: pa.Array, kind: pa.DataType, binary: Literal["base64", "hex"] = "base64") -> pa.Array:
    """The values that `texts_of` wrote, nested ones those that `spell` wrote; null stays null.

    Raises:
        pyarrow.ArrowInvalid: A text is no value of this type.
    """
    if pa.types.is_dictionary(kind):
        return _to_dictionary(parse_texts(texts, kind.value_type, binary), kind)
    if pa.types.is_nested(kind):
        values = [None if text is None else load_json(text) for text in texts.to_pylist()]
        return from_json(values, kind)
    if pa.types.is_time(kind):
        # Arrow reads clock times as a part of moments only.
        return join(["1970-01-01T", texts]).cast(pa.timestamp(kind.unit)).cast(kind)
    if pa.types.is_duration(kind):
        return texts.cast(pa.int64()).cast(kind)
    if is_bytes(kind) or pa.types.is_binary_view(kind):
        return pa.array([_read_bytes(text, binary) for text in texts.to_pylist()], kind)
    if pa.types.is_null(kind):
        if texts.null_count != len(texts):
            raise pa.ArrowInvalid("a column of type null has a value")
        return pa.nulls(len(texts))
    return texts.cast(kind)


def _to_dictionary(values: pa.Array, kind: pa.DictionaryType) -> pa.Array:
    encoded = values.dictionary_encode()
    indices = encoded.indices.cast(kind.index_type)
    return pa.DictionaryArray.from_arrays(indices, encoded.dictionary, ordered=kind.ordered)


def _read_bytes(text: str | None, binary: str) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True) if binary == "base64" else bytes.fromhex(text)
    except ValueError as error:
        raise pa.ArrowInvalid(f"'{text[:40]}' is not {binary}") from error


def load_json(text: str | bytes, *, exact: bool = False) -> Any:
    """What a JSON text says; `exact` leaves numbers with a fraction as they are written.

    Raises:
        pyarrow.ArrowInvalid: It is no JSON.
    """
    try:
        # The decoder would guess the encoding of bytes, and take NaN, which is no JSON.
        text = text if isinstance(text, str) else text.decode()
        return json.loads(text, parse_constant=_refuse_constant, parse_float=str if exact else None)
    except (ValueError, RecursionError) as error:
        raise pa.ArrowInvalid(f"the file is damaged: {str(error)[:200]}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def from_json(values: Sequence[Any], kind: pa.DataType, *, omit_nulls: bool = False) -> pa.Array:
    """Values as `json.loads` gives them, in their Arrow type; `omit_nulls` when keys may be missing.

    Raises:
        pyarrow.ArrowInvalid: One is no value of this type.
    """
    try:
        return _from_json(values, kind, omit_nulls)
    except (TypeError, ValueError, OverflowError, KeyError, AttributeError) as error:
        if isinstance(error, pa.ArrowInvalid):
            raise
        raise pa.ArrowInvalid(f"not {kind}: {str(error)[:200]}") from error


def _from_json(values: Sequence[Any], kind: pa.DataType, omit: bool) -> pa.Array:
    if is_list(kind):
        return _lists(values, kind, omit)
    if pa.types.is_struct(kind):
        return _structs(values, kind, omit)
    if pa.types.is_dictionary(kind):
        return _to_dictionary(_from_json(values, kind.value_type, omit), kind)
    if pa.types.is_boolean(kind) or is_text(kind) or pa.types.is_string_view(kind):
        return pa.array(values, kind)
    if pa.types.is_floating(kind):
        return pa.array([None if value is None else float(value) for value in values], kind)
    if pa.types.is_integer(kind):
        return pa.array([None if value is None else _read_integer(value) for value in values], kind)
    if is_time(kind) or is_bytes(kind):
        return parse_texts(pa.array(values, pa.string()), kind)
    return parse_texts(pa.array([None if value is None else str(value) for value in values], pa.string()), kind)


def _read_integer(value: Any) -> int:
    if isinstance(value, (bool, float)):
        raise TypeError(f"{value} is no whole number")
    return int(value)


def _lists(values: Sequence[Any], kind: pa.DataType, omit: bool) -> pa.Array:
    if any(not isinstance(value, list) for value in values if value is not None):
        raise TypeError("a list is expected")
    ends = np.concatenate([[0], np.cumsum([len(value or ()) for value in values])]).astype(np.int32)
    elements = _from_json(list(chain.from_iterable(value for value in values if value)), kind.value_type, omit)
    missing = pa.array([value is None for value in values], pa.bool_())
    lists = pa.ListArray.from_arrays(pa.array(ends), elements, mask=missing)
    if lists.type == kind:
        return lists
    return pa.array(lists.to_pylist(), kind) if pa.types.is_fixed_size_list(kind) else lists.cast(kind)


def _structs(values: Sequence[Any], kind: pa.DataType, omit: bool) -> pa.Array:
    known = [{} if value is None else value for value in values]
    names = [field.name for field in kind]
    check_keys([value for value in values if value is not None], names, omit_nulls=omit)
    columns = [_from_json([value.get(field.name) for value in known], field.type, omit) for field in kind]
    missing = pa.array([value is None for value in values], pa.bool_())
    return pa.StructArray.from_arrays(columns, fields=list(kind), mask=missing)


def check_keys(rows: Sequence[Any], names: Sequence[str], *, omit_nulls: bool) -> None:
    """Refuse objects of other keys.

    Raises:
        pyarrow.ArrowInvalid: A key is unknown, or is missing where nulls are written.
    """
    known = set(names)
    for row in rows:
        if not isinstance(row, dict) or not (known >= row.keys() if omit_nulls else known == row.keys()):
            raise pa.ArrowInvalid("the file has other columns")


def line_blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The file in pieces of some megabytes, each of whole lines.

    Raises:
        pyarrow.ArrowInvalid: The last line has no end: the file was cut off.
    """
    rest = b""
    while block := file.read(_BLOCK):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield rest + block[:cut]
            rest = block[cut:]
        else:
            rest += block
    if rest:
        raise pa.ArrowInvalid("the file is damaged: its last line has no end")


def checked_batch(columns: Sequence[pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    """A batch of what was read.

    Raises:
        pyarrow.ArrowInvalid: There is a null where the schema has none.
    """
    for field, column in zip(schema, columns, strict=True):
        if not field.nullable and column.null_count:
            raise pa.ArrowInvalid(f"column '{field.name}' has a null")
    return pa.RecordBatch.from_arrays(list(columns), schema=schema)

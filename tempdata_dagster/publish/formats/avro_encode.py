"""Avro's bytes of Arrow arrays, a column at a time: variable-length numbers by numpy, rows put together in C++.

A column becomes pieces: arrays of bytes, of which each row's are written one after the other; a piece that is null writes
nothing. A list's items are encoded as rows of their own; as they lie one behind the other, a list is a stretch of them.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.content import is_any
from tempdata_dagster.publish.formats.avro_schema import (
    BYTES,
    LISTS,
    TEXT,
    decimal_size,
    element_field,
    is_union,
    ticks_type,
)
from tempdata_dagster.publish.formats.rows import join_known, offsets_of

# The branches of a union with null: the numbers 0 and 1 as Avro writes them.
_NULL, _VALUE = 0, 2
_MOST_BYTES = 2**31 - 1


def encode_rows(table: pa.Table) -> pa.Array:
    """The bytes of each row.

    Args:
        table: Each column in one chunk.
    """
    columns = [column.combine_chunks() for column in table.columns]
    return _encode_record(columns, list(table.schema), table.num_rows)


def _encode_record(columns: list[pa.Array], fields: list[pa.Field], rows: int) -> pa.Array:
    pieces = [piece for field, cells in zip(fields, columns, strict=True) for piece in _encode_field(cells, field)]
    return join_known(pieces) if pieces else _byte_array(np.zeros(0, np.uint8), np.zeros(rows + 1, np.int64))


def _encode_field(cells: pa.Array, field: pa.Field) -> list[pa.Array]:
    """The pieces of a column.

    Raises:
        pyarrow.ArrowInvalid: It holds nulls and is declared to hold none.
    """
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_null(cells.type):
        return []
    if cells.null_count and not is_union(field):
        raise pa.ArrowInvalid(f"Column '{field.name}' is declared non-nullable but contains nulls")
    valid = cells.is_valid().to_numpy(zero_copy_only=False) if is_union(field) else None
    if pa.types.is_struct(cells.type):
        return _encode_struct(cells, valid)
    if is_any(LISTS, cells.type):
        return _encode_list(cells, valid)
    if is_any(TEXT + BYTES, cells.type):
        plain = cells.cast(pa.large_binary())
        return [_pack(*_varints(np.diff(offsets_of(plain))), valid), plain]
    return [_pack(*_leaf(cells), valid)]


def _encode_struct(cells: pa.Array, valid: np.ndarray | None) -> list[pa.Array]:
    # What lies under a null is not written, and may be anything.
    known = cells.drop_null() if cells.null_count else cells
    rows = _encode_record(known.flatten(), list(cells.type), len(known))
    if valid is None:
        return [rows]
    return [_pack(np.zeros((len(cells), 0), np.uint8), None, valid), _regroup(rows, _ends(valid))]


def _encode_list(cells: pa.Array, valid: np.ndarray | None) -> list[pa.Array]:
    """One block of all items, after their number; a 0 ends the blocks, and is all that there is of an empty list."""
    element = element_field(cells.type)
    if pa.types.is_map(cells.type) or pa.types.is_fixed_size_list(cells.type):
        cells = cells.cast(pa.list_(element))
    lengths = pc.fill_null(pc.list_value_length(cells), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    items = cells.flatten()
    rows = _encode_record([items], [element], len(items))
    filled = lengths > 0
    end = _byte_array(np.zeros(int(filled.sum()), np.uint8), _ends(filled))
    return [_pack(*_varints(lengths), valid), _regroup(rows, _ends(lengths)), end]


def _regroup(rows: pa.Array, ends: np.ndarray) -> pa.Array:
    """Stretches of rows as single values, without a copy: `ends` are counted in rows."""
    offsets = offsets_of(rows)
    kind = pa.large_binary() if offsets.dtype == np.int64 else pa.binary()
    grouped = offsets[ends] if len(offsets) > 1 else np.zeros(len(ends), offsets.dtype)
    values = rows.buffers()[2] or pa.py_buffer(b"")
    return pa.Array.from_buffers(kind, len(ends) - 1, [None, pa.py_buffer(grouped), values])


def _ends(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def _byte_array(values: np.ndarray, offsets: np.ndarray) -> pa.Array:
    wide = int(offsets[-1]) > _MOST_BYTES
    kind, width = (pa.large_binary(), np.int64) if wide else (pa.binary(), np.int32)
    buffers = [None, pa.py_buffer(np.ascontiguousarray(offsets, width)), pa.py_buffer(values)]
    return pa.Array.from_buffers(kind, len(offsets) - 1, buffers)


def _pack(letters: np.ndarray, lengths: np.ndarray | None, valid: np.ndarray | None) -> pa.Array:
    """One value for each row: the branch of a union, if it is one, and the first `lengths` bytes of each row of `letters`."""
    rows, width = letters.shape
    if valid is not None:
        whole = np.empty((rows, width + 1), np.uint8)
        whole[:, 0] = np.where(valid, _VALUE, _NULL)
        whole[:, 1:] = letters
        letters, width = whole, width + 1
        if lengths is not None or not valid.all():
            lengths = np.where(valid, width if lengths is None else lengths + 1, 1)
    if lengths is None:
        return _byte_array(np.ascontiguousarray(letters).reshape(-1), np.arange(rows + 1) * width)
    written = np.arange(width) < lengths[:, None]
    return _byte_array(letters[written], _ends(lengths))


def _varints(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Zigzag numbers of seven bits a byte, and how many bytes each takes."""
    signed = numbers.astype(np.int64)
    zigzag = ((signed << 1) ^ (signed >> 63)).view(np.uint64)
    width = max(1, -(-int(zigzag.max(initial=0)).bit_length() // 7))
    lengths = np.ones(len(zigzag), np.int64)
    for byte in range(1, width):
        lengths += zigzag >= np.uint64(1 << 7 * byte)
    letters = np.empty((len(zigzag), width), np.uint8)
    for byte in range(width):
        more = np.where(lengths > byte + 1, np.uint8(0x80), np.uint8(0))
        letters[:, byte] = ((zigzag >> np.uint64(7 * byte)) & np.uint64(0x7F)).astype(np.uint8) | more
    return letters, lengths


def _leaf(cells: pa.Array) -> tuple[np.ndarray, np.ndarray | None]:
    """The bytes of single values, and their lengths where these differ; anything for nulls."""
    kind = cells.type
    if pa.types.is_boolean(kind):
        return pc.fill_null(cells, False).to_numpy(zero_copy_only=False).view(np.uint8).reshape(-1, 1), None
    if pa.types.is_floating(kind):
        plain = cells.cast(pa.float32()) if pa.types.is_float16(kind) else cells
        width = plain.type.bit_width // 8
        return _raw(plain, np.dtype(f"<f{width}")).view(np.uint8).reshape(-1, width), None
    if pa.types.is_decimal(kind):
        width, size = kind.bit_width // 8, decimal_size(kind.precision)
        return _raw(cells, np.dtype(f"V{width}")).view(np.uint8).reshape(-1, width)[:, size - 1 :: -1], None
    if pa.types.is_uint64(kind):
        letters = np.zeros((len(cells), 9), np.uint8)
        letters[:, 1:] = _raw(cells, np.dtype("<u8")).astype(">u8").view(np.uint8).reshape(-1, 8)
        return letters, None
    if pa.types.is_fixed_size_binary(kind):
        width = kind.byte_width
        return _raw(cells, np.dtype(f"V{width}")).view(np.uint8).reshape(-1, width), None
    ticks = cells.cast(ticks_type(kind))
    sign = "u" if pa.types.is_unsigned_integer(kind) else "i"
    return _varints(_raw(ticks, np.dtype(f"<{sign}{ticks.type.bit_width // 8}")))


def _raw(cells: pa.Array, kind: np.dtype) -> np.ndarray:
    buffer = cells.buffers()[1] or b""
    return np.frombuffer(buffer, kind)[cells.offset : cells.offset + len(cells)]

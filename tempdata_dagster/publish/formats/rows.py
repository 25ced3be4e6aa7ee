"""Rows as bytes: cells that were encoded column by column are joined in C++, so that no Python runs for each row.

A cell is the text of one value. A column of cells is an Arrow array of text or bytes; what stands between two columns,
such as a delimiter or a key of JSON, is a literal. The joined array's values, one after the other, are the rows' bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# What offsets of 32 bits can address.
MOST_BYTES = 2**31 - 1


def join(pieces: Sequence[pa.Array | str], separator: str = "") -> pa.Array:
    """One text for each row: the pieces one after the other. A row is null where one of its pieces is.

    Args:
        pieces: Arrays of text or bytes, all of one length; a `str` is the same in every row.
        separator: Between any two pieces.
    """
    return _join(pieces, separator, "emit_null")


def join_known(pieces: Sequence[pa.Array | str], separator: str = "") -> pa.Array:
    """As `join`, but pieces that are null are left out, together with their separator; a row of nothing else is empty."""
    unknown = None
    for piece in pieces:
        if isinstance(piece, str) or not piece.null_count:
            return _join(pieces, separator, "skip")
        unknown = piece.is_null() if unknown is None else pc.and_(unknown, piece.is_null())
    # Arrow drops rows of which every piece is left out.
    empty = pc.if_else(unknown, "", pa.scalar(None, pa.string()))
    return _join([*pieces, empty], separator, "skip")


def _join(pieces: Sequence[pa.Array | str], separator: str, nulls: str) -> pa.Array:
    merged: list[pa.Array | str] = []
    for literal, grouped in groupby(pieces, lambda piece: isinstance(piece, str)):
        group = list(grouped)
        # A literal costs as much as a column: those that follow each other are made one.
        merged.extend(["".join(map(str, group))] if literal and not separator else group)
    arrays = [piece for piece in merged if not isinstance(piece, str)]
    kind = _common_type(arrays, wide=size_of(merged, separator) > MOST_BYTES)
    if any(array.type != kind for array in arrays):
        merged = [piece if isinstance(piece, str) else piece.cast(kind) for piece in merged]
    scalars = [pa.scalar(piece, kind) if isinstance(piece, str) else piece for piece in merged]
    return pc.binary_join_element_wise(*scalars, pa.scalar(separator, kind), null_handling=nulls)


def _common_type(arrays: Sequence[pa.Array], *, wide: bool) -> pa.DataType:
    kinds = [array.type for array in arrays]
    binary = any(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) for kind in kinds)
    if wide or any(pa.types.is_large_string(kind) or pa.types.is_large_binary(kind) for kind in kinds):
        return pa.large_binary() if binary else pa.large_string()
    return pa.binary() if binary else pa.string()


def size_of(pieces: Sequence[pa.Array | str], separator: str = "") -> int:
    """How many bytes the pieces of all rows have together, in UTF-8; at most a little too many."""
    rows = max((len(piece) for piece in pieces if not isinstance(piece, str)), default=0)
    literals = sum(len(piece.encode()) for piece in pieces if isinstance(piece, str))
    literals += len(separator.encode()) * max(len(pieces) - 1, 0)
    return rows * literals + sum(values_of(piece).nbytes for piece in pieces if not isinstance(piece, str))


def offsets_of(texts: pa.Array) -> np.ndarray:
    """Where each text begins among its array's bytes, and where the last one ends: one more than there are rows."""
    large = pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type)
    if not len(texts):
        return np.zeros(1, np.int64 if large else np.int32)
    offsets = np.frombuffer(texts.buffers()[1], np.int64 if large else np.int32)
    return offsets[texts.offset : texts.offset + len(texts) + 1]


def values_of(texts: pa.Array) -> np.ndarray:
    """The bytes of all texts one after the other, without a copy."""
    offsets, values = offsets_of(texts), texts.buffers()[2]
    if values is None:
        return np.zeros(0, np.uint8)
    return np.frombuffer(values, np.uint8)[int(offsets[0]) : int(offsets[-1])]


def text_array(values: np.ndarray, offsets: np.ndarray, valid: pa.Array | None = None) -> pa.Array:
    """An array of text over bytes that are there: `offsets` as `offsets_of` gives them, from 0; null where not `valid`."""
    large = offsets.dtype == np.int64
    mask = None if valid is None else pa.array(np.packbits(valid, bitorder="little")).buffers()[1]
    return pa.Array.from_buffers(
        pa.large_string() if large else pa.string(),
        len(offsets) - 1,
        [mask, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(np.ascontiguousarray(values))],
    )


def fixed_texts(letters: np.ndarray, valid: np.ndarray | None = None) -> pa.Array:
    """Texts that are all equally long: one row of `letters`, which has two dimensions, for each."""
    rows, width = letters.shape
    kind = np.int32 if rows * width <= MOST_BYTES else np.int64
    return text_array(letters.reshape(-1), np.arange(rows + 1, dtype=kind) * kind(width), valid)


def has_any(texts: pa.Array, letters: str) -> bool:
    """Whether any of these ASCII letters is in any text: told at the speed of memory."""
    data = values_of(texts).tobytes()
    return any(letter.encode() in data for letter in letters)


def rows_with(texts: pa.Array, letters: str) -> np.ndarray:
    """In which texts any of these ASCII letters is: one truth value for each row."""
    found, values = np.zeros(len(texts), bool), values_of(texts)
    data = values.tobytes()
    offsets = offsets_of(texts)
    for letter in letters:
        # Most columns have none of them, which is told many times faster than where they are.
        if letter.encode() in data:
            places = np.flatnonzero(values == ord(letter)) + offsets[0]
            found[np.searchsorted(offsets, places, side="right") - 1] = True
    return found

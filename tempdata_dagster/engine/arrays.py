"""Arrow arrays from numpy buffers, without a Python object per row."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_GROUP, _GROUP_DIGITS = 10_000, 4


def wrap(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    """A fixed-width Arrow array over numpy's own memory (no copy, no nulls).

    Args:
        values: A contiguous array whose items are as wide as `kind`'s.
        kind: The Arrow type, such as `timestamp[us, tz=UTC]` over int64.
    """
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def unwrap(array: pa.Array) -> np.ndarray:
    """The values of a fixed-width array as numpy, without a copy; slots of nulls hold anything.

    Times and dates come as their integers; decimals as int64 multiples of their last digit.
    """
    kind = array.type
    if pa.types.is_decimal(kind):
        words = np.frombuffer(array.buffers()[1], dtype=np.int64)
        return np.asarray(words[2 * array.offset : 2 * (array.offset + len(array)) : 2])
    if pa.types.is_boolean(kind):
        return np.asarray(array.cast(pa.uint8()).fill_null(0).to_numpy(zero_copy_only=False)).astype(bool)
    numpy_type = {"timestamp": np.int64, "duration": np.int64, "date32": np.int32}.get(str(kind).split("[")[0])
    width = numpy_type or kind.to_pandas_dtype()
    raw = array.buffers()[1]
    if raw is None:
        return np.zeros(len(array), dtype=width)
    return np.frombuffer(raw, dtype=width)[array.offset : array.offset + len(array)]


def make_decimal(units: np.ndarray, precision: int, scale: int) -> pa.Array:
    """decimal128 from int64 multiples of the last digit (1234 at scale 2 is 12.34)."""
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63
    return pa.Array.from_buffers(pa.decimal128(precision, scale), len(units), [None, pa.py_buffer(words)])


def make_dates(micros: np.ndarray) -> pa.Array:
    """date32 of the UTC days that hold these microseconds."""
    return wrap((micros // 86_400_000_000).astype(np.int32), pa.date32())


def set_null(array: pa.Array, null: np.ndarray) -> pa.Array:
    """`array` with further nulls where the mask is true."""
    if not null.any():
        return array
    if isinstance(array, pa.DictionaryArray):
        return pa.DictionaryArray.from_arrays(set_null(array.indices, null), array.dictionary)
    keep = ~null if array.null_count == 0 else ~null & array.is_valid().to_numpy(zero_copy_only=False)
    if array.offset:
        array = pa.concat_arrays([array])
    bitmap = pa.py_buffer(np.packbits(keep, bitorder="little"))
    return pa.Array.from_buffers(array.type, len(array), [bitmap, *array.buffers()[1:]])


def is_null(array: pa.Array) -> np.ndarray:
    """A bool mask of the nulls, shape `(n,)`."""
    if array.null_count == 0:
        return np.zeros(len(array), dtype=bool)
    return np.asarray(array.is_null().to_numpy(zero_copy_only=False))


def plain(array: pa.Array) -> pa.Array:
    """The array without its dictionary encoding."""
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


def write_digits(target: np.ndarray, values: np.ndarray) -> None:
    """Write whole numbers as decimal ASCII digits, zero-padded to the width.

    Args:
        target: uint8 of shape `(n, width)`, written in place.
        values: Non-negative int64 of shape `(n,)`; digits that do not fit are cut off at the left.
    """
    groups, rest, end = _digit_groups(), values, target.shape[1]
    while end > 0:
        following = rest // _GROUP
        width = min(_GROUP_DIGITS, end)
        digits = groups[rest - following * _GROUP].view(np.uint8).reshape(-1, _GROUP_DIGITS)
        target[:, end - width : end] = digits[:, _GROUP_DIGITS - width :]
        rest, end = following, end - width


@lru_cache(maxsize=1)
def _digit_groups() -> np.ndarray:
    """The four ASCII digits of 0 to 9999, each packed into one uint32."""
    numbers = np.arange(_GROUP)
    digits = np.stack([numbers // 10**place % 10 for place in (3, 2, 1, 0)], axis=1) + ord("0")
    return np.ascontiguousarray(digits.astype(np.uint8)).view(np.uint32).reshape(-1)


def from_matrix(characters: np.ndarray) -> pa.Array:
    """Strings of one width from a byte matrix, uint8 of shape `(n, width)`."""
    rows, width = characters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    data = pa.py_buffer(np.ascontiguousarray(characters))
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), data)


def join(*pieces: pa.Array | str) -> pa.Array:
    """The pieces of each row glued together; null where a piece is null."""
    return pc.binary_join_element_wise(*(plain(p) if isinstance(p, pa.Array) else p for p in pieces), "")

"""A digest of rows in any order: databases keep rows, and no order of them.

Every cell becomes 64 bits, every row the mixed sum of its cells', and the digest is the sum of all rows' modulo 2^64, with
the number of rows. A cell, a row or two cells that change places change it, but for one chance in 2^64; it is no proof
against a forger. Computed on whole columns at once: a text is a polynomial of its bytes.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.publish.sql.base import family_of

# Odd, and without a pattern: the fractional bits of the golden ratio, and the multipliers of SplitMix64's last steps.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_BASE = 0xD6E8FEB86659FD93
_NULL = np.uint64(0xA0761D6478BD642F)
_WORD = 8


def _mix(values: np.ndarray) -> np.ndarray:
    """SplitMix64's finalizer: each bit of the input changes half of the output."""
    values = values + _GOLDEN
    values = (values ^ (values >> np.uint64(30))) * _FIRST
    values = (values ^ (values >> np.uint64(27))) * _SECOND
    mixed: np.ndarray = values ^ (values >> np.uint64(31))
    return mixed


def _key_of(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))


class RowDigest:
    """The digest of rows that arrive in batches, in any order.

    Args:
        schema: Names and types; the order of columns does not matter.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._keys = [(field.name, _key_of(field.name)) for field in schema]
        self._sum = np.uint64(0)
        self.rows = 0

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the rows of `batch`, which has all columns of the schema."""
        if not batch.num_rows:
            return
        row = np.zeros(batch.num_rows, np.uint64)
        for name, key in self._keys:
            row += _mix(_hash(batch.column(name)) ^ key)
        with np.errstate(over="ignore"):
            self._sum += _mix(row).sum(dtype=np.uint64)
        self.rows += batch.num_rows

    def hexdigest(self) -> str:
        """`rd1:`, 16 hexadecimal digits, and the number of rows."""
        return f"rd1:{int(self._sum):016x}:{self.rows}"


def _hash(array: pa.Array) -> np.ndarray:
    """64 bits for each value; all nulls have the same."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    family = family_of(array.type)
    if family in ("text", "blob"):
        found = _hash_bytes(array)
    elif family in ("list", "map"):
        found = _hash_lists(array)
    elif family == "struct":
        found = np.zeros(len(array), np.uint64)
        for field, values in zip(array.type, array.flatten(), strict=True):
            found += _mix(_hash(values) ^ _key_of(field.name))
    elif family == "null":
        return np.full(len(array), _NULL)
    else:
        found = _hash_fixed(array, family)
    return np.where(array.is_null().to_numpy(zero_copy_only=False), _NULL, found) if array.null_count else found


def _hash_fixed(array: pa.Array, family: str) -> np.ndarray:
    if family == "decimal":
        return _hash_decimals(array)
    if family == "bool":
        array = array.cast(pa.uint8())
    elif family in ("time", "timestamp"):
        array = array.cast(pa.int64() if array.type.bit_width == 64 else pa.int32())
    elif family == "date":
        array = array.cast(pa.date32()).cast(pa.int32())
    elif family == "float":
        values = pc.fill_null(array.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        # There are many NaNs, and nobody who reads them sees which.
        bits: np.ndarray = np.where(np.isnan(values), np.nan, values).view(np.uint64)
        return bits
    elif family != "integer":
        raise GenerationError("TD3040", f"content of type {array.type} has no hash", "cast it to a plain Arrow type")
    values = pc.fill_null(array, 0).to_numpy(zero_copy_only=False)
    found: np.ndarray = values.astype(np.int64 if values.dtype.kind == "i" else np.uint64).view(np.uint64)
    return found


def _hash_decimals(array: pa.Array) -> np.ndarray:
    words = array.type.bit_width // 64
    if not words:
        array = array.cast(pa.decimal128(array.type.precision, array.type.scale))
        words = 2
    raw = np.frombuffer(array.buffers()[1], np.uint64)[words * array.offset : words * (array.offset + len(array))]
    found = np.zeros(len(array), np.uint64)
    for word in range(words):
        found = _mix(found ^ raw[word::words])
    return found


def _hash_bytes(array: pa.Array) -> np.ndarray:
    """A polynomial of each value's words of 8 bytes, and its length."""
    array = pc.fill_null(array.cast(pa.large_binary()), b"")
    offsets = np.frombuffer(array.buffers()[1], np.int64, len(array) + 1, array.offset * 8)
    lengths = np.diff(offsets)
    data = array.buffers()[2]
    raw = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if data is not None else np.empty(0, np.uint8)
    # Each value at a multiple of 8 bytes, filled up with zeros: then words can be read in place of bytes.
    words = -(-lengths // _WORD)
    starts = np.cumsum(words) - words
    padded = np.zeros(int(words.sum()) * _WORD, np.uint8)
    shift = np.repeat(starts * _WORD - (offsets[:-1] - offsets[0]), lengths)
    padded[np.arange(len(raw)) + shift] = raw
    found: np.ndarray = _polynomial(padded.view(np.uint64), words) + lengths.view(np.uint64)
    return found


def _hash_lists(array: pa.Array) -> np.ndarray:
    if pa.types.is_map(array.type):
        array = array.cast(pa.list_(pa.struct([array.type.key_field, array.type.item_field])))
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    # Mixed first: the terms of a list of small numbers would cancel each other too easily.
    found: np.ndarray = _polynomial(_mix(_hash(array.flatten())), lengths) + lengths.view(np.uint64)
    return found


def _polynomial(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """For runs of `values` of these lengths, end to end, the sum of each value times a power that tells its place."""
    starts = np.cumsum(lengths) - lengths
    places = np.arange(len(values)) - np.repeat(starts, lengths)
    terms = _mix(values + _powers(int(lengths.max(initial=0)))[places])
    # Prefix sums rather than `reduceat`, which takes an empty run for the value after it; they wrap, as intended.
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    found: np.ndarray = sums[starts + lengths] - sums[starts]
    return found


def _powers(count: int) -> np.ndarray:
    with np.errstate(over="ignore"):
        powers: np.ndarray = np.cumprod(np.full(count, _BASE, np.uint64), dtype=np.uint64)
    return powers

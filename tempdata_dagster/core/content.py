"""Hashes of Arrow content: of the values that a reader sees, not of how they are stored.

Equal content has equal hashes however its rows are cut into batches, whatever offsets a slice carries, whatever lies in
memory under a null, and whether text is dictionary-encoded or held by 32-bit or 64-bit offsets. Any cell that differs
changes the hash: null from empty, -0.0 from 0.0, 1.0 from 1.0000000000000002. All NaNs are one value.

Every column is written to streams of bytes that only ever grow at their end, so that cutting rows elsewhere writes the
same streams: fixed-width values as they are, text as lengths and bytes, nulls as their row numbers. Streams are hashed by
XXH3 with 128 bits, at the speed of memory: the hash tells versions apart and is no proof against a forger. The SHA-256 of
the file, which the manifest holds too, is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from tempdata_dagster.core.errors import GenerationError

# A part of every hash: raised when the streams change, so that rows hashed the old way count as other rows.
HASH_VERSION = b"tempdata-content-2"
_TEXT = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_map)


def is_any(tests: tuple[Any, ...], kind: pa.DataType) -> bool:
    """Whether one of the `pyarrow.types` tests holds."""
    return any(test(kind) for test in tests)


def type_name(kind: pa.DataType) -> str:
    """The name of a type's values: encodings (dictionary, large, view) do not show in it."""
    if pa.types.is_dictionary(kind):
        return type_name(kind.value_type)
    for name, tests in (("string", _TEXT), ("binary", _BYTES)):
        if is_any(tests, kind):
            return name
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{len(f.name)}:{f.name}:{type_name(f.type)}' for f in kind)}>"
    if pa.types.is_map(kind):
        return f"map<{type_name(kind.key_type)},{type_name(kind.item_type)}>"
    if is_any(_LISTS, kind):
        return f"list<{type_name(kind.value_type)}>"
    return str(kind)


class _Stream(Protocol):
    """The growing byte streams of one column."""

    def update(self, array: pa.Array) -> None: ...
    def digest(self) -> bytes: ...


class _Nulls:
    """The row numbers of the nulls: nothing is written for rows that hold a value."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = xxhash.xxh3_128()

    def update(self, array: pa.Array) -> np.ndarray | None:
        """Write the nulls of `array`; returns their mask, or None when there are none."""
        first, self.rows = self.rows, self.rows + len(array)
        if not array.null_count:
            return None
        mask: np.ndarray = array.is_null().to_numpy(zero_copy_only=False)
        self._hash.update((np.flatnonzero(mask).astype("<i8") + first).data)
        return mask

    def digest(self) -> bytes:
        return self._hash.digest() + self.rows.to_bytes(8, "little")


class _Fixed:
    """Values of a fixed width; zero bytes stand for nulls."""

    def __init__(self, kind: pa.DataType) -> None:
        self._bool = pa.types.is_boolean(kind)
        width = 1 if self._bool else kind.bit_width // 8
        self._dtype = np.dtype(f"<f{width}") if pa.types.is_floating(kind) else np.dtype(f"V{width}")
        self._nulls = _Nulls()
        self._hash = xxhash.xxh3_128()

    def update(self, array: pa.Array) -> None:
        nulls = self._nulls.update(array)
        if not len(array):
            return
        # Arrow packs booleans eight to a byte, and a slice begins in the middle of one.
        values = self._values(array.cast(pa.uint8()) if self._bool else array)
        if nulls is not None:
            # What lies under a null is whatever the maker left there.
            values = np.where(nulls, np.zeros(1, values.dtype), values)
        if values.dtype.kind == "f" and (nans := np.isnan(values)).any():
            # There are many NaNs, with a sign and a payload; nobody who reads them sees which.
            values = np.where(nans, np.array(np.nan, values.dtype), values)
        self._hash.update(values.view(np.uint8).data)

    def _values(self, array: pa.Array) -> np.ndarray:
        width = self._dtype.itemsize
        buffer = array.buffers()[1]
        return np.frombuffer(buffer, self._dtype, len(array), array.offset * width)

    def digest(self) -> bytes:
        return self._hash.digest() + self._nulls.digest()


class _Text:
    """Text or bytes: the length of each value (0 for a null) and all values end to end."""

    def __init__(self, kind: pa.DataType) -> None:
        self._plain = pa.large_binary() if is_any(_BYTES, kind) else pa.large_string()
        self._nulls = _Nulls()
        self._lengths = xxhash.xxh3_128()
        self._bytes = xxhash.xxh3_128()

    def update(self, array: pa.Array) -> None:
        nulls = self._nulls.update(array)
        if not len(array):
            return
        if array.type.id in _VIEWS:
            # Views have no offsets, and their bytes lie anywhere.
            array = array.cast(self._plain)
        offsets = self._offsets(array)
        lengths = np.diff(offsets)
        if nulls is not None and lengths[nulls].any():
            # Bytes under a null are nobody's value: filling nulls builds the bytes anew, without them.
            array = pc.fill_null(array, pa.scalar(b"" if is_any(_BYTES, array.type) else "", array.type))
            offsets = self._offsets(array)
            lengths = np.diff(offsets)
        # Lengths and not offsets: those go on from wherever the slice begins.
        self._lengths.update(lengths.astype("<u4", copy=False).data)
        start, end = int(offsets[0]), int(offsets[-1])
        if end > start:
            self._bytes.update(memoryview(array.buffers()[2])[start:end])

    @staticmethod
    def _offsets(array: pa.Array) -> np.ndarray:
        large = array.type in (pa.large_string(), pa.large_binary())
        dtype = np.dtype("<i8" if large else "<i4")
        return np.frombuffer(array.buffers()[1], dtype, len(array) + 1, array.offset * dtype.itemsize)

    def digest(self) -> bytes:
        return self._lengths.digest() + self._bytes.digest() + self._nulls.digest()


class _List:
    """Lists: the length of each (0 for a null) and a stream of all elements end to end."""

    def __init__(self, kind: pa.DataType) -> None:
        self._map = pa.types.is_map(kind)
        self._child = _stream_of(pa.struct([kind.key_field, kind.item_field]) if self._map else kind.value_type)
        self._nulls = _Nulls()
        self._lengths = xxhash.xxh3_128()

    def update(self, array: pa.Array) -> None:
        self._nulls.update(array)
        # `flatten` takes no maps.
        if self._map:
            array = array.cast(pa.list_(pa.struct([array.type.key_field, array.type.item_field])))
        lengths = pc.fill_null(pc.list_value_length(array), 0).cast(pa.int64())
        self._lengths.update(lengths.to_numpy())
        # Not `values`: those also hold what lies under nulls and outside of a slice.
        self._child.update(array.flatten())

    def digest(self) -> bytes:
        return self._lengths.digest() + self._child.digest() + self._nulls.digest()


class _Struct:
    """Structs: a stream for each field; a field of a null struct is null."""

    def __init__(self, kind: pa.DataType) -> None:
        self._children = [_stream_of(child.type) for child in kind]
        self._nulls = _Nulls()

    def update(self, array: pa.Array) -> None:
        self._nulls.update(array)
        # Not `field`: it does not pass the struct's own nulls on.
        for child, values in zip(self._children, array.flatten(), strict=True):
            child.update(values)

    def digest(self) -> bytes:
        return b"".join(child.digest() for child in self._children) + self._nulls.digest()


class _Dictionary:
    """Dictionary-encoded values, written as the values that they stand for."""

    def __init__(self, kind: pa.DataType) -> None:
        self._values = _stream_of(kind.value_type)

    def update(self, array: pa.Array) -> None:
        # Codes go by the order in which a batch met its values, and mean nothing to a reader.
        self._values.update(array.dictionary_decode())

    def digest(self) -> bytes:
        return self._values.digest()


class _Empty:
    """A column of type null: only its length is content."""

    def __init__(self) -> None:
        self._nulls = _Nulls()

    def update(self, array: pa.Array) -> None:
        self._nulls.rows += len(array)

    def digest(self) -> bytes:
        return self._nulls.digest()


_VIEWS = frozenset({pa.string_view().id, pa.binary_view().id})


def _stream_of(kind: pa.DataType) -> _Stream:
    if pa.types.is_dictionary(kind):
        return _Dictionary(kind)
    if pa.types.is_struct(kind):
        return _Struct(kind)
    if is_any(_LISTS, kind):
        return _List(kind)
    if is_any(_TEXT + _BYTES, kind):
        return _Text(kind)
    if pa.types.is_null(kind):
        return _Empty()
    if not pa.types.is_primitive(kind) and not is_any((pa.types.is_decimal, pa.types.is_fixed_size_binary), kind):
        raise GenerationError("TD3040", f"content of type {kind} has no hash", "cast it to a plain Arrow type")
    return _Fixed(kind)


class ContentHash:
    """The hash of rows that arrive in batches.

    Args:
        schema: Names and types, in order; they are part of the content, nullability and metadata are not.

    Raises:
        GenerationError: TD3040 for a type that has no canonical bytes (extension types, unions).
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._names = [(field.name, type_name(field.type)) for field in schema]
        self._streams = [_stream_of(field.type) for field in schema]
        self.rows = 0

    def update(self, batch: pa.RecordBatch) -> None:
        """Append the rows of `batch`, whose columns are in the schema's order."""
        self.rows += batch.num_rows
        for stream, column in zip(self._streams, batch.columns, strict=True):
            stream.update(column)

    def hexdigest(self) -> str:
        """64 hexadecimal digits for the rows so far."""
        digest = hashlib.sha256(HASH_VERSION)
        digest.update(self.rows.to_bytes(8, "little"))
        for (name, kind), stream in zip(self._names, self._streams, strict=True):
            for text in (name.encode(), kind.encode(), stream.digest()):
                # Each after its length: else a name's end and a type's beginning could change places unseen.
                digest.update(len(text).to_bytes(8, "little") + text)
        return digest.hexdigest()


def hash_batches(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
    """The content hash of all rows of `batches`."""
    content = ContentHash(schema)
    for batch in batches:
        content.update(batch)
    return content.hexdigest()


def combine(part_hashes: Iterable[str]) -> str:
    """The hash of a partition from the content hashes of its parts, in their order."""
    digest = hashlib.sha256(HASH_VERSION + b"-parts")
    for one in part_hashes:
        digest.update(len(one).to_bytes(8, "little") + one.encode())
    return digest.hexdigest()

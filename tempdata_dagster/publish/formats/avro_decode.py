"""Arrow arrays of Avro's bytes: a reader for each column, which gathers its values while rows are walked through."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pyarrow as pa

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
from tempdata_dagster.publish.formats.recast import recast

DAMAGED = "the file is damaged"


class Column(Protocol):
    """Gathers the values of one column."""

    def read(self, data: bytes, place: int) -> int:
        """Take the value at `place`; returns where the next one begins."""

    def blank(self) -> None:
        """Take a null, of which nothing is written."""

    def finish(self) -> pa.Array:
        """All values since the last time."""


def read_long(data: bytes, place: int) -> tuple[int, int]:
    """The number at `place`, and where the next value begins."""
    byte = data[place]
    number, shift = byte & 0x7F, 7
    while byte & 0x80:
        place += 1
        byte = data[place]
        number |= (byte & 0x7F) << shift
        shift += 7
    return (number >> 1) ^ -(number & 1), place + 1


class _Numbers:
    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._ticks = ticks_type(kind)
        self._values: list[int | None] = []

    def read(self, data: bytes, place: int) -> int:
        number, place = read_long(data, place)
        self._values.append(number)
        return place

    def blank(self) -> None:
        self._values.append(None)

    def finish(self) -> pa.Array:
        width = pa.int32() if self._ticks.bit_width == 32 and not pa.types.is_integer(self._ticks) else pa.int64()
        numbers, self._values = pa.array(self._values, width), []
        return numbers.cast(self._ticks).cast(self._kind)


class _Fixed:
    """Values that all take as many bytes; `_bytes` of nulls are zeros."""

    def __init__(self, kind: pa.DataType, size: int) -> None:
        self._kind = kind
        self._size = size
        self._values: list[bytes] = []
        self._valid: list[bool] = []

    def read(self, data: bytes, place: int) -> int:
        end = place + self._size
        value = data[place:end]
        if len(value) < self._size:
            raise pa.ArrowInvalid(DAMAGED)
        self._values.append(value)
        self._valid.append(True)
        return end

    def blank(self) -> None:
        self._values.append(bytes(self._size))
        self._valid.append(False)

    def finish(self) -> pa.Array:
        letters = np.frombuffer(b"".join(self._values), np.uint8).reshape(len(self._values), self._size)
        valid = np.array(self._valid, bool)
        self._values, self._valid = [], []
        return self._convert(letters, valid)

    def _convert(self, letters: np.ndarray, valid: np.ndarray) -> pa.Array:
        mask = pa.py_buffer(np.packbits(valid, bitorder="little"))
        if pa.types.is_boolean(self._kind):
            return pa.array(letters[:, 0] != 0, mask=~valid)
        stored = pa.float32() if pa.types.is_float16(self._kind) else self._kind
        found = pa.Array.from_buffers(stored, len(letters), [mask, pa.py_buffer(self._widen(letters))])
        return found.cast(self._kind)

    def _widen(self, letters: np.ndarray) -> np.ndarray:
        if pa.types.is_uint64(self._kind):
            return np.ascontiguousarray(letters[:, :0:-1])
        if not pa.types.is_decimal(self._kind):
            return np.ascontiguousarray(letters)
        # The sign of the most significant byte fills those that Avro leaves out.
        wide = np.empty((len(letters), self._kind.bit_width // 8), np.uint8)
        wide[:, : self._size] = letters[:, ::-1]
        wide[:, self._size :] = np.where(letters[:, :1] & 0x80, np.uint8(0xFF), np.uint8(0))
        return wide


class _Bytes:
    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._values: list[bytes | None] = []

    def read(self, data: bytes, place: int) -> int:
        length, place = read_long(data, place)
        end = place + length
        if not place <= end <= len(data):
            raise pa.ArrowInvalid(DAMAGED)
        self._values.append(data[place:end])
        return end

    def blank(self) -> None:
        self._values.append(None)

    def finish(self) -> pa.Array:
        # Arrow checks UTF-8 when it casts.
        values, self._values = pa.array(self._values, pa.large_binary()), []
        return values.cast(self._kind)


class _Nothing:
    def __init__(self) -> None:
        self._rows = 0

    def read(self, data: bytes, place: int) -> int:  # noqa: ARG002 - nothing is written of a null
        self._rows += 1
        return place

    def blank(self) -> None:
        self._rows += 1

    def finish(self) -> pa.Array:
        rows, self._rows = self._rows, 0
        return pa.nulls(rows)


class Record:
    """The values of a struct, or the columns of a table."""

    def __init__(self, fields: list[pa.Field]) -> None:
        self._fields = fields
        self._children = [column_of(field) for field in fields]
        self._nulls: list[bool] = []

    def read(self, data: bytes, place: int) -> int:
        """Take the fields that begin at `place`."""
        for child in self._children:
            place = child.read(data, place)
        self._nulls.append(False)
        return place

    def blank(self) -> None:
        """Take a null."""
        for child in self._children:
            child.blank()
        self._nulls.append(True)

    def finish(self) -> pa.StructArray:
        """All values since the last time."""
        arrays = [child.finish() for child in self._children]
        mask, self._nulls = pa.array(self._nulls, pa.bool_()), []
        if not arrays:
            return pa.array([None if null else {} for null in mask.to_pylist()], pa.struct([]))
        return pa.StructArray.from_arrays(arrays, fields=self._fields, mask=mask)


class _List:
    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._element = element_field(kind)
        self._child = column_of(self._element)
        self._offsets: list[int] = [0]
        self._nulls: list[bool] = []

    def read(self, data: bytes, place: int) -> int:
        total = 0
        while True:
            count, place = read_long(data, place)
            if not count:
                break
            if count < 0:
                # Avro allows a block to tell its size, for those who skip it.
                count, (_, place) = -count, read_long(data, place)
            for _ in range(count):
                place = self._child.read(data, place)
            total += count
        self._offsets.append(self._offsets[-1] + total)
        self._nulls.append(False)
        return place

    def blank(self) -> None:
        self._offsets.append(self._offsets[-1])
        self._nulls.append(True)

    def finish(self) -> pa.Array:
        offsets, mask = pa.array(self._offsets, pa.int32()), pa.array(self._nulls, pa.bool_())
        self._offsets, self._nulls = [0], []
        found = pa.ListArray.from_arrays(offsets, self._child.finish(), pa.list_(self._element), mask=mask)
        return recast(found, self._kind)


class _Union:
    """A column with nulls: the number of the branch stands before each value."""

    def __init__(self, inner: Column) -> None:
        self._inner = inner
        self.blank = inner.blank
        self.finish = inner.finish

    def read(self, data: bytes, place: int) -> int:
        branch = data[place]
        if branch == 2:
            return self._inner.read(data, place + 1)
        if branch:
            raise pa.ArrowInvalid(DAMAGED)
        self._inner.blank()
        return place + 1


class _Codes:
    """A column that is encoded by dictionary in memory: Avro holds its values."""

    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._values = _bare_column(kind.value_type)
        self.read = self._values.read
        self.blank = self._values.blank

    def finish(self) -> pa.Array:
        return recast(self._values.finish(), self._kind)


def column_of(field: pa.Field) -> Column:
    """What reads the values of a field."""
    inner = _bare_column(field.type)
    return _Union(inner) if is_union(field) else inner


def _bare_column(kind: pa.DataType) -> Any:
    if pa.types.is_dictionary(kind):
        return _Codes(kind)
    if pa.types.is_null(kind):
        return _Nothing()
    if pa.types.is_struct(kind):
        return Record(list(kind))
    if is_any(LISTS, kind):
        return _List(kind)
    if is_any(TEXT + BYTES, kind):
        return _Bytes(kind)
    if pa.types.is_decimal(kind):
        return _Fixed(kind, decimal_size(kind.precision))
    if pa.types.is_uint64(kind):
        return _Fixed(kind, 9)
    if pa.types.is_boolean(kind):
        return _Fixed(kind, 1)
    if pa.types.is_floating(kind):
        return _Fixed(kind, max(4, kind.bit_width // 8))
    if pa.types.is_fixed_size_binary(kind):
        return _Fixed(kind, kind.byte_width)
    return _Numbers(kind)

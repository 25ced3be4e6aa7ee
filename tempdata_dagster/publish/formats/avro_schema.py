"""Avro schemas of Arrow types: which Avro type stands for which, and names that Avro takes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tempdata_dagster.core.content import is_any
from tempdata_dagster.publish.formats.naming import valid_names
from tempdata_dagster.publish.formats.refusal import refuse

_INT = (pa.types.is_int8, pa.types.is_int16, pa.types.is_int32, pa.types.is_uint8, pa.types.is_uint16)
_LONG = (pa.types.is_int64, pa.types.is_uint32, pa.types.is_duration)
TEXT = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_map)
_UNITS = {"s": "millis", "ms": "millis", "us": "micros", "ns": "nanos"}
# Where Avro keeps what Arrow called a field whose name it does not take.
ORIGINAL = "tempdata.name"


def decimal_size(precision: int) -> int:
    """How many bytes hold all decimals of so many digits, with their sign."""
    return int(10**precision - 1).bit_length() // 8 + 1


def ticks_type(kind: pa.DataType) -> pa.DataType:
    """The type whose whole numbers Avro writes: it counts no whole seconds, and days but in one way."""
    if pa.types.is_timestamp(kind) and kind.unit == "s":
        return pa.timestamp("ms", kind.tz)
    if pa.types.is_time(kind) and kind.unit == "s":
        return pa.time32("ms")
    return pa.date32() if pa.types.is_date64(kind) else kind


def element_field(kind: pa.DataType) -> pa.Field:
    """What a list's elements are; those of a map are its entries."""
    if pa.types.is_map(kind):
        return pa.field("entry", pa.struct([kind.key_field, kind.item_field]), nullable=False)
    return kind.value_field


class SchemaWriter:
    """Derives the schema of one file. Each record has a name by its path, each width of bytes one name.

    Args:
        column: For messages: the column that is written.
    """

    def __init__(self) -> None:
        self._named: set[str] = set()
        self._column = ""

    def write(self, schema: pa.Schema, table: str) -> dict[str, Any]:
        """The record of a table's rows.

        Raises:
            GenerationError: TD3045 for a type that Avro has not.
        """
        return self._record(list(schema), valid_names([table or "row"])[0], top=True)

    def _record(self, fields: list[pa.Field], name: str, *, top: bool = False) -> dict[str, Any]:
        while name in self._named:
            name += "_"
        self._named.add(name)
        written = []
        for field, valid in zip(fields, valid_names([field.name for field in fields]), strict=True):
            if top:
                self._column = field.name
            one: dict[str, Any] = {"name": valid, "type": self._field(field, f"{name}_{valid}")}
            if valid != field.name:
                one[ORIGINAL] = field.name
            if isinstance(one["type"], list):
                one["default"] = None
            written.append(one)
        return {"type": "record", "name": name, "fields": written}

    def _field(self, field: pa.Field, path: str) -> Any:
        kind = self._kind(field.type, path)
        return ["null", kind] if is_union(field) else kind

    def _kind(self, kind: pa.DataType, path: str) -> Any:
        if pa.types.is_dictionary(kind):
            return self._kind(kind.value_type, path)
        if pa.types.is_struct(kind):
            return self._record(list(kind), path)
        if is_any(LISTS, kind):
            return {"type": "array", "items": self._field(element_field(kind), f"{path}_item")}
        if pa.types.is_decimal(kind):
            size, name = decimal_size(kind.precision), f"decimal_{kind.precision}_{kind.scale}".replace("-", "m")
            said = {"logicalType": "decimal", "precision": kind.precision, "scale": kind.scale}
            return self._fixed(name, size, said if kind.scale >= 0 else {})
        if pa.types.is_uint64(kind):
            return self._fixed("unsigned_64", 9, {"logicalType": "decimal", "precision": 20, "scale": 0})
        if pa.types.is_fixed_size_binary(kind):
            return self._fixed(f"fixed_{kind.byte_width}", kind.byte_width, {})
        return plain_type(kind) or self._refuse(kind)

    def _fixed(self, name: str, size: int, said: dict[str, Any]) -> Any:
        # A name is defined once, and used from then on.
        if name in self._named:
            return name
        self._named.add(name)
        return {"type": "fixed", "name": name, "size": size} | said

    def _refuse(self, kind: pa.DataType) -> Any:
        raise refuse("avro", self._column, f"type {kind}", "cast it to a type of docs/guide/formats.md")


def is_union(field: pa.Field) -> bool:
    """Whether a field is written as a union with null."""
    return bool(field.nullable) and not pa.types.is_null(field.type)


def plain_type(kind: pa.DataType) -> Any:
    """The Avro type of what is neither nested nor of a fixed number of bytes; none if there is none."""
    for name, tests in (("int", _INT), ("long", _LONG), ("string", TEXT), ("bytes", BYTES)):
        if is_any(tests, kind):
            return name
    if pa.types.is_date(kind):
        return {"type": "int", "logicalType": "date"}
    if pa.types.is_time(kind):
        if kind.unit == "ns":
            return "long"
        return {"type": "int" if kind.bit_width == 32 else "long", "logicalType": f"time-{_UNITS[kind.unit]}"}
    if pa.types.is_timestamp(kind):
        return {"type": "long", "logicalType": f"{'' if kind.tz else 'local-'}timestamp-{_UNITS[kind.unit]}"}
    if pa.types.is_floating(kind):
        return "double" if kind.bit_width == 64 else "float"
    return {pa.bool_(): "boolean", pa.null(): "null"}.get(kind)

"""What values should read like in formats that are made of text, by Python's own means."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from math import isfinite, isnan
from typing import Any

import pyarrow as pa


def spell(value: Any, kind: pa.DataType) -> str | None:
    """The text of a value without fields and elements of its own; floats aside."""
    if value is None:
        return None
    if pa.types.is_dictionary(kind):
        return spell(value, kind.value_type)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        digits = {"s": "seconds", "ms": "milliseconds", "us": "microseconds"}[kind.unit]
        moment = value.astimezone(UTC).replace(tzinfo=None) if kind.tz else value
        return moment.isoformat(timespec=digits) + ("Z" if kind.tz else "")
    if pa.types.is_time(kind):
        return value.isoformat(timespec={"s": "seconds", "us": "microseconds"}[kind.unit])
    return format(value, "f") if pa.types.is_decimal(kind) else str(value)


def as_json(value: Any, kind: pa.DataType) -> Any:
    """What a JSON reader should find."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if pa.types.is_dictionary(kind):
        return as_json(value, kind.value_type)
    if pa.types.is_struct(kind):
        return {field.name: as_json(value[field.name], field.type) for field in kind}
    if isinstance(value, list):
        return [as_json(one, kind.value_type) for one in value]
    if isinstance(value, float):
        if isfinite(value):
            # The fewest digits of a float32 are others than those of the float64 that Python shows.
            return value if kind.bit_width == 64 else float(str(kind.to_pandas_dtype()(value)))
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return spell(value, kind)


def tidy(texts: list[str | None], kind: pa.DataType) -> list[str | None]:
    """Nested values in Python's own JSON; others as they are."""
    return [text and json.dumps(json.loads(text)) for text in texts] if pa.types.is_nested(kind) else texts


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """The objects of a JSON file."""
    columns = {
        field.name: [as_json(value, field.type) for value in column.to_pylist()]
        for field, column in zip(table.schema, table.columns, strict=True)
    }
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def texts_of_table(table: pa.Table) -> dict[str, list[str | None]]:
    """The cells of a CSV file: nested ones are JSON as `tidy` writes it, floats are left to be compared by their value."""
    texts: dict[str, list[str | None]] = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        values = column.to_pylist()
        if pa.types.is_nested(field.type):
            texts[field.name] = [None if value is None else json.dumps(as_json(value, field.type)) for value in values]
        elif not pa.types.is_floating(field.type):
            texts[field.name] = [spell(value, field.type) for value in values]
    return texts

"""Tables without what a database's SQL cannot say."""

from __future__ import annotations

from math import isfinite, isnan
from typing import Any

import pyarrow as pa

_NO_NUL = ("postgresql", "ansi")


def storable(table: pa.Table, dialect: str) -> pa.Table:
    """`table` with NUL taken out of text, and null in place of floats, where `dialect` cannot hold them."""
    columns = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_nested(field.type) and dialect not in _NO_NUL:
            columns[field.name] = column
            continue
        values = [_keep(value, dialect) for value in column.to_pylist()]
        columns[field.name] = pa.chunked_array([pa.array(values, field.type)])
    return pa.table(columns, schema=table.schema)


def _keep(value: Any, dialect: str) -> Any:
    if isinstance(value, str) and dialect in _NO_NUL:
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_keep(one, dialect) for one in value]
    if isinstance(value, dict):
        return {name: _keep(one, dialect) for name, one in value.items()}
    if (
        isinstance(value, float)
        and dialect != "postgresql"
        and not isfinite(value)
        and (dialect != "sqlite" or isnan(value))
    ):
        return None
    return value

"""Names and values as DuckDB SQL text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any


def quote_name(name: str) -> str:
    """A column's name, quoted."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text constant."""
    return "'" + text.replace("'", "''") + "'"


def literal(value: Any) -> str:
    """A constant of the SQL type that matches the Python type of `value`.

    Decimals keep their digits and moments with a zone are written in UTC, so that comparisons are exact.

    Raises:
        TypeError: There is no such SQL type.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, Decimal)):
        return f"({value:f})" if isinstance(value, Decimal) else f"({value})"
    if isinstance(value, float):
        return f"CAST('{value!r}' AS DOUBLE)"
    if isinstance(value, str):
        return quote_text(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
        return f"TIMESTAMPTZ '{value.astimezone(UTC).isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return _rare_literal(value)


def _rare_literal(value: Any) -> str:
    if isinstance(value, time):
        return f"TIME '{value.isoformat()}'"
    if isinstance(value, timedelta):
        return f"to_microseconds({value // timedelta(microseconds=1)})"
    if isinstance(value, bytes):
        return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB"
    raise TypeError(f"a {type(value).__name__} cannot stand in a check")

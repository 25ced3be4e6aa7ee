"""Names and values as DuckDB SQL text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import singledispatch
from typing import Any


def quote_name(name: str) -> str:
    """A column's name, quoted."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text constant."""
    return "'" + text.replace("'", "''") + "'"


@singledispatch
def literal(value: Any) -> str:
    """A constant of the SQL type that matches the Python type of `value`.

    Decimals keep their digits and moments with a zone are written in UTC, so that comparisons are exact.

    Raises:
        TypeError: There is no such SQL type.
    """
    raise TypeError(f"a {type(value).__name__} cannot stand in a check")


@literal.register
def _(value: bool) -> str:
    return str(value).upper()


@literal.register
def _(value: int) -> str:
    # In brackets: two minus signs in a row begin a comment.
    return f"({value})"


@literal.register
def _(value: float) -> str:
    # A bare `0.1` is a DECIMAL to DuckDB, and infinity has no other spelling.
    return f"CAST('{value!r}' AS DOUBLE)"


@literal.register
def _(value: Decimal) -> str:
    # Without an exponent, which would make it a DOUBLE.
    return f"({value:f})"


@literal.register
def _(value: str) -> str:
    return quote_text(value)


@literal.register
def _(value: bytes) -> str:
    return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB"


@literal.register
def _(value: date) -> str:
    return f"DATE '{value.isoformat()}'"


@literal.register
def _(value: datetime) -> str:
    if value.tzinfo is None:
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    return f"TIMESTAMPTZ '{value.astimezone(UTC).isoformat(sep=' ')}'"


@literal.register
def _(value: time) -> str:
    return f"TIME '{value.isoformat()}'"


@literal.register
def _(value: timedelta) -> str:
    return f"to_microseconds({value // timedelta(microseconds=1)})"

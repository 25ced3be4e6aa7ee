"""Plain values in a dataset file: what they may be, and the Arrow type that a set of them has."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

import pyarrow as pa
from pydantic import BeforeValidator

_LEAST, _GREATEST = -(2**63), 2**63 - 1
MAX_TEXT = 10_000


def check_scalar(value: Any) -> Any:
    """`value`, if a cell can hold it: text, a 64-bit whole number, a finite number, a truth value or a date.

    Raises:
        ValueError: It cannot.
    """
    if value is None:
        raise ValueError("an empty value is no value: set 'nulls' for a share of empty cells")
    if isinstance(value, datetime) or not isinstance(value, (str, int, float, date)):
        raise ValueError(f"a value is text, a number, a truth value or a date, not {type(value).__name__}")
    if isinstance(value, int) and not _LEAST <= value <= _GREATEST:
        raise ValueError(f"{value} does not fit 64 bits: put it in quotes for text")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number that a cell can have")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ValueError(f"text of {len(value):,} characters: at most {MAX_TEXT:,}")
    return value


Scalar = Annotated[Any, BeforeValidator(check_scalar, json_schema_input_type=str | int | float | bool)]


def scalar_type(values: Iterable[Any]) -> pa.DataType:
    """The Arrow type that holds all of these values; whole numbers among others are numbers.

    Raises:
        ValueError: They are of several types.
    """
    names = {_NAMES[type(value)] for value in values}
    if names == {"whole number", "number"}:
        names = {"number"}
    if len(names) > 1:
        raise ValueError(f"the values are of several types ({', '.join(sorted(names))}): put them in quotes for text")
    return _TYPES[names.pop()]


_NAMES = {str: "text", bool: "truth value", int: "whole number", float: "number", date: "date"}
_TYPES = {
    "text": pa.string(),
    "truth value": pa.bool_(),
    "whole number": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
}

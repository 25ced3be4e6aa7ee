"""Arrow types by the names that a dataset file uses, and casts to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.engine.arrays import is_null, make_decimal, plain, set_null

TYPE_NAMES = (
    "bool", "int8", "int16", "int32", "int64", "float32", "float64", "string", "date", "timestamp",
    "decimal(precision,scale)",
)  # fmt: skip
_SIMPLE = {"date": "date32", "double": "float64", "float": "float32", "text": "string", "boolean": "bool"}
_DECIMAL = re.compile(r"decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)")
TIMESTAMP = pa.timestamp("us", tz="UTC")
INT64_DIGITS = 18


def parse_type(text: str) -> pa.DataType:
    """The Arrow type of a name such as `int32` or `decimal(12,2)`.

    Raises:
        ValueError: There is no such type.
    """
    name = text.strip().lower()
    match = _DECIMAL.fullmatch(name)
    if match:
        precision, scale = int(match[1]), int(match[2])
        if not (1 <= precision <= 38 and scale <= precision):
            raise ValueError("a decimal has 1 to 38 digits, and no more of them after the point")
        return pa.decimal128(precision, scale)
    if name == "timestamp":
        return TIMESTAMP
    if name not in TYPE_NAMES and name not in _SIMPLE:
        raise ValueError(f"'{text}' is not a type: {', '.join(TYPE_NAMES)}")
    return pa.type_for_alias(_SIMPLE.get(name, name))


def integer_range(kind: pa.DataType) -> tuple[int, int]:
    """The least and the greatest value of a signed integer type."""
    return -(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1


def cast_array(array: pa.Array, target: pa.DataType, column: str) -> pa.Array:
    """`array` as `target`; decimals are rounded half away from zero, nothing else may lose value.

    Raises:
        GenerationError: TD2101 when a value does not fit.
    """
    if array.type == target:
        return array
    array = plain(array)
    try:
        if pa.types.is_decimal(target) and pa.types.is_decimal(array.type):
            rescaled = _rescale(array, target)
            if rescaled is not None:
                return rescaled
            array = array.cast(pa.decimal128(38, array.type.scale))  # rounding in place loses a digit that it needs
        if pa.types.is_decimal(target) and not (pa.types.is_integer(array.type) or pa.types.is_string(array.type)):
            array = pc.round(array, ndigits=target.scale, round_mode="half_towards_infinity")
        elif pa.types.is_integer(target) and pa.types.is_floating(array.type):
            array = pc.round(array)
        return array.cast(target)
    except pa.ArrowInvalid as error:
        detail = str(error).split("\n")[0][:200]
        raise GenerationError(
            "TD2101", f"column '{column}' does not fit {target}: {detail}", "widen its type"
        ) from None


def to_cells(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Values of a dataset file as cells; 1.99 is the decimal with these digits.

    Raises:
        pyarrow.ArrowException: They are no values of that type; or an OverflowError or TypeError.
    """
    if pa.types.is_decimal(kind):
        values = [Decimal(repr(one)) if isinstance(one, float) else one for one in values]
    return pa.array(values, type=kind)


def _rescale(array: pa.Array, target: pa.DataType) -> pa.Array | None:
    """A decimal with other digits, rounded half away from zero; None where 64 bits do not do.

    Arrow's own way, in 128 bits, takes ten times as long, and lets -9.9 become a -10 of one digit.

    Raises:
        ArrowInvalid: A value does not fit the target.
    """
    step = target.scale - array.type.scale
    if target.precision > INT64_DIGITS or abs(step) > INT64_DIGITS or not len(array):
        return None
    words = np.frombuffer(array.buffers()[1], dtype=np.int64)[2 * array.offset : 2 * (array.offset + len(array))]
    units, null = words[::2], is_null(array)
    fits = words[1::2] == units >> 63
    if array.null_count:
        units, fits = np.where(null, 0, units), fits | null
    if not fits.all() or units.min() <= -(10**INT64_DIGITS) or units.max() >= 10**INT64_DIGITS:
        return None
    limit = 10**target.precision
    if step < 0:
        half, unit = 10**-step // 2, 10**-step
        units = np.where(units < 0, -((half - units) // unit), (half + units) // unit)
    else:
        limit //= 10**step
    if units.min() <= -limit or units.max() >= limit:
        raise pa.ArrowInvalid("a value has too many digits")
    return set_null(make_decimal(units * 10 ** max(step, 0), target.precision, target.scale), null)

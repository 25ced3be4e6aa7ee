"""Arrow types by the names that a dataset file uses, and casts to them."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.engine.arrays import plain

TYPE_NAMES = (
    "bool", "int8", "int16", "int32", "int64", "float32", "float64", "string", "date", "timestamp",
    "decimal(precision,scale)",
)  # fmt: skip
_SIMPLE = {"date": "date32", "double": "float64", "float": "float32", "text": "string", "boolean": "bool"}
_DECIMAL = re.compile(r"decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)")
TIMESTAMP = pa.timestamp("us", tz="UTC")


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
        if pa.types.is_decimal(target) and not pa.types.is_integer(array.type):
            array = pc.round(array, ndigits=target.scale, round_mode="half_towards_infinity")
        elif pa.types.is_integer(target) and pa.types.is_floating(array.type):
            array = pc.round(array)
        return array.cast(target)
    except pa.ArrowInvalid as error:
        detail = str(error).split("\n")[0][:200]
        raise GenerationError(
            "TD2101", f"column '{column}' does not fit {target}: {detail}", "widen its type"
        ) from None

"""Arrow columns as a database takes them, and what it gives back as Arrow columns of the manifest's types.

Storing never changes a cell in silence: what a database cannot hold is TD3045, with the column and its first row.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.publish.databases.nested import to_json
from tempdata_dagster.publish.sql.base import family_of

NESTED = ("list", "struct", "map")


def refuse(column: str, row: int, what: str, hint: str) -> GenerationError:
    """The error for a cell that the database cannot hold; `row` counts from 0 within the partition."""
    return GenerationError("TD3045", f"column '{column}', row {row}: {what}", hint)


class Conversion:
    """How one column is stored.

    Attributes:
        database: What messages call it.
        holds_nul: Whether text may hold a NUL.
        holds_nan: Whether floats may be NaN.
        holds_infinity: Whether they may be infinite.
    """

    database: ClassVar[str] = ""
    holds_nul: ClassVar[bool] = True
    holds_nan: ClassVar[bool] = True
    holds_infinity: ClassVar[bool] = True

    def __init__(self, field: pa.Field, longest: int | None = None) -> None:
        self.field = field
        self.kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        self.family = family_of(field.type)
        self.longest = longest
        self._row = 0

    def store(self, array: pa.Array) -> pa.Array:
        """The next values, as the database's driver takes them.

        Raises:
            GenerationError: TD3045 when the database cannot hold one of them.
        """
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if not self.field.nullable and array.null_count:
            self.stop(array.is_null(), "is null, and the column takes no nulls", "let the column be nullable")
        stored = self.convert(self.family, array)
        self._row += len(array)
        return stored

    def convert(self, family: str, array: pa.Array) -> pa.Array:
        """`array` of a family as it is stored; databases override what they do in another way."""
        if family == "text":
            return self.text(array)
        if family == "float":
            return self.floats(array)
        if family in ("time", "timestamp"):
            return self.moments(array, family)
        if family in NESTED:
            return self.nested(array)
        if family == "date":
            return array.cast(pa.date32())
        if family == "null":
            return pa.nulls(len(array), pa.string())
        return array.cast(pa.binary()) if family == "blob" else array

    def text(self, array: pa.Array) -> pa.Array:
        """Text, as `string`."""
        array = array.cast(pa.string())
        if not self.holds_nul:
            self.stop(
                pc.match_substring(array, "\0"), f"text with a NUL, which {self.database} cannot hold", "leave NULs out"
            )
        if self.longest is not None:
            long = pc.greater(pc.utf8_length(array), self.longest)
            hint = "make the text shorter, or leave it out of keys"
            self.stop(
                long, f"text in a key of more than {self.longest} letters, which {self.database} cannot hold", hint
            )
        return array

    def floats(self, array: pa.Array) -> pa.Array:
        """Floats as they are."""
        hint = "let it be null, or publish to another database"
        if not self.holds_nan:
            self.stop(pc.is_nan(array), f"NaN, which {self.database} cannot hold", hint)
        if not self.holds_infinity:
            self.stop(pc.is_inf(array), f"an infinite number, which {self.database} cannot hold", hint)
        return array

    def moments(self, array: pa.Array, family: str) -> pa.Array:
        """Times and timestamps in microseconds; those with a zone in UTC."""
        zone = array.type.tz if family == "timestamp" else None
        wanted = pa.time64("us") if family == "time" else pa.timestamp("us", zone and "UTC")
        if pa.types.is_time64(array.type) or getattr(array.type, "unit", "") == "ns":
            divisor = 1_000 if array.type.unit == "ns" else 1
            lost = pc.not_equal(
                pc.multiply(pc.divide(array.cast(pa.int64()), divisor), divisor), array.cast(pa.int64())
            )
            self.stop(lost, f"nanoseconds, which {self.database} cannot hold", "cast the column to microseconds")
        return array.cast(wanted)

    def nested(self, array: pa.Array) -> pa.Array:
        """Lists, structs and maps, as JSON text."""
        if not self.holds_nul and _any_nul(array):
            rows = [any("\0" in one for one in _texts(value)) for value in array.to_pylist()]
            self.stop(pa.array(rows), f"text with a NUL, which {self.database} cannot hold", "leave NULs out")
        return to_json(array)

    def stop(self, mask: pa.Array, what: str, hint: str) -> None:
        """Raise TD3045 for the first row that `mask` marks."""
        if pc.any(mask).as_py():
            marked = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
            raise refuse(self.field.name, self._row + int(np.argmax(marked)), what, hint)


def _any_nul(array: pa.Array) -> bool:
    """Whether a text within has a NUL; looks at whole columns only."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    family = family_of(array.type)
    if family == "struct":
        return any(_any_nul(child) for child in array.flatten())
    if family == "map":
        return _any_nul(array.keys) or _any_nul(array.items)
    if family == "list":
        return _any_nul(array.flatten())
    return family == "text" and bool(pc.any(pc.match_substring(array, "\0")).as_py())


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


def restore(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """What a database gave, as `kind`: text is parsed, moments get their unit and zone again.

    Raises:
        pyarrow.ArrowException: It is no value of that type.
    """
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_null(plain):
        return pa.nulls(len(array))
    if family_of(plain) == "timestamp" and pa.types.is_string(array.type):
        # First as it was written: Arrow parses no fractions for a type that has none.
        array = array.cast(pa.timestamp("us", plain.tz and "UTC"))
    if family_of(plain) == "time" and pa.types.is_string(array.type):
        # Arrow parses moments, and no times.
        array = pc.binary_join_element_wise("1970-01-01 ", array, "").cast(pa.timestamp("us")).cast(pa.time64("us"))
    if array.type != plain:
        array = array.cast(plain)
    return array.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else array

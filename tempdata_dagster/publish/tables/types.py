"""What Arrow's types become in a table format: the nearest type that holds every value, or a typed refusal.

Files hold these types, so that any engine reads them by the table's schema alone; the manifest keeps the Arrow schema, and
readers of ours cast back. Every change here can be undone without loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from tempdata_dagster.core.errors import GenerationError

_WIDER = {
    pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.decimal128(20, 0),
    pa.float16(): pa.float32(),
}  # fmt: skip
_MOST_DIGITS = 38


@dataclass(frozen=True)
class TypeRules:
    """How a table format differs from Arrow.

    Attributes:
        name: For messages.
        small_integers: It has integers of 8 and 16 bits.
        clock: It has a time of day; without one it is a whole number, in its own unit since midnight.
        fixed_bytes: It has byte strings of one length.
    """

    name: str
    small_integers: bool
    clock: bool
    fixed_bytes: bool

    def stored_schema(self, schema: pa.Schema) -> pa.Schema:
        """The columns that a file holds, dictionaries as they are; a column of nulls alone takes no place in it.

        Raises:
            GenerationError: TD3045 for a type that the format has no place for.
        """
        told: set[str] = set()
        for field in schema:
            # Engines compare names without regard to case, and would see one column twice.
            if field.name.lower() in told:
                raise _refusal(self.name, field, "another column's name differs by case alone", "rename one of the two")
            told.add(field.name.lower())
        kept = [field for field in schema if not pa.types.is_null(field.type)]
        return pa.schema([pa.field(field.name, self._store(field, field.type), field.nullable) for field in kept])

    def table_schema(self, schema: pa.Schema) -> pa.Schema:
        """The columns as the table's log tells them: plain types, and nullable, so that columns may come later."""
        stored = self.stored_schema(schema)
        fields = []
        for field in schema:
            index = stored.get_field_index(field.name)
            kind = pa.string() if index < 0 else plain_type(stored.field(index).type)
            fields.append(pa.field(field.name, kind))
        return pa.schema(fields)

    def _store(self, field: pa.Field, kind: pa.DataType) -> pa.DataType:
        types = pa.types
        if types.is_dictionary(kind):
            return pa.dictionary(kind.index_type, self._store(field, kind.value_type))
        if types.is_struct(kind):
            return pa.struct([pa.field(one.name, self._store(field, one.type)) for one in kind])
        if types.is_map(kind):
            return pa.map_(self._store(field, kind.key_type), self._store(field, kind.item_type))
        if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
            return pa.list_(self._store(field, kind.value_type))
        return self._store_scalar(field, kind)

    def _store_scalar(self, field: pa.Field, kind: pa.DataType) -> pa.DataType:
        types = pa.types
        if kind in _WIDER or types.is_integer(kind):
            wide = _WIDER.get(kind, kind)
            small = types.is_integer(wide) and wide.bit_width < 32
            return pa.int32() if small and not self.small_integers else wide
        if types.is_time(kind) and kind.unit != "ns":
            number = pa.int32() if types.is_time32(kind) else pa.int64()
            return pa.time64("us") if self.clock else number
        if types.is_timestamp(kind) and kind.unit != "ns":
            return pa.timestamp("us", tz="UTC" if kind.tz else None)
        if types.is_fixed_size_binary(kind):
            return kind if self.fixed_bytes else pa.binary()
        if types.is_decimal(kind) and kind.precision <= _MOST_DIGITS:
            return pa.decimal128(kind.precision, kind.scale)
        if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
            return pa.string()
        if types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind):
            return pa.binary()
        if types.is_boolean(kind) or types.is_floating(kind) or kind == pa.date32():
            return kind
        raise _refusal(self.name, field, f"there is no type for {kind}", "give the column another type")


def _refusal(name: str, field: pa.Field, why: str, hint: str) -> GenerationError:
    return GenerationError("TD3045", f"{name} cannot hold column '{field.name}': {why}", hint)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """A type without its dictionaries."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(one.name, plain_type(one.type)) for one in kind])
    if pa.types.is_map(kind):
        return pa.map_(plain_type(kind.key_type), plain_type(kind.item_type))
    return pa.list_(plain_type(kind.value_type)) if pa.types.is_list(kind) else kind


def to_stored(table: pa.Table, stored: pa.Schema) -> pa.Table:
    """Rows in the types that a file holds; columns that keep theirs are not copied."""
    columns = [table.column(field.name) for field in stored]
    cast = [
        column if column.type == field.type else column.cast(field.type)
        for field, column in zip(stored, columns, strict=True)
    ]
    return pa.Table.from_arrays(cast, schema=stored)


def from_stored(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Rows of a file in the types that they were written from."""
    columns = []
    for field in schema:
        index = batch.schema.get_field_index(field.name)
        column = pa.nulls(batch.num_rows, field.type) if index < 0 else batch.column(index)
        columns.append(column if column.type == field.type else column.cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


DELTA = TypeRules("Delta Lake", small_integers=True, clock=False, fixed_bytes=False)
ICEBERG = TypeRules("Iceberg", small_integers=False, clock=True, fixed_bytes=True)

"""A connection to PostgreSQL by ADBC: rows go in and out as binary COPY that is made of Arrow without Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.publish.databases.conversion import NESTED, Conversion, restore
from tempdata_dagster.publish.databases.nested import from_json
from tempdata_dagster.publish.databases.session import keep_error
from tempdata_dagster.publish.sql import Namespace
from tempdata_dagster.publish.sql.base import LISTS, family_of, plain_type

# The first byte of a jsonb value in PostgreSQL's binary format: its version.
_JSONB = "\x01"
_NAME_OR_MARK = re.compile(r'("(?:[^"]|"")*")|\?')
# One size up: PostgreSQL has no unsigned integers.
_WIDER = {
    "int8": pa.int16(),
    "uint8": pa.int16(),
    "uint16": pa.int32(),
    "uint32": pa.int64(),
    "uint64": pa.decimal128(20, 0),
}


class PostgreSQLConversion(Conversion):
    """Wider integers for unsigned ones, arrays for lists of scalars, jsonb for what is deeper."""

    database = "PostgreSQL"
    holds_nul = False

    def convert(self, family: str, array: pa.Array) -> pa.Array:
        """As `Conversion.convert`."""
        if str(array.type) in _WIDER:
            return array.cast(_WIDER[str(array.type)])
        if family == "float" and pa.types.is_float16(array.type):
            return array.cast(pa.float32())
        return super().convert(family, array)

    def nested(self, array: pa.Array) -> pa.Array:
        """An array, or jsonb."""
        if not is_array(array.type):
            return pc.binary_join_element_wise(_JSONB, super().nested(array), "")
        items = array.flatten()
        super().nested(array.slice(0, 0))
        if family_of(items.type) == "text" and pc.any(pc.match_substring(items.cast(pa.string()), "\0")).as_py():
            super().nested(array)  # raises, with the row
        if pa.types.is_dictionary(items.type):
            items = items.dictionary_decode()
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
        ends = pc.cumulative_sum(pa.array(lengths, pa.int32()))
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
        return pa.ListArray.from_arrays(offsets, self.convert(family_of(items.type), items), mask=array.is_null())


def is_array(kind: pa.DataType) -> bool:
    """Whether a list is kept as an array: one of scalars."""
    return any(test(kind) for test in LISTS) and family_of(kind.value_type) not in (*NESTED, "null")


class PostgreSQLSession:
    """One connection to a server."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str) -> None:
        """As `Session.execute`."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def write(self, sql: str, values: Sequence[Any]) -> None:
        """As `Session.write`."""
        with self._connection.cursor() as cursor:
            cursor.execute(_number(sql), list(values))

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """As `Session.query`."""
        with self._connection.cursor() as cursor:
            cursor.execute(_number(sql) if values else sql, list(values) or None)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def columns(self, space: Namespace, table: str) -> list[str]:
        """As `Session.columns`."""
        sql = (
            "SELECT attname::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace "
            "WHERE nspname = ? AND relname = ? AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        return [str(row[0]) for row in self.query(sql, [space.schema or "public", space.prefix + table])]

    def homes(self, table: str) -> list[str | None]:
        """As `Session.homes`."""
        sql = "SELECT schemaname::text FROM pg_tables WHERE tablename = ? ORDER BY 1"
        return [str(row[0]) for row in self.query(sql, [table])]

    def begin(self) -> None:
        """Nothing: the driver begins a transaction with the first statement."""

    def lock(self, name: str, wait: float) -> None:
        """An advisory lock, which ends with the transaction, however it ends."""
        self.execute(f"SET LOCAL lock_timeout = {int(wait * 1000) or 1}")
        # A query must be read to its end to run at all.
        self.query("SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(?, 0))", [name.partition("#")[2] or name])
        self.execute("SET LOCAL lock_timeout = DEFAULT")

    def load(self, space: Namespace, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """As `Session.load`."""
        failed: list[BaseException] = []
        reader = pa.RecordBatchReader.from_batches(schema, keep_error(batches, failed))
        with self._connection.cursor() as cursor:
            try:
                cursor.adbc_ingest(space.prefix + table, reader, mode="append", db_schema_name=space.schema)
            except Exception:
                if failed:
                    raise failed[0] from None
                raise

    def stream(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """As `Session.stream`."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            for batch in cursor.fetch_record_batch():
                arrays = [_restore(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def commit(self) -> None:
        """As `Session.commit`."""
        self._connection.commit()

    def rollback(self) -> None:
        """As `Session.rollback`."""
        self._connection.rollback()

    def close(self) -> None:
        """As `Session.close`."""
        self._connection.close()


def _number(sql: str) -> str:
    """`$1`, `$2` ... for the question marks of a statement; those within quoted names are parts of the names."""
    places = count(1)
    return _NAME_OR_MARK.sub(lambda found: found[1] or f"${next(places)}", sql)


def _restore(array: pa.Array, kind: pa.DataType) -> pa.Array:
    # Numbers of any size and JSON arrive as text, under a type of Arrow's that says so.
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    plain = plain_type(kind)
    if family_of(plain) in NESTED:
        if not is_array(plain):
            return from_json(array.to_pylist(), plain)
        items = _restore(array.flatten(), plain.value_type)
        lengths = pc.fill_null(pc.list_value_length(array), 0)
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths.cast(pa.int32()))])
        return pa.ListArray.from_arrays(offsets, items, mask=array.is_null()).cast(plain)
    return restore(array, kind)

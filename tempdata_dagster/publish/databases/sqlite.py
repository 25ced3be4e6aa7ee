"""SQLite files, by Python's own driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from tempdata_dagster.publish.databases.base import DATABASES, Database
from tempdata_dagster.publish.databases.conversion import NESTED, Conversion, restore
from tempdata_dagster.publish.databases.failure import Cause, DriverError, one_line
from tempdata_dagster.publish.databases.nested import decimal_text, from_json
from tempdata_dagster.publish.sql import DIALECTS, Dialect, Namespace
from tempdata_dagster.publish.sql.base import family_of, plain_type

_BATCH_ROWS = 8_192
_CAUSES: dict[int, Cause] = {
    sqlite3.SQLITE_BUSY: "locked", sqlite3.SQLITE_LOCKED: "locked", sqlite3.SQLITE_FULL: "full", sqlite3.SQLITE_IOERR: "lost",
    sqlite3.SQLITE_PERM: "denied", sqlite3.SQLITE_READONLY: "denied", sqlite3.SQLITE_CANTOPEN: "missing",
    sqlite3.SQLITE_NOTADB: "other", sqlite3.SQLITE_CORRUPT: "other",
}  # fmt: skip


class SQLiteConversion(Conversion):
    """Decimals, uint64, dates and moments are text; NaN would become null."""

    database = "SQLite"
    holds_nan = False

    def convert(self, family: str, array: pa.Array) -> pa.Array:
        """As `Conversion.convert`."""
        if family == "decimal":
            return decimal_text(array)
        if pa.types.is_uint64(array.type):
            return array.cast(pa.string())
        if family == "float":
            return super().convert(family, array).cast(pa.float64())
        stored = super().convert(family, array)
        if family == "timestamp" and stored.type.tz is not None:
            # Arrow writes `Z`; SQLite's own functions read an offset.
            naive = stored.cast(pa.timestamp("us")).cast(pa.string())
            return pa.compute.binary_join_element_wise(naive, "+00:00", "")
        return stored.cast(pa.string()) if family in ("date", "time", "timestamp") else stored


class SQLiteSession:
    """One connection to a file."""

    def __init__(self, path: str, dialect: Dialect, wait: float) -> None:
        # In autocommit mode: Python's own transactions do not cover DDL.
        self._connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
        self._dialect = dialect

    def execute(self, sql: str) -> None:
        """As `Session.execute`."""
        self._connection.execute(sql)

    def write(self, sql: str, values: Sequence[Any]) -> None:
        """As `Session.write`."""
        self._connection.execute(sql, values)

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """As `Session.query`."""
        return self._connection.execute(sql, values).fetchall()

    def columns(self, space: Namespace, table: str) -> list[str]:
        """As `Session.columns`."""
        return [str(row[0]) for row in self.query("SELECT name FROM pragma_table_info(?)", [space.prefix + table])]

    def homes(self, table: str) -> list[str | None]:
        """As `Session.homes`."""
        return [None] if self.columns(Namespace(), table) else []

    def begin(self) -> None:
        """Hold the file's only lock for writers; readers go on."""
        self.execute("BEGIN IMMEDIATE")

    def lock(self, name: str, wait: float) -> None:
        """Nothing more to hold."""

    def load(self, space: Namespace, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """As `Session.load`: rows are made column by column, a few thousand at a time."""
        places = ", ".join("?" * len(schema))
        sql = f"INSERT INTO {self._dialect.table_name(space, table)} ({self._dialect.quote_all(schema.names)}) VALUES ({places})"
        for batch in batches:
            for start in range(0, batch.num_rows, _BATCH_ROWS):
                columns = [column.to_pylist() for column in batch.slice(start, _BATCH_ROWS).columns]
                self._connection.executemany(sql, zip(*columns, strict=True))

    def stream(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """As `Session.stream`."""
        rows = iter(self._connection.execute(sql))
        while taken := list(islice(rows, _BATCH_ROWS)):
            columns = zip(*taken, strict=True) if len(schema) else ()
            arrays = [_to_array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def commit(self) -> None:
        """As `Session.commit`."""
        self.execute("COMMIT")

    def rollback(self) -> None:
        """As `Session.rollback`."""
        if self._connection.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """As `Session.close`."""
        self._connection.close()


def _to_array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    plain = plain_type(kind)
    family = family_of(plain)
    if family in NESTED:
        return from_json(values, plain)
    if family in ("decimal", "date", "time", "timestamp") or pa.types.is_uint64(plain):
        return restore(pa.array(values, pa.string()), kind)
    if family == "bool":
        values = [None if value is None else bool(value) for value in values]
    return restore(pa.array(values, pa.string() if family == "null" else plain), kind)


@DATABASES.register("sqlite")
class SQLite(Database):
    """A SQLite file.

    Foreign keys are declared, deferred, and checked when rows are loaded; SQLite itself enforces them only for
    connections that say `PRAGMA foreign_keys = ON`.
    """

    on_server: ClassVar[bool] = False
    conversion_class: ClassVar[type[Conversion]] = SQLiteConversion
    dialect_name: ClassVar[str] = "sqlite"

    def connect(self) -> SQLiteSession:
        """Open the file, and make it where it is missing."""
        return SQLiteSession(self.address.path, DIALECTS.get("sqlite")(), self.settings.lock_wait)

    def understand(self, error: BaseException) -> DriverError | None:
        """As `Database.understand`."""
        if not isinstance(error, sqlite3.Error):
            return None
        code = getattr(error, "sqlite_errorcode", 0)
        cause = _CAUSES.get(code & 0xFF, "other")
        if code & 0xFF == sqlite3.SQLITE_CONSTRAINT:
            cause = "duplicate" if "UNIQUE" in str(error) else "other"
        if cause == "missing" and Path(self.address.path).exists():
            cause = "denied"
        return DriverError(cause, one_line(error))

"""A connection to MySQL or MariaDB by PyMySQL: LOAD DATA LOCAL of text that is made of Arrow columns."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import TransientError
from tempdata_dagster.publish.databases.conversion import NESTED, Conversion, restore
from tempdata_dagster.publish.databases.failure import LOCKED
from tempdata_dagster.publish.databases.nested import decimal_text, from_json
from tempdata_dagster.publish.databases.text import escape_text, to_hex, to_lines
from tempdata_dagster.publish.sql import Dialect, Namespace
from tempdata_dagster.publish.sql.base import family_of, plain_type

_BATCH_ROWS = 8_192
DUPLICATE = 1062


class MySQLConversion(Conversion):
    """Everything as text; bytes as hexadecimal digits."""

    database = "MySQL"
    holds_nan = False
    holds_infinity = False

    def floats(self, array: pa.Array) -> pa.Array:
        """As `Conversion.floats`; MariaDB reads -0.0 as 0.0."""
        negative = pc.and_(pc.equal(array, 0.0), pc.equal(pc.divide(1.0, array.cast(pa.float64())), float("-inf")))
        self.stop(negative, "-0.0, which MariaDB cannot hold", "round it in an expression that adds 0.0")
        return super().floats(array)

    def convert(self, family: str, array: pa.Array) -> pa.Array:
        """As `Conversion.convert`."""
        if family == "bool":
            return array.cast(pa.int8()).cast(pa.string())
        if family == "decimal":
            return decimal_text(array)
        if family == "float":
            return self.floats(array).cast(pa.float64()).cast(pa.string())
        if family == "blob":
            if self.longest is not None:
                long = pc.greater(pc.binary_length(array.cast(pa.binary())), self.longest)
                self.stop(
                    long,
                    f"more than {self.longest} bytes in a key, which MySQL cannot hold",
                    "leave the column out of keys",
                )
            return pc.if_else(array.is_valid(), to_hex(array), None)
        stored = super().convert(family, array)
        if family == "timestamp":
            stored = stored.cast(pa.timestamp("us"))
        stored = stored.cast(pa.string())
        return escape_text(stored) if family in ("text", *NESTED) else stored


class MySQLSession:
    """One connection to a server."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    def execute(self, sql: str) -> None:
        """As `Session.execute`."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(sql)

    def write(self, sql: str, values: Sequence[Any]) -> None:
        """As `Session.write`."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(sql.replace("?", "%s"), list(values))

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """As `Session.query`."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(sql.replace("?", "%s") if values else sql, list(values) or None)
            rows: list[tuple[Any, ...]] = list(cursor.fetchall())
        return rows

    def columns(self, space: Namespace, table: str) -> list[str]:
        """As `Session.columns`."""
        sql = (
            "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? "
            "ORDER BY ordinal_position"
        )
        return [str(row[0]) for row in self.query(sql, [space.prefix + table])]

    def homes(self, table: str) -> list[str | None]:
        """As `Session.homes`."""
        return [None] if self.columns(Namespace(), table) else []

    def begin(self) -> None:
        """As `Session.begin`; DDL ends a transaction, and the next statement begins another."""
        self.execute("START TRANSACTION")

    def lock(self, name: str, wait: float) -> None:
        """A named lock, which ends with the connection, however it ends: DDL would end one of the transaction's."""
        digest = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
        if self.query("SELECT GET_LOCK(?, ?)", [f"tempdata:{digest}", wait])[0][0] != "1":
            raise TransientError(
                LOCKED, "another run publishes this table", "run again when it is done, or raise lock_wait"
            )

    def load(self, space: Namespace, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """As `Session.load`: each batch by way of a temporary file."""
        with tempfile.NamedTemporaryFile(prefix="tempdata-") as file:
            sql = self._load_statement(file.name, space, table, schema)
            for batch in batches:
                if not batch.num_rows:
                    continue
                file.seek(0)
                file.truncate()
                file.write(to_lines(batch.columns))
                file.flush()
                self._load_file(sql, batch.num_rows)

    def _load_statement(self, path: str, space: Namespace, table: str, schema: pa.Schema) -> str:
        quote = self._dialect.quote
        blobs = {place for place, field in enumerate(schema) if field.metadata and b"hex" in field.metadata}
        columns = [f"@c{place}" if place in blobs else quote(field.name) for place, field in enumerate(schema)]
        filled = [f"{quote(schema.field(place).name)} = UNHEX(@c{place})" for place in sorted(blobs)]
        quoted = path.replace("\\", "\\\\").replace("'", "\\'")
        return (
            f"LOAD DATA LOCAL INFILE '{quoted}' INTO TABLE {self._dialect.table_name(space, table)} CHARACTER SET utf8mb4 "
            r"FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n' "
            f"({', '.join(columns)})" + (f" SET {', '.join(filled)}" if filled else "")
        )

    def _load_file(self, sql: str, rows: int) -> None:
        from pymysql import err

        with closing(self._connection.cursor()) as cursor:
            loaded = cursor.execute(sql)
            warnings = self._connection.show_warnings() if cursor.warning_count or loaded != rows else ()
        if warnings:
            _, code, text = warnings[0]
            raise (err.IntegrityError if int(code) == DUPLICATE else err.DataError)(int(code), text)
        if loaded != rows:
            raise err.DataError(1, f"{loaded} of {rows} rows were loaded")

    def stream(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """As `Session.stream`."""
        from pymysql.cursors import SSCursor

        with closing(self._connection.cursor(SSCursor)) as cursor:
            cursor.execute(sql)
            rows = iter(cursor.fetchall_unbuffered())
            while taken := list(islice(rows, _BATCH_ROWS)):
                columns = zip(*taken, strict=True) if len(schema) else ()
                arrays = [_to_array(values, field.type) for values, field in zip(columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def commit(self) -> None:
        """As `Session.commit`."""
        self._connection.commit()

    def rollback(self) -> None:
        """As `Session.rollback`."""
        from pymysql import err

        try:
            self._connection.rollback()
        except err.Error:
            return  # the connection is gone, and the transaction with it

    def close(self) -> None:
        """As `Session.close`."""
        if self._connection.open:
            self._connection.close()


def _to_array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    plain = plain_type(kind)
    family = family_of(plain)
    if family in NESTED:
        return from_json(values, plain)
    if family == "blob":
        return restore(pa.array(values, pa.binary()), kind)
    found = pa.array(values, pa.string())
    if family == "bool":
        found = found.cast(pa.int8())
    elif family == "timestamp" and plain.tz is not None:
        found = found.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    return restore(found, kind)

"""DuckDB files: rows go in and out as Arrow."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.errors import TransientError
from tempdata_dagster.publish.databases.base import DATABASES, Database
from tempdata_dagster.publish.databases.conversion import Conversion, restore
from tempdata_dagster.publish.databases.failure import Cause, DriverError, one_line
from tempdata_dagster.publish.databases.session import keep_error
from tempdata_dagster.publish.databases.url import DatabaseOptions
from tempdata_dagster.publish.keys import TableKeys
from tempdata_dagster.publish.sql import DIALECTS, Dialect, Namespace
from tempdata_dagster.publish.sql.base import plain_type

_BATCH_ROWS = 65_536
_PAUSE = 0.05
_CAUSES: dict[str, Cause] = {
    "ConstraintException": "duplicate",
    "PermissionException": "denied",
}
# By its words: DuckDB raises IOException for all of these.
_IO_CAUSES: tuple[tuple[str, Cause], ...] = (
    ("Could not set lock", "locked"), ("Conflicting lock", "locked"), ("No space left", "full"), ("Permission denied", "denied"),
    ("No such file", "missing"), ("Read-only", "denied"),
)  # fmt: skip


class DuckDBConversion(Conversion):
    """Arrow as it is: DuckDB has all its types."""

    database = "DuckDB"

    def convert(self, family: str, array: pa.Array) -> pa.Array:
        """As `Conversion.convert`."""
        if family in ("list", "struct", "map") or str(array.type) == "timestamp[ns]":
            return array
        return super().convert(family, array)


class DuckDBSession:
    """One connection to a file."""

    def __init__(self, path: str, dialect: Dialect, wait: float) -> None:
        self._connection = _open(path, wait)
        self._dialect = dialect
        # Only the zone that moments are shown in: they are kept in UTC.
        self._connection.execute("SET TimeZone = 'UTC'")

    def execute(self, sql: str) -> None:
        """As `Session.execute`."""
        self._connection.execute(sql)

    def write(self, sql: str, values: Sequence[Any]) -> None:
        """As `Session.write`."""
        self._connection.execute(sql, list(values))

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """As `Session.query`."""
        rows: list[tuple[Any, ...]] = self._connection.execute(sql, list(values)).fetchall()
        return rows

    def columns(self, space: Namespace, table: str) -> list[str]:
        """As `Session.columns`."""
        sql = "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? ORDER BY column_index"
        return [str(row[0]) for row in self.query(sql, [space.schema or "main", space.prefix + table])]

    def homes(self, table: str) -> list[str | None]:
        """As `Session.homes`."""
        sql = "SELECT schema_name FROM duckdb_tables() WHERE table_name = ? ORDER BY 1"
        return [str(row[0]) for row in self.query(sql, [table])]

    def begin(self) -> None:
        """As `Session.begin`."""
        self.execute("BEGIN TRANSACTION")

    def lock(self, name: str, wait: float) -> None:
        """Nothing to hold: no other process has the file, and of two threads the later one's commit is refused."""

    def load(self, space: Namespace, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """As `Session.load`: DuckDB pulls the batches itself."""
        import duckdb

        failed: list[BaseException] = []
        reader = pa.RecordBatchReader.from_batches(schema, keep_error(batches, failed))
        name = self._dialect.table_name(space, table)
        self._connection.register("_tempdata_rows", reader)
        try:
            self.execute(f"INSERT INTO {name} ({self._dialect.quote_all(schema.names)}) SELECT * FROM _tempdata_rows")
        except Exception:
            # What our own side raised comes back as DuckDB's error, with its text alone.
            if failed:
                raise failed[0] from None
            raise
        finally:
            # A failed transaction takes no more statements, this one included; the name goes with the connection.
            with suppress(duckdb.Error):
                self._connection.unregister("_tempdata_rows")

    def stream(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """As `Session.stream`."""
        reader = self._connection.sql(sql).to_arrow_reader(_BATCH_ROWS)
        for batch in reader:
            yield pa.RecordBatch.from_arrays(
                [_restore(column, field.type) for column, field in zip(batch.columns, schema, strict=True)],
                schema=schema,
            )

    def commit(self) -> None:
        """As `Session.commit`."""
        self.execute("COMMIT")

    def rollback(self) -> None:
        """As `Session.rollback`."""
        import duckdb

        try:
            self.execute("ROLLBACK")
        except duckdb.TransactionException:
            return  # a failed commit has ended it already

    def close(self) -> None:
        """As `Session.close`."""
        self._connection.close()


def _open(path: str, wait: float) -> Any:
    """A connection, as soon as no other process has the file open.

    Raises:
        TransientError: TD3031 when one still has after `wait` seconds.
    """
    import duckdb

    end = time.monotonic() + wait
    while True:
        try:
            return duckdb.connect(path)
        except duckdb.IOException as error:
            if "lock" not in str(error) or time.monotonic() > end:
                raise
        time.sleep(_PAUSE)


def _restore(array: pa.Array, kind: pa.DataType) -> pa.Array:
    plain = plain_type(kind)
    # The names of fields within lists (`l` in DuckDB) are no part of a value, and `cast` wants them equal.
    return restore(array, kind) if array.type != plain else restore(array.cast(plain), kind)


class DuckDBOptions(DatabaseOptions):
    """What DuckDB takes.

    Attributes:
        schema: The schema of the tables; the dataset's name by default, and `main` in a file of that name.
    """

    schema_: str | None = Field(default=None, alias="schema", min_length=1)


@DATABASES.register("duckdb")
class DuckDB(Database):
    """A DuckDB file.

    Foreign keys are not declared: DuckDB checks them row by row, can neither defer nor drop them, and would let no row of a
    parent be replaced while a child refers to it. They are checked when rows are loaded.
    """

    on_server: ClassVar[bool] = False
    has_schemas: ClassVar[bool] = True
    options_class: ClassVar[type[DatabaseOptions]] = DuckDBOptions
    conversion_class: ClassVar[type[Conversion]] = DuckDBConversion
    dialect_name: ClassVar[str] = "duckdb"

    def connect(self) -> DuckDBSession:
        """Open the file, and make it where it is missing."""
        return DuckDBSession(self.address.path, DIALECTS.get("duckdb")(), self.settings.lock_wait)

    def space(self, dataset: str) -> Namespace:
        """As `Database.space`."""
        space = super().space(dataset)
        # DuckDB calls a file's catalog by the beginning of its name, and could not tell a schema of that name from it.
        # In `main`, `shop.orders` is the table `orders` of the file `shop.duckdb`.
        catalog = Path(self.address.path).name.partition(".")[0]
        if (space.schema or "").lower() == catalog.lower():
            return Namespace("main", space.prefix)
        return space

    def declared(self, keys: TableKeys) -> TableKeys:
        """As `Database.declared`."""
        return keys.model_copy(update={"foreign": ()})

    def understand(self, error: BaseException) -> DriverError | None:
        """As `Database.understand`."""
        import duckdb

        if isinstance(error, TransientError) or not isinstance(error, duckdb.Error):
            return None
        name, text = type(error).__name__, one_line(error)
        cause = _CAUSES.get(name, "other")
        if name == "IOException":
            cause = next((found for words, found in _IO_CAUSES if words in text), "other")
        if "onflict" in text and name == "TransactionException":
            cause = "conflict"
        if cause == "duplicate" and "uplicate" not in text:
            cause = "other"
        return DriverError(cause, text)

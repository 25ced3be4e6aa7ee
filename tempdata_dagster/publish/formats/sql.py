"""SQL: a script that creates the table with its keys and inserts its rows, in the dialect of a database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format
from tempdata_dagster.publish.formats.cells import encode_columns, refuse_types
from tempdata_dagster.publish.formats.compression import SUFFIXES, CompressedOptions, compress_to
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.rows import join, values_of
from tempdata_dagster.publish.formats.sql_literals import LITERALS, Literals
from tempdata_dagster.publish.formats.sql_reading import SqlReader
from tempdata_dagster.publish.formats.sql_script import compose, open_dialect


class SqlOptions(CompressedOptions):
    """The options of SQL files.

    Attributes:
        dialect: Whose types, quotes and limits.
        ddl: The first file of a partition creates the table where it is missing, with its keys and indexes.
        rows_per_statement: Rows of one INSERT.
        transaction: A file is loaded as a whole or not at all.
        namespace: The schema that the table lies in; by default the session's own.
    """

    dialect: Literal["postgresql", "mysql", "sqlite", "ansi"] = "postgresql"
    ddl: bool = True
    rows_per_statement: int = Field(default=1_000, ge=1, le=1_000_000)
    transaction: bool = True
    namespace: str | None = None

    @model_validator(mode="after")
    def _check_namespace(self) -> Self:
        if self.namespace is not None and self.dialect == "sqlite":
            raise ValueError("SQLite has no schemas")
        return self


class SqlEncoder:
    """INSERT statements of some rows each, within a script."""

    def __init__(
        self, output: Output, schema: pa.Schema, label: FileLabel, options: SqlOptions, literals: Literals
    ) -> None:
        script = compose(
            options.dialect, schema, label, options.namespace, ddl=options.ddl, transaction=options.transaction
        )
        columns = open_dialect(options.dialect).quote_all(schema.names)
        self._insert = f"INSERT INTO {script.table} ({columns}) VALUES\n("
        self._stream = compress_to(output, options)
        self._stream.write(script.begin.encode())
        self._end = script.end
        self._size = options.rows_per_statement
        self._literals = literals
        self._rows = 0

    def write(self, table: pa.Table) -> None:
        """Write one chunk."""
        cells = encode_columns(table, self._rows, "sql", lambda column, _: self._literals.write(column))
        pieces: list[pa.Array | str] = [self._begins(len(table))]
        for index, cell in enumerate(cells):
            pieces += [*([", "] if index else []), pc.fill_null(cell, "NULL") if cell.null_count else cell]
        self._stream.write(values_of(join([*pieces, ")"])).data)
        self._rows += len(table)

    def _begins(self, rows: int) -> pa.Array:
        """What stands before each row; the end of the row before it comes first."""
        numbers = np.arange(self._rows, self._rows + rows)
        choices = pa.array([",\n(", f";\n{self._insert}", self._insert])
        chosen = np.where(numbers % self._size == 0, np.where(numbers == 0, 2, 1), 0).astype(np.int8)
        return pa.DictionaryArray.from_arrays(pa.array(chosen), choices).dictionary_decode()

    def close(self) -> None:
        """Write what ends the script, and how many rows it had."""
        last = ";\n" if self._rows else ""
        self._stream.write(f"{last}{self._end}-- rows: {self._rows}\n".encode())
        self._stream.close()


@FORMATS.register("sql")
class Sql(Format[SqlOptions]):
    """SQL scripts, UTF-8."""

    name = "sql"
    options_class = SqlOptions

    @property
    def suffix(self) -> str:
        """`.sql`, and what tells the compression."""
        return f".sql{SUFFIXES[self.options.compression]}"

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> SqlEncoder:
        """Begin a file.

        Raises:
            InputError: TD3060 for a name, TD3061 for a type that the dialect does not have.
        """
        refuse_types(schema, self.name)
        return SqlEncoder(output, schema, label, self.options, self._literals())

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows."""
        return self._reader(file, schema).batches()

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows as the last line tells them."""
        return self._reader(file, schema).count()

    def _literals(self) -> Literals:
        return LITERALS[self.options.dialect](open_dialect(self.options.dialect))

    def _reader(self, file: IO[bytes], schema: pa.Schema) -> SqlReader:
        columns = open_dialect(self.options.dialect).quote_all(schema.names)
        return SqlReader(file, schema, self._literals(), columns, self.options.compression)

"""The data files of table formats: our Parquet, in types that every engine reads by the table's schema alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from tempdata_dagster.publish.formats.base import FileLabel
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.parquet import Parquet, ParquetEncoder, ParquetOptions, settings_for
from tempdata_dagster.publish.layout import lasting_name
from tempdata_dagster.publish.tables.types import TypeRules, from_stored, plain_type, to_stored


class TableFileEncoder(ParquetEncoder):
    """Parquet without Arrow's own schema, which would have readers believe in types that the table has not."""

    def __init__(
        self, output: Output, schema: pa.Schema, label: FileLabel, options: ParquetOptions, rules: TypeRules
    ) -> None:
        super().__init__(output, rules.stored_schema(schema), label, options)
        self._label = label

    def write(self, table: pa.Table) -> None:
        """Write one row group."""
        super().write(to_stored(table, self._schema))

    def _open(self, first: pa.Table) -> pq.ParquetWriter:
        sink = pa.PythonFile(self._output, mode="w")
        schema = self._schema.remove_metadata()
        writer = pq.ParquetWriter(sink, schema, store_schema=False, **settings_for(first, self._options))
        writer.add_key_value_metadata(self._label.properties)
        return writer


class TableParquet(Parquet):
    """The Parquet files of a table format. Names are never used again for other bytes: older versions are read by them."""

    rules: ClassVar[TypeRules]

    @property
    def suffix(self) -> str:
        """They are Parquet files."""
        return ".parquet"

    def part_name(self, index: int, parts: int, content_hash: str, sha256: str) -> str:  # noqa: ARG002 - the interface
        """By the bytes and not by the rows: the same rows compressed otherwise are another file."""
        return lasting_name(index, sha256, self.suffix)

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> TableFileEncoder:
        """Begin a file.

        Raises:
            GenerationError: TD3045 for a type that the table format has no place for.
        """
        return TableFileEncoder(output, schema, label, self.options, self.rules)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows in the types that they were written from."""
        reader = pq.ParquetFile(file)
        self._check(reader, schema)
        for batch in reader.iter_batches():
            yield from_stored(batch, schema)

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows that the footer tells."""
        reader = pq.ParquetFile(file)
        self._check(reader, schema)
        return int(reader.metadata.num_rows)

    def _check(self, reader: Any, schema: pa.Schema) -> None:
        stored = self.rules.stored_schema(schema)
        expected = [(field.name, plain_type(field.type)) for field in stored]
        if [(field.name, field.type) for field in reader.schema_arrow] != expected:
            raise pa.ArrowInvalid("the file has other columns")

"""One part file on its way: batches in, bytes out, nothing left behind when it fails."""

from __future__ import annotations

from itertools import zip_longest
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from tempdata_dagster.core.content import ContentHash
from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.publish.formats.base import Encoder, FileLabel, Format, Written
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.stores import Sink


def fit(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """`batch` with exactly `schema`: its nullability and metadata may differ, its names and types may not.

    Raises:
        GenerationError: TD3025 when they do.
    """
    if batch.schema.equals(schema):
        return batch
    for expected, found in zip_longest(schema, batch.schema):
        if expected is None or found is None or (expected.name, expected.type) != (found.name, found.type):
            wanted, got = (f"{one.name} {one.type}" if one else "no column" for one in (expected, found))
            raise GenerationError("TD3025", f"rows do not fit their schema: {got} in place of {wanted}")
    return pa.RecordBatch.from_arrays(batch.columns, schema=schema)


class PartWriter:
    """Writes one file. As a context manager it gives up, on any way out, a file that was not finished.

    Holds at most one chunk of rows and one batch.

    Args:
        file_format: How.
        sink: Where to.
        schema: Of all rows.
        label: What the file says of itself.
    """

    def __init__(self, file_format: Format[Any], sink: Sink, schema: pa.Schema, label: FileLabel) -> None:
        self._format = file_format
        self._schema = schema
        self._label = label
        self._output = Output(sink)
        self._encoder: Encoder | None = None
        self._held: list[pa.RecordBatch] = []
        self._rows = 0
        self._done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._done:
            return
        self._output.abort()
        if isinstance(error, pa.ArrowException):
            said = f"rows cannot be written as {self._format.name}: {error}"
            raise GenerationError("TD3025", said[:300]) from error

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows, which fit the schema."""
        self._held.append(batch)
        self._rows += batch.num_rows
        size = self._format.chunk_rows
        while self._rows >= size:
            table = pa.Table.from_batches(self._held, self._schema)
            # Nobody holds a chunk that is written while the next one is computed: that would be half of the memory.
            self._held = table.slice(size).to_batches()
            self._rows -= size
            self._begin().write(table.slice(0, size))

    def finish(self, content: ContentHash) -> Written:
        """Write the rest and store the file.

        Args:
            content: The hash of all rows, which several writers of the same rows share.
        """
        encoder = self._begin()
        if self._rows:
            encoder.write(pa.Table.from_batches(self._held, self._schema))
            self._held = []
        encoder.close()
        checksum = self._output.commit()
        self._done = True
        return Written(content.rows, self._output.size, checksum, content.hexdigest())

    def _begin(self) -> Encoder:
        # Not before there are rows: what begins a file may depend on what its first rows are.
        if self._encoder is None:
            self._encoder = self._format.encoder(self._output, self._schema, self._label)
        return self._encoder

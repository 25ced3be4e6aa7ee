"""Files in memory, as formats write and read them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from tempdata_dagster.core.content import hash_batches
from tempdata_dagster.publish.formats import FORMATS, FileLabel, Format, Written


class Memory:
    """A sink that keeps the bytes."""

    def __init__(self) -> None:
        self.data = io.BytesIO()
        self.state = "open"

    def write(self, data: Any) -> int:
        return self.data.write(data)

    def commit(self) -> None:
        self.state = "committed"

    def abort(self) -> None:
        self.state = "aborted"


class File:
    """A file that was written; `sliced` cuts the rows into batches of that many."""

    def __init__(
        self, name: str, table: pa.Table, sliced: int | None = None, label: FileLabel | None = None, **options: Any
    ) -> None:
        self.format: Format[Any] = FORMATS.get(name)(options)
        self.schema = table.schema
        self.sink = Memory()
        batches = table.to_batches(max_chunksize=sliced)
        self.written: Written = self.format.write(self.sink, table.schema, batches, {"fingerprint": "f1"}, label)

    @property
    def data(self) -> bytes:
        return self.sink.data.getvalue()

    def read(self, data: bytes | None = None) -> pa.Table:
        """What our own reader makes of the bytes."""
        batches = list(self.format.read(io.BytesIO(self.data if data is None else data), self.schema))
        for batch in batches:
            batch.validate(full=True)
        return pa.Table.from_batches(batches, self.schema)

    def inspect(self, data: bytes | None = None) -> int:
        return self.format.inspect(io.BytesIO(self.data if data is None else data), self.schema)


def content(table: pa.Table) -> str:
    return hash_batches(table.schema, table.to_batches())


def differing(found: pa.Table, expected: pa.Table) -> list[str]:
    """The columns of which a cell differs, by their content's hash: -0.0 differs from 0.0, NaN does not from NaN."""
    assert found.schema.equals(expected.schema), f"{found.schema} in place of {expected.schema}"
    return [name for name in expected.column_names if content(found.select([name])) != content(expected.select([name]))]


def replaced(table: pa.Table, columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    """`table` with other columns in place of some."""
    for name, cells in columns.items():
        index = table.schema.get_field_index(name)
        table = table.set_column(index, pa.field(name, cells.type), cells)
    return table

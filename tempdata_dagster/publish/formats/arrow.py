"""Arrow's own files (Feather, version 2): the types of the lake as they are, read without being decoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc
from pydantic import Field

from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format, FormatOptions
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.recast import map_leaves, recast
from tempdata_dagster.publish.formats.source import Source


class ArrowOptions(FormatOptions):
    """The options of Arrow files.

    Attributes:
        compression: Of each buffer of a record batch.
        batch_size: Rows of a record batch.
        dictionary: `keep` leaves columns encoded by dictionary as they are, `none` writes their values.
    """

    compression: Literal["lz4", "zstd", "none"] = "lz4"
    batch_size: int = Field(default=65_536, ge=1_024, le=16_777_216)
    dictionary: Literal["keep", "none"] = "keep"


class GrowingDictionary:
    """The one dictionary of a column, which a file may extend at its end and may not replace.

    The first chunk brings it: the dictionary that its batches share, else its values in their order. Chunks that bring new
    values append these. So it is the same however the rows of equal dictionaries were cut.
    """

    def __init__(self) -> None:
        self._values: pa.Array | None = None

    def encode(self, column: pa.ChunkedArray) -> pa.Array:
        """The chunk's cells as indices into the dictionary so far."""
        kind = column.type
        first = column.chunk(0).dictionary
        shared = all(chunk.dictionary.equals(first) for chunk in column.iterchunks())
        if self._values is None and shared:
            self._values = first
        if shared and self._values is not None and first.equals(self._values):
            indices = pa.chunked_array([chunk.indices for chunk in column.iterchunks()]).combine_chunks()
            return pa.DictionaryArray.from_arrays(indices, self._values, ordered=kind.ordered)
        plain = column.cast(kind.value_type).combine_chunks()
        met = plain.unique().drop_null()
        known = met.slice(0, 0) if self._values is None else self._values
        self._values = pa.concat_arrays([known, met.filter(pc.invert(pc.is_in(met, known)))])
        indices = pc.index_in(plain, self._values).cast(kind.index_type)
        return pa.DictionaryArray.from_arrays(indices, self._values, ordered=kind.ordered)


def _in_one(column: pa.ChunkedArray) -> pa.Array:
    # Arrow copies what is in one piece already, too. Bits are written with those that follow them in their last byte,
    # which tell how rows were cut: only what has none is taken as it is.
    bits = column.null_count or pa.types.is_boolean(column.type) or pa.types.is_nested(column.type)
    return column.combine_chunks() if bits or column.num_chunks != 1 else column.chunk(0)


class ArrowEncoder:
    """One record batch for each chunk."""

    def __init__(self, output: Output, schema: pa.Schema, label: FileLabel, options: ArrowOptions) -> None:
        # Within lists and structs values are written: readers take a dictionary that grows only at the top.
        fields = [field.with_type(stored_type(field.type, keep=options.dictionary == "keep")) for field in schema]
        self._stored = pa.schema(fields, label.properties)
        self._dictionaries = [
            GrowingDictionary() if pa.types.is_dictionary(field.type) else None for field in self._stored
        ]
        codec = None if options.compression == "none" else options.compression
        settings = ipc.IpcWriteOptions(compression=codec, emit_dictionary_deltas=True)
        self._writer = ipc.new_file(pa.PythonFile(output, mode="w"), self._stored, options=settings)

    def write(self, table: pa.Table) -> None:
        """Write one record batch."""
        columns = [
            known.encode(column) if known else recast(_in_one(column), field.type)
            for known, column, field in zip(self._dictionaries, table.columns, self._stored, strict=True)
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._stored))

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


def stored_type(kind: pa.DataType, *, keep: bool) -> pa.DataType:
    """The type that is written for a column: itself, unless it holds a dictionary where none is kept."""
    if keep and pa.types.is_dictionary(kind):
        return kind
    return map_leaves(kind, lambda leaf: leaf.value_type if pa.types.is_dictionary(leaf) else leaf)


@FORMATS.register("arrow")
class Arrow(Format[ArrowOptions]):
    """Arrow IPC files, with what the label says in the metadata of their schema."""

    name = "arrow"
    options_class = ArrowOptions

    @property
    def chunk_rows(self) -> int:
        """A record batch."""
        return self.options.batch_size

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> ArrowEncoder:
        """Begin a file."""
        return ArrowEncoder(output, schema, label, self.options)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, record batch by record batch."""
        source = Source(file)
        reader = self._open(source, schema)
        for index in range(reader.num_record_batches):
            with source.parsing(OSError):
                batch = reader.get_batch(index)
                # The format has no checksums, and whoever follows an offset to nowhere ends the process.
                batch.validate(full=True)
                columns = [recast(cells, field.type) for cells, field in zip(batch.columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows that the record batches tell."""
        source = Source(file)
        reader = self._open(source, schema, ipc.IpcReadOptions(included_fields=[]))
        with source.parsing(OSError):
            return sum(reader.get_batch(index).num_rows for index in range(reader.num_record_batches))

    def _open(
        self, source: Source, schema: pa.Schema, settings: ipc.IpcReadOptions | None = None
    ) -> ipc.RecordBatchFileReader:
        keep = self.options.dictionary == "keep"
        expected = [(field.name, stored_type(field.type, keep=keep), field.nullable) for field in schema]
        with source.parsing(OSError):
            reader = ipc.open_file(source, options=settings)
            found = expected if settings else [(field.name, field.type, field.nullable) for field in reader.schema]
            if found != expected:
                raise pa.ArrowInvalid("the file has other columns")
        return reader

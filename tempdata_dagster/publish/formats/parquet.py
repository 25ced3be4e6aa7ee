"""Parquet: row groups of a fixed number of rows, so that the file's bytes do not depend on how batches were cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import Field, model_validator

from tempdata_dagster.core.content import is_any
from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format, FormatOptions
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.recast import map_leaves, recast
from tempdata_dagster.publish.formats.source import Source

GROUP_ROWS = 262_144
# Arrow updates the statistics of a dictionary column once a batch: at its default of 1,024 rows that doubles the time.
BATCH_ROWS = 16_384
LEVELS = {"zstd": (1, 22), "gzip": (1, 9), "brotli": (0, 11)}
_KEPT = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
_VIEWS = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
_SAMPLE_ROWS, _WORTH_IT = 4_096, 0.9
_REPEAT_ROWS, _REPEATS = 65_536, 4
# Values drawn evenly from so few that 65,536 rows hold each four times differ in 89 % of 4,096 rows.
_DIFFER = 0.95


@dataclass(frozen=True)
class Encoding:
    """How the columns of a file are written; each is named by its path, those within structs and lists by their own.

    Attributes:
        paths: All columns.
        dictionary: Those that repeat their values: by dictionary they are smaller, and faster to write.
        random: Text that a codec would not make a tenth shorter, such as UUIDs: trying takes five times as long as writing.
        unordered: Text without an order. Its least and greatest value help no reader to skip a row group, and take half
            of the time of writing it.
    """

    paths: list[str]
    dictionary: list[str]
    random: set[str]
    unordered: set[str]


def choose_encoding(table: pa.Table, compression: str) -> Encoding:
    """The encoding of a file that begins with the rows of `table`."""
    # Most codecs halve even UUIDs, by the 16 letters that they are made of; snappy and lz4 only shorten repetitions.
    plain = {"snappy": "snappy", "lz4": "lz4_raw"}.get(compression)
    codec = pa.Codec(plain) if plain else None
    found = Encoding(leaf_paths(table.schema), dictionary_paths(table.schema), set(), set())
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        encoded = pa.types.is_dictionary(kind)
        # Arrow would try a dictionary on every column, which doubles the time to write.
        if not (encoded or pa.types.is_nested(kind) or pa.types.is_null(kind)) and _repeats(column):
            found.dictionary.append(name)
        if _is_text(kind):
            told = column.slice(0, _SAMPLE_ROWS).cast(pa.large_string()).combine_chunks().drop_null()
            if pc.any(pc.greater(told[:-1], told[1:])).as_py():
                found.unordered.add(name)
            if codec and not encoded and (size := pc.sum(pc.binary_length(told)).as_py()):
                # What a slice of a column leaves of it after its nulls begins wherever the slice did.
                sample = pa.concat_arrays([told]).buffers()[2][:size]
                if codec.compress(sample).size > _WORTH_IT * size:
                    found.random.add(name)
    return found


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether values come often enough for a dictionary of them."""
    for rows in (_SAMPLE_ROWS, _REPEAT_ROWS):
        # Views are not counted, text is.
        sample = column.slice(0, rows).cast(_VIEWS.get(column.type, column.type))
        distinct = pc.count_distinct(sample).as_py()
        # To count the values of many rows takes long where they differ. If nearly all of some rows do, they do in many.
        if distinct > _DIFFER * len(sample):
            return False
    return bool(distinct * _REPEATS <= len(sample))


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def dictionary_paths(schema: pa.Schema) -> list[str]:
    """The columns that arrive encoded by dictionary."""
    paths: list[str] = []
    pending = [(field.name, field.type) for field in reversed(schema)]
    while pending:
        path, kind = pending.pop()
        if pa.types.is_dictionary(kind):
            paths.append(path)
        elif pa.types.is_struct(kind):
            pending.extend((f"{path}.{field.name}", field.type) for field in kind)
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
            pending.append((f"{path}.list.{kind.value_field.name}", kind.value_type))
    return paths


def leaf_paths(schema: pa.Schema) -> list[str]:
    """The columns as Parquet names them, those within structs and lists by their paths."""
    sink = pa.BufferOutputStream()
    # How Parquet names the levels of a list is Arrow's business: the footer of an empty file tells.
    pq.write_metadata(schema, sink)
    stored = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    return [stored.column(index).path for index in range(len(stored))]


def settle_dictionaries(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """`column` with one dictionary: the one that all chunks share, else that of the values in their order."""
    if not pa.types.is_dictionary(column.type) or not column.num_chunks:
        return column
    first = column.chunk(0).dictionary
    # Parquet takes no null among a dictionary's values.
    if not first.null_count and all(chunk.dictionary.equals(first) for chunk in column.iterchunks()):
        return column
    plain = column.cast(column.type.value_type)
    return plain.combine_chunks().dictionary_encode().cast(column.type)


class ParquetOptions(FormatOptions):
    """The options of Parquet.

    Attributes:
        compression: Of columns that a codec makes shorter.
        compression_level: Of zstd (1 to 22), gzip (1 to 9) and brotli (0 to 11); by default the codec's own.
        row_group_size: Rows of a row group: what readers skip or read as a whole.
        dictionary: `auto` encodes columns by dictionary that repeat their values, `none` only those that arrive so encoded.
        statistics: `auto` keeps least and greatest values of columns that have an order, `all` of all, `none` of none.
        page_checksums: A CRC for every page, which readers may check.
    """

    compression: Literal["snappy", "zstd", "lz4", "gzip", "brotli", "none"] = "snappy"
    compression_level: int | None = None
    row_group_size: int = Field(default=GROUP_ROWS, ge=1_024, le=16_777_216)
    dictionary: Literal["auto", "none"] = "auto"
    statistics: Literal["auto", "all", "none"] = "auto"
    page_checksums: bool = False

    @model_validator(mode="after")
    def _level(self) -> ParquetOptions:
        if self.compression_level is None:
            return self
        if self.compression not in LEVELS:
            raise ValueError(f"compression '{self.compression}' has no compression_level")
        least, most = LEVELS[self.compression]
        if not least <= self.compression_level <= most:
            raise ValueError(f"compression_level of {self.compression} is between {least} and {most}")
        return self


class ParquetEncoder:
    """Row groups of a fixed number of rows; the first one decides how the file's columns are encoded."""

    def __init__(self, output: Output, schema: pa.Schema, label: FileLabel, options: ParquetOptions) -> None:
        self._output = output
        self._schema = schema.with_metadata(label.properties)
        self._options = options
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Write one row group."""
        self._writer = self._writer or self._open(table)
        columns = [settle_dictionaries(column) for column in table.columns]
        settled = pa.Table.from_arrays(columns, schema=self._writer.schema)
        self._writer.write_table(settled, row_group_size=self._options.row_group_size)

    def close(self) -> None:
        """Write the footer."""
        # Not by `with`, which writes a footer even when it is left by an exception.
        (self._writer or self._open(self._schema.empty_table())).close()

    def _open(self, first: pa.Table) -> pq.ParquetWriter:
        sink = pa.PythonFile(self._output, mode="w")
        return pq.ParquetWriter(sink, self._schema, **settings_for(first, self._options))


def settings_for(first: pa.Table, options: ParquetOptions) -> dict[str, Any]:
    """How rows like these first ones are encoded, as `pyarrow.parquet.ParquetWriter` takes it."""
    chosen = choose_encoding(first, options.compression)
    codecs = {path: "none" if path in chosen.random else options.compression for path in chosen.paths}
    level = options.compression_level
    ordered = [path for path in chosen.paths if path not in chosen.unordered]
    return {
        "compression": codecs,
        "compression_level": None if level is None else {path: level for path, one in codecs.items() if one != "none"},
        "use_dictionary": chosen.dictionary if options.dictionary == "auto" else dictionary_paths(first.schema),
        "write_statistics": {"auto": ordered, "all": True, "none": False}[options.statistics],
        "write_batch_size": BATCH_ROWS,
        "write_page_checksum": options.page_checksums,
        # Decimals of up to 18 digits as whole numbers: faster to write than their padded bytes.
        "store_decimal_as_integer": True,
    }


@FORMATS.register("parquet")
class Parquet(Format[ParquetOptions]):
    """Parquet files, with what the label says in their footers."""

    name = "parquet"
    options_class = ParquetOptions
    holds_parquet = True

    @property
    def chunk_rows(self) -> int:
        """A row group."""
        return self.options.row_group_size

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> ParquetEncoder:
        """Begin a file."""
        return ParquetEncoder(output, schema, label, self.options)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, row group by row group."""
        source = Source(file)
        with source.parsing(OSError):
            reader = pq.ParquetFile(source, page_checksum_verification=self.options.page_checksums)
            _check_schema(reader.schema_arrow, schema)
            batches = reader.iter_batches()
        while True:
            with source.parsing(OSError):
                batch = next(batches, None)
                columns = [recast(cells, field.type) for cells, field in zip(batch or (), schema, strict=False)]
            if batch is None:
                return
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows that the footer tells."""
        source = Source(file)
        with source.parsing(OSError):
            reader = pq.ParquetFile(source)
            _check_schema(reader.schema_arrow, schema)
            return int(reader.metadata.num_rows)


def stored_type(kind: pa.DataType) -> pa.DataType:
    """The type that comes back: Parquet counts no whole seconds, has one type of days, and keeps dictionaries of text and bytes alone."""
    if pa.types.is_timestamp(kind) and kind.unit == "s":
        return pa.timestamp("ms", kind.tz)
    if pa.types.is_time(kind) and kind.unit == "s":
        return pa.time32("ms")
    if pa.types.is_date64(kind):
        return pa.date32()
    if pa.types.is_dictionary(kind) and not is_any(_KEPT, kind.value_type):
        return stored_type(kind.value_type)
    return kind


def _check_schema(found: pa.Schema, expected: pa.Schema) -> None:
    fields = [field.with_type(map_leaves(field.type, stored_type)) for field in expected]
    if not found.remove_metadata().equals(pa.schema(fields)):
        raise pa.ArrowInvalid("the file has other columns")

"""Parquet: row groups of a fixed number of rows, so that the file's bytes do not depend on how batches were cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from tempdata_dagster.core.content import ContentHash
from tempdata_dagster.core.errors import GenerationError, InputError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.formats.base import FORMATS, Written
from tempdata_dagster.publish.stores import Sink

GROUP_ROWS = 262_144
# Arrow updates the statistics of a dictionary column once a batch: at its default of 1,024 rows that doubles the time.
BATCH_ROWS = 16_384
_SAMPLE_ROWS, _WORTH_IT = 4_096, 0.9
_REPEAT_ROWS, _REPEATS = 65_536, 4
_COMPRESSIONS = ("snappy", "zstd", "lz4", "none")


class HashingSink:
    """What Arrow writes to: hashes the bytes on their way, and turns deaf once the file is given up.

    A `ParquetWriter` that is left by an exception writes a footer when it is closed or collected, which would make a
    short file that looks whole; those bytes end here.
    """

    closed = False

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._hash = xxhash.xxh3_128()
        self._deaf = False
        self.size = 0

    def write(self, data: Any) -> int:
        """Pass `data` on, unless the file was given up."""
        length = len(data)
        if not self._deaf:
            self._hash.update(data)
            self._sink.write(data)
            self.size += length
        return length

    def abort(self) -> None:
        """Give the file up."""
        self._deaf = True
        self._sink.abort()

    def commit(self) -> str:
        """Store the file; returns the checksum of its bytes."""
        self._deaf = True
        self._sink.commit()
        return self._hash.hexdigest()

    def flush(self) -> None:
        """Arrow's file interface; committing is ours to decide."""

    def close(self) -> None:
        """Arrow's file interface; likewise."""

    def tell(self) -> int:
        """Bytes so far."""
        return self.size

    def writable(self) -> bool:
        """Arrow's file interface."""
        return True

    def readable(self) -> bool:
        """Arrow's file interface."""
        return False

    def seekable(self) -> bool:
        """Arrow's file interface."""
        return False


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
    # zstd halves even UUIDs, by the 16 letters that they are made of; snappy and lz4 only shorten repetitions.
    codec = None if compression in ("none", "zstd") else pa.Codec("lz4_raw" if compression == "lz4" else compression)
    found = Encoding(leaf_paths(table.schema), dictionary_paths(table.schema), set(), set())
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if not (pa.types.is_dictionary(kind) or pa.types.is_nested(kind)):
            sample = column.slice(0, _REPEAT_ROWS)
            # Arrow would try a dictionary on every column, which doubles the time to write.
            if pc.count_distinct(sample).as_py() * _REPEATS <= len(sample):
                found.dictionary.append(name)
        if _is_text(kind):
            texts = column.slice(0, _SAMPLE_ROWS).to_pylist()
            told = [text for text in texts if text is not None]
            if any(one > other for one, other in pairwise(told)):
                found.unordered.add(name)
            sample = "".join(told).encode()
            if (
                codec
                and sample
                and not pa.types.is_dictionary(kind)
                and codec.compress(sample).size > _WORTH_IT * len(sample)
            ):
                found.random.add(name)
    return found


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
    if not pa.types.is_dictionary(column.type) or column.num_chunks < 2:
        return column
    first = column.chunk(0).dictionary
    if all(chunk.dictionary.equals(first) for chunk in column.iterchunks()):
        return column
    plain = column.cast(column.type.value_type)
    return plain.combine_chunks().dictionary_encode().cast(column.type)


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


def cut_groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch], content: ContentHash) -> Iterator[pa.Table]:
    """Tables of exactly `GROUP_ROWS` rows, the last one less; holds at most one of them and one batch."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for given in batches:
        batch = fit(given, schema)
        content.update(batch)
        held.append(batch)
        rows += batch.num_rows
        while rows >= GROUP_ROWS:
            table = pa.Table.from_batches(held, schema)
            held = table.slice(GROUP_ROWS).to_batches()
            rows -= GROUP_ROWS
            yield table.slice(0, GROUP_ROWS)
            # Nobody holds a group that is written while the next one is computed: that would be half of the memory.
            del table
    if rows:
        yield pa.Table.from_batches(held, schema)


def write_group(writer: pq.ParquetWriter, table: pa.Table) -> None:
    """Write one row group."""
    columns = [settle_dictionaries(column) for column in table.columns]
    writer.write_table(pa.Table.from_arrays(columns, schema=writer.schema), row_group_size=GROUP_ROWS)


@FORMATS.register("parquet")
class Parquet:
    """Writes Parquet files.

    Args:
        options: `compression` (snappy, zstd, lz4 or none; snappy).

    Raises:
        InputError: TD3004 for an option or a compression that is not known.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        unknown = set(options) - {"compression"}
        if unknown:
            raise InputError("TD3004", f"Parquet has no option '{min(unknown)}'", "known: compression")
        self._compression = options.get("compression", "snappy")
        if self._compression not in _COMPRESSIONS:
            hint = closest(str(self._compression), list(_COMPRESSIONS))
            raise InputError("TD3004", f"Parquet has no compression '{self._compression}'", hint)

    def write(
        self, sink: Sink, schema: pa.Schema, batches: Iterable[pa.RecordBatch], metadata: Mapping[str, str]
    ) -> Written:
        """One file with `metadata` in its footer, hashed while it is written.

        Raises:
            GenerationError: TD3025 when the batches do not fit the schema, such as nulls where it allows none.
        """
        target = HashingSink(sink)
        content = ContentHash(schema)
        try:
            writer: pq.ParquetWriter | None = None
            for table in cut_groups(schema, batches, content):
                writer = writer or self._open(target, table, metadata)
                write_group(writer, table)
                del table
            # Not by `with`, which writes a footer even when it is left by an exception.
            (writer or self._open(target, schema.empty_table(), metadata)).close()
            checksum = target.commit()
        except BaseException as error:
            target.abort()
            if isinstance(error, pa.ArrowException):
                raise GenerationError("TD3025", f"rows cannot be written as Parquet: {error}"[:300]) from error
            raise
        return Written(content.rows, target.size, checksum, content.hexdigest())

    def settings(self, first: pa.Table) -> dict[str, Any]:
        """How rows like these first ones are encoded, as `pyarrow.parquet.ParquetWriter` takes it."""
        chosen = choose_encoding(first, self._compression)
        codecs = {path: "none" if path in chosen.random else self._compression for path in chosen.paths}
        return {
            "compression": codecs,
            "use_dictionary": chosen.dictionary,
            "write_statistics": [path for path in chosen.paths if path not in chosen.unordered],
            "write_batch_size": BATCH_ROWS,
            # Decimals of up to 18 digits as whole numbers: faster to write than their padded bytes.
            "store_decimal_as_integer": True,
        }

    def _open(self, target: HashingSink, first: pa.Table, metadata: Mapping[str, str]) -> pq.ParquetWriter:
        footer = {"tempdata.synthetic": "true", **{f"tempdata.{name}": text for name, text in metadata.items()}}
        sink, schema = pa.PythonFile(target, mode="w"), first.schema.with_metadata(footer)
        return pq.ParquetWriter(sink, schema, **self.settings(first))

    def inspect(self, file: IO[bytes]) -> tuple[int, pa.Schema]:
        """Rows and schema, from the footer."""
        reader = pq.ParquetFile(file)
        return reader.metadata.num_rows, reader.schema_arrow.remove_metadata()

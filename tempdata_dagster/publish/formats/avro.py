"""Avro object container files: blocks of a fixed number of rows, each column encoded at once."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from typing import IO, Literal

import pyarrow as pa
from pydantic import Field

from tempdata_dagster.publish.formats.avro_decode import DAMAGED, Record, read_long
from tempdata_dagster.publish.formats.avro_encode import encode_rows
from tempdata_dagster.publish.formats.avro_schema import SchemaWriter
from tempdata_dagster.publish.formats.base import CHUNK_ROWS, FORMATS, FileLabel, Format, FormatOptions
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.rows import offsets_of
from tempdata_dagster.publish.formats.source import Source

_MAGIC = b"Obj\x01"
_SYNC_BYTES = 16
# Raw deflate, without the header and the checksum of zlib.
_RAW = -15
_VARINT_BYTES = 10
_MOST_BYTES = 2**31 - 1


class AvroOptions(FormatOptions):
    """The options of Avro.

    Attributes:
        compression: Of each block; every reader knows `none` and `deflate`.
        compression_level: Of deflate, from 1, the fastest, to 9, the smallest.
        block_rows: Rows of a block: what readers hold at a time, and where a file may be split.
    """

    compression: Literal["none", "deflate", "snappy"] = "deflate"
    compression_level: int = Field(default=6, ge=1, le=9)
    block_rows: int = Field(default=4_096, ge=1, le=CHUNK_ROWS)


class AvroEncoder:
    """Writes blocks, each of which ends in the file's marker."""

    def __init__(self, output: Output, schema: pa.Schema, label: FileLabel, options: AvroOptions) -> None:
        self._output = output
        self._options = options
        said = {
            "avro.schema": json.dumps(SchemaWriter().write(schema, label.table), ensure_ascii=False),
            "avro.codec": {"none": "null"}.get(options.compression, options.compression),
        } | label.properties
        header = b"".join(_text(key) + _text(value) for key, value in said.items())
        # By custom a random number: here the same content has the same bytes.
        name = json.dumps([said, label.dataset, label.table, label.part], ensure_ascii=False)
        self._sync = hashlib.blake2b(name.encode(), digest_size=_SYNC_BYTES).digest()
        self._output.write(_MAGIC + _long(len(said)) + header + _long(0) + self._sync)

    def write(self, table: pa.Table) -> None:
        """Write the blocks of a chunk."""
        rows = encode_rows(table)
        offsets, data = offsets_of(rows), memoryview(rows.buffers()[2] or b"")
        for first in range(0, len(rows), self._options.block_rows):
            last = min(first + self._options.block_rows, len(rows))
            block = self._compress(data[int(offsets[first]) : int(offsets[last])])
            self._output.write(b"".join((_long(last - first), _long(len(block)), block, self._sync)))

    def close(self) -> None:
        """Nothing ends a file but its last block."""

    def _compress(self, block: memoryview) -> bytes | memoryview:
        if self._options.compression == "deflate":
            codec = zlib.compressobj(self._options.compression_level, zlib.DEFLATED, _RAW)
            return codec.compress(block) + codec.flush()
        if self._options.compression == "snappy":
            packed: bytes = pa.Codec("snappy").compress(block, asbytes=True)
            return packed + zlib.crc32(block).to_bytes(4, "big")
        return block


def _long(number: int) -> bytes:
    zigzag = (number << 1) ^ (number >> 63)
    written = bytearray()
    while zigzag > 0x7F:
        written.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    written.append(zigzag)
    return bytes(written)


def _text(text: str) -> bytes:
    data = text.encode()
    return _long(len(data)) + data


def _snappy_size(packed: bytes) -> int:
    """How many bytes were compressed, as their header says: seven bits a byte, at most 32 of them."""
    size = 0
    for place, byte in enumerate(packed[:5]):
        size |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            break
    if size > _MOST_BYTES:
        raise pa.ArrowInvalid(DAMAGED)
    return size


@FORMATS.register("avro")
class Avro(Format[AvroOptions]):
    """Avro files, with what the label says in their header."""

    name = "avro"
    options_class = AvroOptions

    @property
    def chunk_rows(self) -> int:
        """As many whole blocks as make a chunk."""
        return CHUNK_ROWS // self.options.block_rows * self.options.block_rows

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> AvroEncoder:
        """Begin a file."""
        return AvroEncoder(output, schema, label, self.options)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, block by block; a loop of Python for each cell, which is slow."""
        source = Source(file)
        with source.parsing(ValueError, KeyError):
            blocks = _Blocks(source, schema)
        record = Record(list(schema))
        while True:
            with source.parsing(ValueError, IndexError, OverflowError, zlib.error, OSError):
                found = blocks.next()
                batch = _decode(record, *found) if found else None
            if batch is None:
                return
            yield pa.RecordBatch.from_arrays(batch.flatten(), schema=schema)

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows that the blocks tell, each of which is there to its end."""
        source, rows = Source(file), 0
        with source.parsing(ValueError, KeyError, zlib.error, OSError):
            blocks = _Blocks(source, schema)
            while found := blocks.next():
                rows += found[1]
        return rows


def _decode(record: Record, data: bytes, rows: int) -> pa.StructArray:
    place = 0
    for _ in range(rows):
        place = record.read(data, place)
    if place != len(data):
        raise pa.ArrowInvalid(DAMAGED)
    return record.finish()


class _Blocks:
    """The blocks of a file, decompressed.

    Raises:
        pyarrow.ArrowInvalid: The file is damaged, or not of this schema.
    """

    def __init__(self, source: Source, schema: pa.Schema) -> None:
        self._source = source
        if self._take(len(_MAGIC)) != _MAGIC:
            raise pa.ArrowInvalid("the file is no Avro file")
        said: dict[str, bytes] = {}
        while count := self._long():
            for _ in range(count):
                key = self._take(self._long()).decode()
                said[key] = self._take(self._long())
        self._codec = said["avro.codec"].decode()
        self._sync = self._take(_SYNC_BYTES)
        found = json.loads(said["avro.schema"])
        if found["fields"] != SchemaWriter().write(schema, found["name"])["fields"]:
            raise pa.ArrowInvalid("the file has other columns")

    def next(self) -> tuple[bytes, int] | None:
        """The bytes of the next block, and how many rows they hold."""
        if not (first := self._source.read(1)):
            return None
        rows, size = self._long(first), self._long()
        block = self._take(size)
        if rows < 0 or self._take(_SYNC_BYTES) != self._sync:
            raise pa.ArrowInvalid(DAMAGED)
        return self._decompress(block), rows

    def _decompress(self, block: bytes) -> bytes:
        if self._codec == "deflate":
            return zlib.decompress(block, _RAW)
        if self._codec != "snappy":
            return block
        packed, checksum = block[:-4], block[-4:]
        data: bytes = pa.Codec("snappy").decompress(packed, _snappy_size(packed), asbytes=True)
        if zlib.crc32(data).to_bytes(4, "big") != checksum:
            raise pa.ArrowInvalid(DAMAGED)
        return data

    def _long(self, first: bytes = b"") -> int:
        letters = first or self._take(1)
        while letters[-1] & 0x80 and len(letters) < _VARINT_BYTES:
            letters += self._take(1)
        return read_long(letters + b"\0", 0)[0]

    def _take(self, size: int) -> bytes:
        data = self._source.read(size) if size > 0 else b""
        if size < 0 or len(data) != size:
            raise pa.ArrowInvalid(DAMAGED)
        return data

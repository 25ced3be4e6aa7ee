"""JSON: one array of objects, each in a line of its own, written and read as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import pyarrow as pa

from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format
from tempdata_dagster.publish.formats.cells import refuse_types
from tempdata_dagster.publish.formats.compression import SUFFIXES, decompress
from tempdata_dagster.publish.formats.jsonl import JsonOptions, ObjectEncoder, count_objects, read_objects
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.reading import line_blocks

_BEGIN, _END = b"[\n", b"\n]\n"


class ArrayEncoder(ObjectEncoder):
    """Rows as the elements of one array."""

    def __init__(self, output: Output, options: JsonOptions, name: str) -> None:
        super().__init__(output, options, name, ",\n{", "}")
        self._begun = False

    def write_rows(self, rows: memoryview) -> None:
        """Pass the bytes of rows on; the comma before the first one becomes the array's begin."""
        if not self._begun and rows:
            self._stream.write(_BEGIN[:1])
            rows = rows[1:]
            self._begun = True
        self._stream.write(rows)

    def close(self) -> None:
        """Write what ends the array."""
        self._stream.write(_END if self._begun else _BEGIN[:1] + _END[1:])
        super().close()


@FORMATS.register("json")
class Json(Format[JsonOptions]):
    """JSON files, UTF-8."""

    name = "json"
    options_class = JsonOptions

    @property
    def suffix(self) -> str:
        """`.json`, and what tells the compression."""
        return f".json{SUFFIXES[self.options.compression]}"

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> ArrayEncoder:  # noqa: ARG002 - JSON has no place for it
        """Begin a file."""
        refuse_types(schema, self.name)
        return ArrayEncoder(output, self.options, self.name)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, some megabytes at a time."""
        for block in _blocks(file, self.options):
            # The last row has no comma after it.
            yield read_objects(b"[" + block.removesuffix(b"\n").removesuffix(b",") + b"]", schema, self.options.style)

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows by their lines; of the first one, the keys."""
        rows, pending = 0, b""
        for block in _blocks(file, self.options):
            if pending:
                rows += count_objects(pending, b"},\n")
            else:
                read_objects(b"[" + block.split(b"\n", 1)[0].removesuffix(b",") + b"]", schema, self.options.style)
            pending = block
        # Only the very last row has no comma.
        return rows + (count_objects(pending.removesuffix(b"\n") + b",\n", b"},\n") if pending else 0)


def _blocks(file: IO[bytes], options: JsonOptions) -> Iterator[bytes]:
    """The lines between the brackets."""
    begun, pending = False, b""
    for given in line_blocks(decompress(file, options.compression)):
        block = given
        if not begun:
            if given == _BEGIN[:1] + _END[1:]:
                return
            if not given.startswith(_BEGIN):
                break
            block, begun = given.removeprefix(_BEGIN), True
        # The bracket that ends the array may be alone in the last block.
        if pending and block == _END[1:]:
            block = pending + block
        elif pending:
            yield pending
        pending = block
    if not begun or not pending.endswith(_END):
        raise pa.ArrowInvalid("the file is damaged: it is not one array")
    yield pending.removesuffix(_END[1:])

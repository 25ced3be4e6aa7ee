"""JSON Lines: one object in a line for each row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Literal

import pyarrow as pa

from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format
from tempdata_dagster.publish.formats.cells import encode_columns, refuse_types
from tempdata_dagster.publish.formats.compression import SUFFIXES, CompressedOptions, compress_to, decompress
from tempdata_dagster.publish.formats.json_cells import JsonStyle, join_objects, spell
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.reading import check_keys, checked_batch, from_json, line_blocks, load_json
from tempdata_dagster.publish.formats.rows import values_of


class JsonOptions(CompressedOptions):
    """The options of JSON and JSON Lines.

    Attributes:
        nulls: `explicit` writes `"key":null`, `omit` leaves the key out.
        numbers: `strings` writes 64-bit integers as text, for readers that know doubles only.
        decimals: `numbers` writes decimals as numbers with all their digits, which many readers round.
    """

    nulls: Literal["explicit", "omit"] = "explicit"
    numbers: Literal["exact", "strings"] = "exact"
    decimals: Literal["strings", "numbers"] = "strings"

    @property
    def style(self) -> JsonStyle:
        """The notation that was chosen."""
        return JsonStyle(self.nulls == "omit", self.numbers == "strings", self.decimals == "numbers")


class ObjectEncoder:
    """Rows as objects, each with the same text before and after it."""

    def __init__(self, output: Output, options: JsonOptions, name: str, begin: str, end: str) -> None:
        self._stream = compress_to(output, options)
        self._style = options.style
        self._name = name
        self._ends = (begin, end)
        self._rows = 0

    def write(self, table: pa.Table) -> None:
        """Write one chunk."""
        columns = encode_columns(table, self._rows, self._name, lambda cells, _: spell(cells, self._style))
        self.write_rows(values_of(join_objects(columns, table.column_names, self._style, *self._ends)).data)
        self._rows += len(table)

    def write_rows(self, rows: memoryview) -> None:
        """Pass the bytes of rows on."""
        self._stream.write(rows)

    def close(self) -> None:
        """Write what ends the file."""
        self._stream.close()


def read_objects(text: bytes, schema: pa.Schema, style: JsonStyle) -> pa.RecordBatch:
    """A batch of the objects in a JSON array, each in a line of its own.

    Raises:
        pyarrow.ArrowInvalid: It is damaged, or of another schema.
    """
    rows = load_json(text, exact=style.number_decimals)
    if len(rows) != text.count(b"\n") + 1:
        raise pa.ArrowInvalid("the file is damaged: a line is no object")
    check_keys(rows, schema.names, omit_nulls=style.omit_nulls)
    columns = [
        from_json([row.get(field.name) for row in rows], field.type, omit_nulls=style.omit_nulls) for field in schema
    ]
    return checked_batch(columns, schema)


def count_objects(block: bytes, end: bytes) -> int:
    """How many rows a block of whole lines holds.

    Raises:
        pyarrow.ArrowInvalid: A line does not look like a row: what `end` says is its end.
    """
    lines = block.count(b"\n")
    if not block.startswith(b"{") or block.count(b"\n{") != lines - 1 or block.count(end) != lines:
        raise pa.ArrowInvalid("the file is damaged: a line is no object")
    return lines


@FORMATS.register("jsonl")
class JsonLines(Format[JsonOptions]):
    """JSON Lines files, UTF-8, each line ended by a line feed."""

    name = "jsonl"
    options_class = JsonOptions

    @property
    def suffix(self) -> str:
        """`.jsonl`, and what tells the compression."""
        return f".jsonl{SUFFIXES[self.options.compression]}"

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> ObjectEncoder:  # noqa: ARG002 - JSON has no place for it
        """Begin a file."""
        refuse_types(schema, self.name)
        return ObjectEncoder(output, self.options, self.name, "{", "}\n")

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, some megabytes at a time."""
        for block in line_blocks(decompress(file, self.options.compression)):
            yield read_objects(b"[" + block[:-1].replace(b"\n", b",\n") + b"]", schema, self.options.style)

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The lines; of the first one, the keys."""
        rows = 0
        for block in line_blocks(decompress(file, self.options.compression)):
            if not rows:
                read_objects(b"[" + block.split(b"\n", 1)[0] + b"]", schema, self.options.style)
            rows += count_objects(block, b"}\n")
        return rows

"""XML: an element for each row, and in it one for each column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO
from xml.sax.saxutils import quoteattr

import pyarrow as pa
from pydantic import Field

from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format
from tempdata_dagster.publish.formats.cells import encode_columns, refuse_types
from tempdata_dagster.publish.formats.compression import SUFFIXES, CompressedOptions, compress_to, decompress
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.recast import plain_lists, recast
from tempdata_dagster.publish.formats.rows import join, values_of
from tempdata_dagster.publish.formats.xml_cells import XSI, element_names, spell_elements
from tempdata_dagster.publish.formats.xml_reading import count_rows, read_rows

_CHUNK_ROWS = 16_384
_NAME = r"^([A-WYZa-wyz_]|[Xx][A-LN-Za-ln-z0-9_.-])[A-Za-z0-9_.-]*$"


class XmlOptions(CompressedOptions):
    """The options of XML.

    Attributes:
        root: The element that holds all others.
        row: The element of a row.
    """

    root: str = Field(default="rows", max_length=60, pattern=_NAME)
    row: str = Field(default="row", max_length=60, pattern=_NAME)


class XmlEncoder:
    """Writes rows, each in a line of its own as long as no text has line feeds."""

    def __init__(self, output: Output, schema: pa.Schema, label: FileLabel, options: XmlOptions) -> None:
        self._schema = pa.schema([field.with_type(plain_lists(field.type)) for field in schema])
        refuse_types(self._schema, "xml")
        self._stream = compress_to(output, options)
        self._options = options
        self._names = element_names(schema.names)
        self._rows = 0
        told = {"dataset": label.dataset, "table": label.table} | label.properties
        # Known without a row: which columns there are.
        told["columns"] = " ".join(name for name, _ in self._names)
        attributes = "".join(f" {name}={quoteattr(text)}" for name, text in told.items())
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{options.root} xmlns:xsi="{XSI}"{attributes}>\n'
        self._stream.write(head.encode())

    def write(self, table: pa.Table) -> None:
        """Write one chunk."""
        names = dict(zip(table.column_names, self._names, strict=True))

        def spell(cells: pa.Array, field: pa.Field) -> pa.Array:
            return spell_elements(recast(cells, self._schema.field(field.name).type), *names[field.name])

        elements = encode_columns(table, self._rows, "xml", spell)
        row = self._options.row
        self._stream.write(values_of(join([f"<{row}>", *elements, f"</{row}>\n"])).data)
        self._rows += table.num_rows

    def close(self) -> None:
        """Write the end of the root."""
        self._stream.write(f"</{self._options.root}>\n".encode())
        self._stream.close()


@FORMATS.register("xml")
class Xml(Format[XmlOptions]):
    """XML files, with what the label says in the attributes of their root."""

    name = "xml"
    options_class = XmlOptions

    @property
    def chunk_rows(self) -> int:
        """Few rows: their XML is many times as large as they are."""
        return _CHUNK_ROWS

    @property
    def suffix(self) -> str:
        """With that of the compression."""
        return f".xml{SUFFIXES[self.options.compression]}"

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> XmlEncoder:
        """Begin a file."""
        return XmlEncoder(output, schema, label, self.options)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, a megabyte of XML at a time."""
        yield from read_rows(decompress(file, self.options.compression), schema, (self.options.root, self.options.row))

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows of a file that is well-formed to its end."""
        return count_rows(decompress(file, self.options.compression), schema, (self.options.root, self.options.row))

"""Excel workbooks, written as a stream: bold frozen headers with filters, typed cells, sheets of as many rows as one may have.

Text is written in place and never looked at: no cell is a formula or a link, whatever it begins with. XlsxWriter, which
could do most of this, rounds numbers to 16 digits, and takes text between `<r>` and `</r>` for markup.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format, FormatOptions
from tempdata_dagster.publish.formats.cells import CellError, refuse_types
from tempdata_dagster.publish.formats.excel_cells import encode_cells, escape_text, number_format
from tempdata_dagster.publish.formats.excel_package import (
    HEAD,
    MAIN,
    Sheet,
    write_content_types,
    write_core,
    write_custom,
    write_relations,
    write_styles,
    write_workbook,
)
from tempdata_dagster.publish.formats.excel_reading import count_rows, read_sheets
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.recast import plain_lists
from tempdata_dagster.publish.formats.refusal import refuse
from tempdata_dagster.publish.formats.rows import join, join_known, values_of
from tempdata_dagster.publish.formats.source import Source

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
_CHUNK_ROWS = 16_384
# Beyond 2 GB a zip file needs records that spreadsheets do not read.
_SHEET_BYTES = 1_900_000_000
_WIDEST, _NARROWEST = 60, 8
_LOOK_ROWS = 1_000
_NAME_LENGTH = 25
_UNIX = 3
# What Excel takes: none of these letters, and no apostrophe at either end.
_SHEET_NAME = r"^([^'\[\]:*?/\\\x00-\x1f]([^\[\]:*?/\\\x00-\x1f]*[^'\[\]:*?/\\\x00-\x1f])?)?$"


class ExcelOptions(FormatOptions):
    """The options of Excel.

    Attributes:
        sheet: The sheets' name; by default the table's. Those that follow are numbered.
        sheet_rows: The most rows of a sheet, its header among them.
        compression_level: From 1, the fastest, to 9, the smallest.
    """

    sheet: str = Field(default="", max_length=_NAME_LENGTH, pattern=_SHEET_NAME)
    sheet_rows: int = Field(default=MOST_ROWS, ge=2, le=MOST_ROWS)
    compression_level: int = Field(default=6, ge=1, le=9)


def column_letters(index: int) -> str:
    """The name of a column, from 0: A to Z, AA and so on."""
    letters = ""
    index += 1
    while index:
        index, place = divmod(index - 1, 26)
        letters = chr(65 + place) + letters
    return letters


class ExcelEncoder:
    """Writes sheet after sheet, and what describes them at the end."""

    def __init__(self, output: Output, schema: pa.Schema, label: FileLabel, options: ExcelOptions) -> None:
        if len(schema) > MOST_COLUMNS:
            raise refuse(
                "excel", schema.field(MOST_COLUMNS).name, f"more than {MOST_COLUMNS:,} columns", "publish fewer"
            )
        refuse_types(pa.schema([field.with_type(plain_lists(field.type)) for field in schema]), "excel")
        self._options = options
        self._schema = schema
        self._label = label
        self._letters = [column_letters(index) for index in range(len(schema))]
        codes = [number_format(field.type) for field in schema]
        self._formats = list(dict.fromkeys(["General", *codes]))
        self._styles = [self._formats.index(code) for code in codes]
        self._header = self._write_header()
        self._cols = ""
        self._zip = zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=options.compression_level)
        self._sheets: list[Sheet] = []
        self._stream: Any = None
        self._row = self._bytes = self._rows = 0

    def write(self, table: pa.Table) -> None:
        """Write rows, and begin sheets as they fill."""
        table = table.combine_chunks()
        self._cols = self._cols or self._write_cols(table.slice(0, _LOOK_ROWS))
        while table.num_rows:
            if self._stream is None or self._row == self._options.sheet_rows or self._bytes > _SHEET_BYTES:
                self._begin_sheet()
            some = table.slice(0, self._options.sheet_rows - self._row)
            data = values_of(self._encode_rows(some))
            self._stream.write(data)
            self._bytes += len(data)
            self._row += some.num_rows
            self._rows += some.num_rows
            table = table.slice(some.num_rows)

    def close(self) -> None:
        """Write the parts that describe the sheets."""
        if self._stream is None:
            self._cols = self._write_cols(self._schema.empty_table())
            self._begin_sheet()
        self._end_sheet()
        count = len(self._sheets)
        sheets = [("worksheet", f"worksheets/sheet{n + 1}.xml") for n in range(count)]
        about = [
            ("officeDocument", "xl/workbook.xml"),
            ("core", "docProps/core.xml"),
            ("custom-properties", "docProps/custom.xml"),
        ]
        parts = {
            "xl/workbook.xml": write_workbook(self._sheets),
            "xl/_rels/workbook.xml.rels": write_relations([*sheets, ("styles", "styles.xml")]),
            "xl/styles.xml": write_styles(self._formats),
            "docProps/core.xml": write_core(self._label.table or "rows"),
            "docProps/custom.xml": write_custom(self._label.properties),
            "_rels/.rels": write_relations(about),
            "[Content_Types].xml": write_content_types(count),
        }
        for path, text in parts.items():
            self._zip.writestr(_member(path), text, zipfile.ZIP_DEFLATED, self._options.compression_level)
        self._zip.close()

    def _begin_sheet(self) -> None:
        if self._stream is not None:
            self._end_sheet()
        number = len(self._sheets) + 1
        self._stream = self._zip.open(_member(f"xl/worksheets/sheet{number}.xml"), "w")
        selected = ' tabSelected="1"' if number == 1 else ""
        frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        self._stream.write(
            f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView{selected} workbookViewId="0">{frozen}</sheetView>'
            f"</sheetViews>{self._cols}<sheetData>{self._header}".encode()
        )
        self._row, self._bytes = 1, 0
        base = self._options.sheet or (self._label.table or "rows")[:_NAME_LENGTH]
        # Excel keeps this name for itself.
        base = f"{base}_" if base.lower() == "history" else base
        self._sheets.append(Sheet(base if number == 1 else f"{base} ({number})", ""))

    def _end_sheet(self) -> None:
        last = self._letters[-1] if self._letters else "A"
        area = f"A1:{last}{self._row}"
        # Without this, numbers that are text on purpose would each have a green corner.
        ignored = f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors>'
        self._stream.write(f'</sheetData><autoFilter ref="{area}"/>{ignored}</worksheet>'.encode())
        self._stream.close()
        self._sheets[-1] = Sheet(self._sheets[-1].name, area)

    def _encode_rows(self, table: pa.Table) -> pa.Array:
        numbers = pa.array(np.arange(self._row + 1, self._row + 1 + table.num_rows)).cast(pa.string())
        columns = []
        for field, column, letters, style in zip(self._schema, table.columns, self._letters, self._styles, strict=True):
            try:
                cells = encode_cells(column.combine_chunks())
            except CellError as error:
                raise error.locate(field.name, self._rows, "excel") from None
            begin = [f'<c r="{letters}', numbers, f'" s="{style}"']
            kind = ' t="b"' if cells.flag else ""
            plain = None if cells.is_text is True else join([*begin, f"{kind}><v>", cells.texts, "</v></c>"])
            if cells.is_text is True or np.any(cells.is_text):
                preserve = ' t="inlineStr"><is><t xml:space="preserve">'
                text = join([*begin, preserve, cells.texts, "</t></is></c>"])
                plain = text if plain is None else pc.if_else(pa.array(cells.is_text), text, plain)
            columns.append(plain)
        return join_known([join(['<row r="', numbers, '">']), *columns, "</row>"])

    def _write_header(self) -> str:
        names = escape_text(pa.array(self._schema.names, pa.string())).to_pylist()
        cells = (
            f'<c r="{letters}1" s="{len(self._formats)}" t="inlineStr"><is><t xml:space="preserve">{name}</t></is></c>'
            for letters, name in zip(self._letters, names, strict=True)
        )
        return f'<row r="1">{"".join(cells)}</row>'

    def _write_cols(self, table: pa.Table) -> str:
        cols = ""
        for index, (field, column) in enumerate(zip(self._schema, table.columns, strict=True)):
            try:
                texts = encode_cells(column.combine_chunks()).texts if len(column) else pa.array([], pa.string())
            except CellError as error:
                raise error.locate(field.name, 0, "excel") from None
            # Moments are numbers with many digits, and shown by their format.
            shown = len(number_format(field.type)) if pa.types.is_temporal(field.type) else 0
            longest = shown or pc.max(pc.utf8_length(texts)).as_py() or 0
            width = min(max(longest, len(field.name) + 2, _NARROWEST), _WIDEST) + 2
            cols += f'<col min="{index + 1}" max="{index + 1}" width="{width}" customWidth="1"/>'
        return f"<cols>{cols}</cols>" if cols else ""


def _member(path: str) -> zipfile.ZipInfo:
    """A member whose header does not say when or where it was written."""
    member = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
    member.create_system = _UNIX
    member.external_attr = 0o644 << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


@FORMATS.register("excel")
class Excel(Format[ExcelOptions]):
    """Excel workbooks, with what the label says among the file's properties."""

    name = "excel"
    options_class = ExcelOptions

    @property
    def chunk_rows(self) -> int:
        """Few rows: their XML is many times as large as they are."""
        return _CHUNK_ROWS

    @property
    def suffix(self) -> str:
        """What Excel calls its files."""
        return ".xlsx"

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> ExcelEncoder:
        """Begin a file."""
        return ExcelEncoder(output, schema, label, self.options)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of all sheets; workbooks that another program has stored since are not of this schema."""
        yield from read_sheets(Source(file), schema)

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows of all sheets, counted without a look at their cells."""
        return count_rows(Source(file), schema)

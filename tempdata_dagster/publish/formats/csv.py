"""CSV: text with a delimiter, in which null and empty text differ and nothing is a formula that was text before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.publish.formats.base import FORMATS, FileLabel, Format
from tempdata_dagster.publish.formats.cells import (
    encode_columns,
    encode_words,
    is_bytes,
    is_text,
    refuse_types,
    settle,
    texts_of,
)
from tempdata_dagster.publish.formats.compression import SUFFIXES, compress_to
from tempdata_dagster.publish.formats.csv_options import FORMULA, TRIGGERS, CsvOptions
from tempdata_dagster.publish.formats.csv_reading import CsvReader
from tempdata_dagster.publish.formats.json_cells import JsonStyle, spell
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.rows import join, offsets_of, rows_with, values_of

BOM = "\ufeff".encode()
_JSON = JsonStyle()


class CsvCells:
    """Cells of one column at a time, quoted and guarded as the options say."""

    def __init__(self, options: CsvOptions) -> None:
        self._options = options
        self._style = options.style
        escape = "\\" if options.escape == "backslash" else ""
        self._special = f"{options.delimiter}{options.quote}{escape}\r\n"

    def encode(self, cells: pa.Array, end: str = "") -> pa.Array:
        """The cells as they stand in the file, `end` after each of them.

        Raises:
            CellError: A cell that CSV cannot hold.
        """
        cells = settle(cells)
        worded = pa.types.is_dictionary(cells.type)
        texts = encode_words(cells, self._encode_values) if worded else self._encode_values(cells)
        if texts.null_count:
            texts = pc.fill_null(texts, self._options.null)
        return join([texts, end]) if end else texts

    def _encode_values(self, cells: pa.Array) -> pa.Array:
        kind = cells.type
        if pa.types.is_nested(kind):
            return self._quote(spell(cells, _JSON).texts)
        texts = texts_of(cells, self._style)
        if is_text(kind) or is_bytes(kind):
            if is_bytes(kind) and self._options.binary == "hex":
                texts = join(["\\x", texts])
            return self._quote(self._guard(texts))
        return self._quote_all(texts) if self._options.quoting == "all" else texts

    def _guard(self, texts: pa.Array) -> pa.Array:
        if self._options.formulas == "raw" or not _may_be_formulas(texts):
            return texts
        formulas = pc.match_substring_regex(texts, FORMULA)
        return pc.if_else(formulas, join(["'", texts]), texts)

    def _quote(self, texts: pa.Array) -> pa.Array:
        if self._options.quoting == "all":
            return self._quote_all(self._escape(texts))
        lengths = np.diff(offsets_of(texts))
        wanted = rows_with(texts, self._special) | (lengths == 0)
        # LOAD DATA of MySQL takes the bare word NULL for null, whatever else is null.
        word = "NULL" if self._options.null == "\\N" else self._options.null
        if word and (lengths == len(word)).any():
            wanted |= pc.fill_null(pc.equal(texts, word), fill_value=False).to_numpy(zero_copy_only=False)
        if lengths.any() and b"\xef\xbb\xbf" in values_of(texts).tobytes():
            # At the beginning of a file it would be taken for a byte order mark.
            wanted |= pc.fill_null(pc.starts_with(texts, "\ufeff"), fill_value=False).to_numpy(zero_copy_only=False)
        mask = pc.and_(pa.array(wanted), texts.is_valid())
        if not mask.true_count:
            return texts
        return pc.replace_with_mask(texts, mask, self._quote_all(self._escape(texts.filter(mask))))

    def _escape(self, texts: pa.Array) -> pa.Array:
        quote = self._options.quote
        if self._options.escape == "doubled":
            return pc.replace_substring(texts, quote, quote * 2)
        for letter in ("\\", quote):
            texts = pc.replace_substring(texts, letter, f"\\{letter}")
        return texts

    def _quote_all(self, texts: pa.Array) -> pa.Array:
        return join([self._options.quote, texts, self._options.quote])


def _may_be_formulas(texts: pa.Array) -> bool:
    """Whether any text begins with a trigger, or with an apostrophe, which may stand before one."""
    offsets = offsets_of(texts)
    begins = offsets[:-1][offsets[1:] > offsets[:-1]] - offsets[0]
    if not len(begins):
        return False
    first = values_of(texts)[begins]
    return any(bool((first == ord(letter)).any()) for letter in f"'{TRIGGERS}")


class CsvEncoder:
    """Lines of cells."""

    def __init__(self, output: Output, schema: pa.Schema, options: CsvOptions) -> None:
        self._stream = compress_to(output, options)
        self._options = options
        self._cells = CsvCells(options)
        self._last = len(schema) - 1
        self._rows = 0
        if options.bom:
            self._stream.write(BOM)
        if options.header:
            names = [self._cells.encode(pa.array([name])) for name in schema.names]
            self._stream.write(values_of(join([join(names, options.delimiter), options.end])).data)

    def write(self, table: pa.Table) -> None:
        """Write one chunk."""
        last = table.schema.field(self._last)

        def encode(cells: pa.Array, field: pa.Field) -> pa.Array:
            return self._cells.encode(cells, self._options.end if field is last or field.name == last.name else "")

        columns = encode_columns(table, self._rows, "csv", encode)
        self._stream.write(values_of(join(columns, self._options.delimiter)).data)
        self._rows += len(table)

    def close(self) -> None:
        """Write what ends the file."""
        self._stream.close()


@FORMATS.register("csv")
class Csv(Format[CsvOptions]):
    """CSV files, UTF-8."""

    name = "csv"
    options_class = CsvOptions

    @property
    def suffix(self) -> str:
        """`.csv` or `.tsv`, and what tells the compression."""
        return f".{'tsv' if self.options.delimiter == chr(9) else 'csv'}{SUFFIXES[self.options.compression]}"

    def encoder(self, output: Output, schema: pa.Schema, label: FileLabel) -> CsvEncoder:  # noqa: ARG002 - CSV has no place for it
        """Begin a file."""
        refuse_types(schema, self.name)
        return CsvEncoder(output, schema, self.options)

    def read(self, file: IO[bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, some megabytes at a time."""
        return CsvReader(file, schema, self.options).batches()

    def inspect(self, file: IO[bytes], schema: pa.Schema) -> int:
        """The rows, whose cells are told apart but not parsed."""
        return sum(batch.num_rows for batch in CsvReader(file, schema, self.options).texts())

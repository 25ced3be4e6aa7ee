"""CSV files read back: every cell as it was written, null and empty text told apart by their quotation marks."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from tempdata_dagster.publish.formats.cells import is_bytes, is_text
from tempdata_dagster.publish.formats.compression import decompress
from tempdata_dagster.publish.formats.csv_options import FORMULA, CsvOptions
from tempdata_dagster.publish.formats.reading import checked_batch, parse_texts
from tempdata_dagster.publish.formats.rows import join

# A row must fit into a block.
_BLOCK = 32 << 20
_GUARDED = "^'+[=+\\-@\t\r]"


class _Tracked(io.RawIOBase):
    """The file as Arrow reads it: with doubled quotation marks in place of backslashes, its last letters kept in mind."""

    def __init__(self, file: IO[bytes], options: CsvOptions) -> None:
        super().__init__()
        self._file = file
        self._rest = b""
        self._escaped = options.escape == "backslash"
        quote = options.quote.encode()
        self._plain = {b"\\\\": b"\\", b"\\" + quote: quote * 2}
        if options.null == "\\N":
            self._plain[b"\\N"] = b""
        self._quote = quote
        self._quotes = 0
        self.tail = b""

    @property
    def ends_within_quotes(self) -> bool:
        """Whether a quotation mark that was opened is still open; those that are doubled do not matter."""
        return self._quotes % 2 == 1

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self.tail = (self.tail + data[-4:])[-4:]
        data = self._unescape(data, size) if self._escaped else data
        self._quotes += data.count(self._quote)
        return data

    def _unescape(self, data: bytes, size: int) -> bytes:
        while True:
            whole = self._rest + data
            self._rest = b""
            plain = re.sub(rb"\\.?", self._replace, whole, flags=re.DOTALL)
            # A file that goes on must not seem to end where nothing but the first half of an escape was read.
            if plain or not data:
                return plain
            data = self._file.read(size)
            self.tail = (self.tail + data[-4:])[-4:]

    def _replace(self, found: re.Match[bytes]) -> bytes:
        pair = found[0]
        if len(pair) == 1:
            self._rest = pair
            return b""
        if pair not in self._plain:
            raise pa.ArrowInvalid(f"the file is damaged: {pair!r} is no escape")
        return self._plain[pair]


class CsvReader:
    """Reads one file.

    Args:
        file: As it is stored.
        schema: Of the rows that were written.
        options: By which they were written.
    """

    def __init__(self, file: IO[bytes], schema: pa.Schema, options: CsvOptions) -> None:
        self._schema = schema
        self._options = options
        self._file = _Tracked(decompress(file, options.compression), options)

    def texts(self) -> Iterator[pa.RecordBatch]:
        """The cells as text without quotation marks, null where nothing stood between two delimiters.

        Raises:
            pyarrow.ArrowInvalid: The file is damaged, or has other columns.
        """
        rows = False
        for batch in self._open(self._names()):
            rows = rows or batch.num_rows > 0
            yield batch
        if self._file.ends_within_quotes:
            raise pa.ArrowInvalid("the file is damaged: a quotation mark is still open where it ends")
        if (rows or self._options.header) and not self._file.tail.endswith(self._options.end.encode()):
            raise pa.ArrowInvalid("the file is damaged: its last line has no end")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows.

        Raises:
            pyarrow.ArrowInvalid: The file is damaged, or has other columns.
        """
        for batch in self.texts():
            columns = [self._parse(texts, field.type) for texts, field in zip(batch.columns, self._schema, strict=True)]
            yield checked_batch(columns, self._schema)

    def _names(self) -> list[str]:
        """The columns' names as the header has them: they are guarded as text is."""
        guarded = self._options.header and self._options.formulas == "safe"
        return [f"'{name}" if guarded and re.match(FORMULA, name) else name for name in self._schema.names]

    def _open(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        options = self._options
        null = "" if options.escape == "backslash" and options.null == "\\N" else options.null
        try:
            reader = pcsv.open_csv(
                pa.PythonFile(self._file, mode="r"),
                pcsv.ReadOptions(
                    block_size=_BLOCK,
                    column_names=None if options.header else names,
                ),
                pcsv.ParseOptions(
                    delimiter=options.delimiter,
                    quote_char=options.quote,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                ),
                pcsv.ConvertOptions(
                    column_types={name: pa.string() for name in names},
                    null_values=[null],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            if not options.header and "Empty CSV" in str(error):
                return
            raise
        if reader.schema.names != names:
            raise pa.ArrowInvalid("the file has other columns")
        yield from reader

    def _parse(self, texts: pa.Array, kind: pa.DataType) -> pa.Array:
        value = kind.value_type if pa.types.is_dictionary(kind) else kind
        options = self._options
        if is_text(value) or pa.types.is_string_view(value) or is_bytes(value) or pa.types.is_binary_view(value):
            if options.formulas == "safe":
                guarded = pc.match_substring_regex(texts, _GUARDED)
                texts = pc.if_else(guarded, pc.utf8_slice_codeunits(texts, 1), texts)
            if not is_text(value) and options.binary == "hex":
                texts = pc.utf8_slice_codeunits(texts, 2)
        if pa.types.is_timestamp(value) and value.tz and options.timestamps == "plain":
            texts = join([texts, "Z"])
        return parse_texts(texts, kind, options.binary)

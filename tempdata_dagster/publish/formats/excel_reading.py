"""The rows of a workbook that was written by `publish.formats.excel`."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.publish.formats.excel_cells import DAY_MS, EPOCH_DAYS, number_format
from tempdata_dagster.publish.formats.reading import checked_batch, parse_texts
from tempdata_dagster.publish.formats.recast import plain_lists, recast
from tempdata_dagster.publish.formats.source import Source
from tempdata_dagster.publish.formats.xml_parsing import make_parser, parse_blocks

_CODE = re.compile("_x([0-9A-Fa-f]{4})_")
_DIGITS = "0123456789"
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    KeyError,
    ValueError,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
)


class _Rows:
    """Gathers the cells of a sheet, row by row: the text of each, and whether it is text and no number."""

    def __init__(self, columns: int) -> None:
        self.parser = make_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add
        self._columns = columns
        self._places: dict[str, int] = {}
        self.rows: list[list[tuple[str, bool] | None]] = []
        self._text: list[str] | None = None
        self._cell = (0, False)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            letters = attributes["r"].rstrip(_DIGITS)
            place = self._places.get(letters)
            if place is None:
                place = self._places[letters] = _place_of(letters)
            self._cell = (place, attributes.get("t") == "inlineStr")
        elif name in ("v", "t"):
            self._text = []
        elif name == "row":
            self.rows.append([None] * self._columns)

    def _add(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        if name in ("v", "t") and self._text is not None:
            place, is_text = self._cell
            if place >= self._columns:
                raise pa.ArrowInvalid("the file has other columns")
            self.rows[-1][place] = ("".join(self._text), is_text)
            self._text = None

    def take(self) -> list[list[tuple[str, bool] | None]]:
        """All rows but the last, which may not be whole yet."""
        whole, self.rows = self.rows[:-1], self.rows[-1:]
        return whole


def _place_of(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def read_sheets(source: Source, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of all sheets.

    Raises:
        pyarrow.ArrowInvalid: The file is damaged, or not of this schema.
    """
    with source.parsing(*_DAMAGE):
        archive = zipfile.ZipFile(source)
        names = _sheet_names(archive)
    for name in names:
        batches = _read_sheet(archive, name, schema)
        while True:
            with source.parsing(*_DAMAGE):
                batch = next(batches, None)
            if batch is None:
                break
            yield batch


def _sheet_names(archive: zipfile.ZipFile) -> list[str]:
    found = {name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")}
    names = [f"xl/worksheets/sheet{number + 1}.xml" for number in range(len(found))]
    if not names or found != set(names):
        raise pa.ArrowInvalid("the file is no workbook that was written here")
    return names


def _read_sheet(archive: zipfile.ZipFile, name: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    rows, header = _Rows(len(schema)), True
    with archive.open(name) as file:
        for _ in parse_blocks(rows.parser, file):
            whole = rows.take()
            if header and whole:
                _check_header(whole.pop(0), schema)
                header = False
            if whole:
                yield _to_batch(whole, schema)
    if header:
        _check_header((rows.rows or [[]]).pop(0), schema)
    if rows.rows:
        yield _to_batch(rows.rows, schema)


def _check_header(row: list[tuple[str, bool] | None], schema: pa.Schema) -> None:
    if [cell and _unescape(cell[0]) for cell in row] != schema.names:
        raise pa.ArrowInvalid("the file has other columns")


def _to_batch(rows: list[list[tuple[str, bool] | None]], schema: pa.Schema) -> pa.RecordBatch:
    columns = [_to_array([row[index] for row in rows], field.type) for index, field in enumerate(schema)]
    return checked_batch(columns, schema)


def _to_array(cells: list[tuple[str, bool] | None], kind: pa.DataType) -> pa.Array:
    texts = pa.array([cell and cell[0] for cell in cells], pa.string())
    if pa.types.is_boolean(kind):
        return pc.equal(texts, "1")
    if pa.types.is_nested(kind):
        return recast(parse_texts(_unescape_all(texts), plain_lists(kind)), kind)
    if number_format(kind) == "@":
        return parse_texts(_unescape_all(texts), kind)
    is_text = np.array([cell is not None and cell[1] for cell in cells], bool)
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        moments = _from_serials(pc.if_else(pa.array(is_text), None, texts), kind)
        if is_text.any():
            moments = pc.if_else(
                pa.array(is_text), parse_texts(pc.if_else(pa.array(is_text), texts, None), kind), moments
            )
        return moments
    return parse_texts(texts, kind)


def _from_serials(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    serials = texts.cast(pa.float64())
    known = pc.fill_null(serials, 0.0).to_numpy(zero_copy_only=False)
    if pa.types.is_time(kind):
        numbers, stored = np.rint(known * DAY_MS), pa.time32("ms")
    elif pa.types.is_date(kind):
        numbers, stored = known - EPOCH_DAYS, pa.date32()
    else:
        numbers, stored = np.rint(known * DAY_MS) - EPOCH_DAYS * DAY_MS, pa.timestamp("ms")
    width = pa.int64() if stored.bit_width == 64 else pa.int32()
    return pc.if_else(serials.is_valid(), pa.array(numbers).cast(width).cast(stored), None).cast(kind)


def _unescape(text: str) -> str:
    return _CODE.sub(lambda found: chr(int(found[1], 16)), text)


def _unescape_all(texts: pa.Array) -> pa.Array:
    rows = pc.fill_null(pc.match_substring(texts, "_x"), False)
    if not rows.true_count:
        return texts
    changed: list[Any] = [_unescape(text) for text in texts.filter(rows).to_pylist()]
    return pc.replace_with_mask(texts, rows, pa.array(changed, texts.type))


def count_rows(source: Source, schema: pa.Schema) -> int:
    """The rows of all sheets, whose bytes are read and compared with their checksums.

    Raises:
        pyarrow.ArrowInvalid: The file is damaged, or not of this schema.
    """
    with source.parsing(*_DAMAGE):
        archive = zipfile.ZipFile(source)
        return sum(_count_rows(archive, name, schema) for name in _sheet_names(archive))


def _count_rows(archive: zipfile.ZipFile, name: str, schema: pa.Schema) -> int:
    mark, count, rest, header = b"</row>", 0, b"", _Rows(len(schema))
    with archive.open(name) as file:
        while block := file.read(1 << 20):
            data = rest + block
            if not count:
                end = data.find(mark)
                header.parser.Parse(block if end < 0 else block[: end + len(mark) - len(rest)])
            count += data.count(mark)
            rest = data[-(len(mark) - 1) :]
    if not count or not rest.endswith(b"heet>"):
        raise pa.ArrowInvalid("the file is damaged")
    _check_header(header.rows[0], schema)
    return count - 1

"""Cells of a sheet: numbers where a spreadsheet keeps every digit of them, text where it would not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.content import is_any
from tempdata_dagster.publish.formats.cells import CellError, texts_of
from tempdata_dagster.publish.formats.json_cells import JsonStyle, spell
from tempdata_dagster.publish.formats.recast import plain_lists, recast
from tempdata_dagster.publish.formats.rows import has_any, values_of

# What a spreadsheet computes with: whole numbers that a double holds, and digits that it shows.
_WHOLE, _DIGITS = 2**53, 15
_LEAST_NORMAL = 2.2250738585072014e-308
# Days from 1899-12-30 to 1970; the first day of which all spreadsheets have the same number is 1900-03-01, because
# one of them once believed in 1900-02-29.
EPOCH_DAYS, _FIRST_DAY, _LAST_DAY = 25_569, 61, 2_958_465
DAY_MS = 86_400_000
LONGEST = 32_767
_TEXT, _WHOLE_FORMAT, _DAY = "@", "0", "yyyy-mm-dd"
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\0-\x08\x0b-\x1f\ufffe\uffff]")
_MS = {"s": 1_000, "ms": 1}
_FINER = {"us": 1_000, "ns": 1_000_000}


@dataclass(frozen=True)
class Cells:
    """A column of cells.

    Attributes:
        texts: What stands in each cell, for XML; null where the cell is empty.
        is_text: Which of them are text and no number; none are numbers if it is true.
        flag: They are true or false.
    """

    texts: pa.Array
    is_text: np.ndarray | bool = False
    flag: bool = False


def number_format(kind: pa.DataType) -> str:
    """How a spreadsheet shows values of a type."""
    if pa.types.is_decimal(kind):
        return "#,##0" + ("." + "0" * min(kind.scale, 30) if kind.scale > 0 else "")
    if pa.types.is_integer(kind) or pa.types.is_duration(kind):
        return _WHOLE_FORMAT
    if pa.types.is_date(kind):
        return _DAY
    if pa.types.is_time(kind) or (pa.types.is_timestamp(kind) and kind.tz is None):
        clock = "hh:mm:ss" + ("" if kind.unit == "s" else ".000")
        return clock if pa.types.is_time(kind) else f"{_DAY} {clock}"
    return "General" if pa.types.is_floating(kind) or pa.types.is_boolean(kind) else _TEXT


def encode_cells(cells: pa.Array) -> Cells:
    """The cells of a column.

    Raises:
        CellError: A text is longer than a cell may be, or a day is outside of the years 1 to 9999.
    """
    kind = cells.type
    if pa.types.is_boolean(kind):
        return Cells(pc.if_else(cells, "1", "0"), flag=True)
    if pa.types.is_nested(kind):
        return Cells(_escape_checked(spell(recast(cells, plain_lists(kind)), JsonStyle()).whole()), is_text=True)
    odd = _find_odd(cells)
    if odd is None:
        if pa.types.is_dictionary(kind):
            texts = _escape_checked(texts_of(cells.dictionary))
            return Cells(pa.DictionaryArray.from_arrays(cells.indices, texts).dictionary_decode(), is_text=True)
        return Cells(_escape_checked(texts_of(cells)), is_text=True)
    if is_any((pa.types.is_date, pa.types.is_time, pa.types.is_timestamp), kind):
        days = pa.array(_serials(cells)).cast(pa.string())
        texts = pc.if_else(cells.is_valid(), days, None)
        return Cells(pc.if_else(pa.array(odd), texts_of(cells), texts) if odd.any() else texts, odd)
    return Cells(texts_of(cells), odd)


def _find_odd(cells: pa.Array) -> np.ndarray | None:
    """Which values are written as text although their column's are numbers; none where all are text."""
    kind = cells.type
    if pa.types.is_integer(kind) or pa.types.is_duration(kind):
        if kind.bit_width < 64:
            return np.zeros(len(cells), bool)
        numbers = cells.cast(pa.int64()) if pa.types.is_duration(kind) else cells
        wide = pc.greater(numbers, pa.scalar(_WHOLE, numbers.type))
        return _known(wide if pa.types.is_uint64(kind) else pc.or_(wide, pc.less(numbers, -_WHOLE)))
    if pa.types.is_floating(kind):
        sizes = np.abs(pc.fill_null(cells, 0.0).to_numpy(zero_copy_only=False).astype(np.float64))
        return np.asarray(~np.isfinite(sizes) | ((sizes > 0) & (sizes < _LEAST_NORMAL)))
    if pa.types.is_decimal(kind):
        if kind.precision <= _DIGITS:
            return np.zeros(len(cells), bool)
        # Arrow takes no absolute of narrow decimals.
        wide = pa.decimal256 if kind.bit_width == 256 else pa.decimal128
        kind = wide(kind.precision, kind.scale)
        limit = pa.scalar(Decimal(f"{10**_DIGITS}e{-kind.scale}"), kind)
        return _known(pc.greater_equal(pc.abs(cells.cast(kind)), limit))
    if pa.types.is_date(kind):
        return _known(pc.less(cells.cast(pa.date32()).cast(pa.int32()), _FIRST_DAY - EPOCH_DAYS))
    if pa.types.is_time(kind) or (pa.types.is_timestamp(kind) and kind.tz is None):
        return _find_odd_moments(cells)
    return None


def _known(found: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False))


def _find_odd_moments(cells: pa.Array) -> np.ndarray:
    ticks = _ticks(cells)
    finer = _FINER.get(cells.type.unit, 1)
    days = ticks * _MS.get(cells.type.unit, 1) // (DAY_MS * finer) + EPOCH_DAYS
    early = (days < _FIRST_DAY) | (days > _LAST_DAY) if pa.types.is_timestamp(cells.type) else False
    return np.asarray(((ticks % finer != 0) | early) & cells.is_valid().to_numpy(zero_copy_only=False))


def _ticks(cells: pa.Array) -> np.ndarray:
    width = pa.int32() if pa.types.is_time32(cells.type) or pa.types.is_date32(cells.type) else pa.int64()
    return np.asarray(pc.fill_null(cells.cast(width), 0).to_numpy(zero_copy_only=False), np.int64)


def _serials(cells: pa.Array) -> np.ndarray:
    """Days since 1899-12-30: whole ones of dates, with fractions of moments, of times the fraction alone."""
    kind = cells.type
    if pa.types.is_date(kind):
        return _ticks(cells.cast(pa.date32())) + EPOCH_DAYS
    milliseconds = _ticks(cells) * _MS.get(kind.unit, 1) // _FINER.get(kind.unit, 1)
    return milliseconds / DAY_MS + (EPOCH_DAYS if pa.types.is_timestamp(kind) else 0)


def _escape_checked(texts: pa.Array) -> pa.Array:
    texts = texts.cast(pa.string()) if not pa.types.is_large_string(texts.type) else texts
    long = np.flatnonzero(_known(pc.greater(pc.binary_length(texts), LONGEST)))
    for row in long:
        # A cell counts UTF-16 units, of which an emoji has two.
        if len(texts[row].as_py().encode("utf-16-le")) // 2 > LONGEST:
            raise CellError(int(row), f"a text of more than {LONGEST:,} characters")
    return escape_text(texts)


def escape_text(texts: pa.Array) -> pa.Array:
    """Text for a cell: what XML cannot hold as `_xHHHH_`, and so what looks like that already."""
    letters = values_of(texts)
    control = ((letters < 32) & (letters != 9) & (letters != 10)).any() if len(letters) else False
    data = letters.tobytes()
    if control or b"_x" in data or b"\xef\xbf" in data:
        rows = pc.fill_null(pc.match_substring_regex(texts, _ESCAPED_RE2), False)
        changed = [_ESCAPED.sub(_spell_code, text) for text in texts.filter(rows).to_pylist()]
        texts = pc.replace_with_mask(texts, rows, pa.array(changed, texts.type))
    if has_any(texts, "&<>"):
        for letter, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            texts = pc.replace_substring(texts, letter, name)
    return texts


_ESCAPED_RE2 = r"_x[0-9A-Fa-f]{4}_|[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]"


def _spell_code(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"

"""Values as JSON, column by column and as deep as they are nested.

What JSON has no notation for is text: decimals and moments, `NaN`, `Infinity` and `-Infinity`, bytes as base64. Whole
numbers have all their digits, which readers that know doubles only cannot hold beyond 2^53: `numbers: strings` is for them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.publish.formats.cells import (
    CellError,
    Style,
    encode_words,
    is_bytes,
    is_list,
    is_text,
    is_time,
    settle,
    texts_of,
)
from tempdata_dagster.publish.formats.rows import join, join_known, values_of

_STYLE = Style(point=True, nan='"NaN"', infinity='"Infinity"', minus_infinity='"-Infinity"')
_SPECIAL = '["\\\\\x00-\x1f]'
_FIRST_PRINTABLE = 32


@dataclass(frozen=True)
class JsonStyle:
    """What a user may choose of JSON's notation.

    Attributes:
        omit_nulls: Keys whose value is null are left out, in nested objects as well; elements of lists stay null.
        text_integers: 64-bit integers are text.
        number_decimals: Decimals are numbers, with all their digits.
    """

    omit_nulls: bool = False
    text_integers: bool = False
    number_decimals: bool = False


@dataclass(frozen=True)
class Spelled:
    """A column of values in JSON.

    Attributes:
        texts: One for each row; null where the value is.
        quoted: The texts are still without the quotation marks that each of them needs.
    """

    texts: pa.Array
    quoted: bool

    def whole(self) -> pa.Array:
        """The values with their quotation marks; null stays null."""
        return join(['"', self.texts, '"']) if self.quoted else self.texts

    def pieces(self, key: str) -> list[pa.Array | str]:
        """What a row has of the column, for `rows.join`: the key, and `null` for null."""
        if self.texts.null_count:
            return [key, pc.fill_null(self.whole(), "null")]
        return [f'{key}"', self.texts, '"'] if self.quoted else [key, self.texts]


def spell(cells: pa.Array, style: JsonStyle) -> Spelled:
    """Values in JSON.

    Raises:
        CellError: A day outside of the years 1 to 9999.
        pyarrow.ArrowNotImplementedError: Values of this type have no notation.
    """
    cells = settle(cells)
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return Spelled(encode_words(cells, lambda words: spell(words, style).whole()), quoted=False)
    if is_text(kind):
        return Spelled(escape(cells), quoted=True)
    if is_list(kind):
        return Spelled(_lists(cells, style), quoted=False)
    if pa.types.is_struct(kind):
        objects = spell_objects(cells.flatten(), [field.name for field in kind], style)
        return Spelled(_only_where_valid(objects, cells), quoted=False)
    return Spelled(texts_of(cells, _STYLE), quoted=_is_quoted(kind, style))


def _is_quoted(kind: pa.DataType, style: JsonStyle) -> bool:
    if pa.types.is_decimal(kind):
        return not style.number_decimals
    if style.text_integers and (pa.types.is_int64(kind) or pa.types.is_uint64(kind) or pa.types.is_duration(kind)):
        return True
    return is_time(kind) or is_bytes(kind)


def spell_objects(columns: Sequence[pa.Array], names: Sequence[str], style: JsonStyle) -> pa.Array:
    """One object for each row, of columns that are equally long."""
    return join_objects([spell(column, style) for column in columns], names, style)


def join_objects(
    columns: Sequence[Spelled], names: Sequence[str], style: JsonStyle, begin: str = "{", end: str = "}"
) -> pa.Array:
    """One object for each row, of columns that are spelled already, with what stands at its two ends."""
    keys = [f"{json.dumps(name, ensure_ascii=False)}:" for name in names]
    if style.omit_nulls:
        known = [join([key, column.whole()]) for key, column in zip(keys, columns, strict=True)]
        return join([begin, join_known(known, ","), end])
    pieces: list[pa.Array | str] = [begin]
    for index, (key, column) in enumerate(zip(keys, columns, strict=True)):
        pieces += column.pieces(f",{key}" if index else key)
    return join([*pieces, end])


def _lists(cells: pa.Array, style: JsonStyle) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(cells), 0).to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    try:
        elements = pc.fill_null(spell(cells.flatten(), style).whole(), "null")
    except CellError as error:
        row = int(np.searchsorted(ends, error.row, side="right")) - 1
        raise CellError(row, error.reason, error.hint) from None
    lists = pa.ListArray.from_arrays(pa.array(ends), settle(elements))
    return _only_where_valid(join(["[", pc.binary_join(lists, ","), "]"]), cells)


def _only_where_valid(texts: pa.Array, cells: pa.Array) -> pa.Array:
    return pc.if_else(cells.is_valid(), texts, None) if cells.null_count else texts


def escape(texts: pa.Array) -> pa.Array:
    """Text as it stands between the quotation marks of JSON."""
    letters = values_of(texts)
    if not len(letters):
        return texts
    data = letters.tobytes()
    if letters.min() >= _FIRST_PRINTABLE and b'"' not in data and b"\\" not in data:
        return texts
    special = pc.fill_null(pc.match_substring_regex(texts, _SPECIAL), fill_value=False)
    changed = texts.filter(special)
    control = sorted({chr(code) for code in np.unique(letters) if code < _FIRST_PRINTABLE})
    for letter in ("\\", '"', *control):
        changed = pc.replace_substring(changed, letter, json.dumps(letter)[1:-1])
    return pc.replace_with_mask(texts, special, changed)

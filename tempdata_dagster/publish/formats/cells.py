"""The text of single values, column by column: what all formats that are made of text share.

Nothing is lost: floats have the fewest digits that lead back to them, decimals all of theirs, bytes are base64 or
hexadecimal. `texts_of` writes, `publish.formats.reading` reads. Null stays null: how it is written is up to the format.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.publish.formats.refusal import refuse
from tempdata_dagster.publish.formats.rows import MOST_BYTES, join, offsets_of, text_array, values_of
from tempdata_dagster.publish.formats.times import out_of_years, time_texts

_BASE64 = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
# Arrow writes decimals that are nearer to 0 than this many digits say with an exponent.
_PLAIN_SCALE = 6


@dataclass(frozen=True)
class Style:
    """How values are spelled where formats differ.

    Attributes:
        between: The letter between a moment's day and its clock time.
        zone: What ends a moment with a zone.
        point: Floats that are whole numbers end in `.0`.
        nan, infinity, minus_infinity: How these are written.
        true, false: Truth values.
        binary: Of bytes.
    """

    between: str = "T"
    zone: str = "Z"
    point: bool = False
    nan: str = "NaN"
    infinity: str = "Infinity"
    minus_infinity: str = "-Infinity"
    true: str = "true"
    false: str = "false"
    binary: Literal["base64", "hex"] = "base64"


PLAIN = Style()
Encoded = TypeVar("Encoded")


class CellError(ValueError):
    """A cell that a format cannot hold.

    Attributes:
        row: Of the array that was given.
        reason: What is wrong with it, after "column x, row y".
    """

    def __init__(self, row: int, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.row = row
        self.reason = reason
        self.hint = hint

    def locate(self, column: str, first: int, format_name: str) -> GenerationError:
        """The error that a user sees: TD3045. `first` is the number of the array's first row, from 0."""
        hint = self.hint or "publish the table in another format"
        return refuse(format_name, column, self.reason, hint, first + self.row)


def is_text(kind: pa.DataType) -> bool:
    """Whether values are text, whatever the width of their offsets."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values are bytes, of fixed or varying length."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def is_time(kind: pa.DataType) -> bool:
    """Whether values are written as ISO 8601 text."""
    return bool(pa.types.is_date(kind) or pa.types.is_time(kind) or pa.types.is_timestamp(kind))


def is_list(kind: pa.DataType) -> bool:
    """Whether values are lists."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def settle(cells: pa.Array) -> pa.Array:
    """`cells` without what only tells how they are stored in memory: views, wide offsets, lists of one length, type null."""
    kind = cells.type
    if pa.types.is_null(kind) or pa.types.is_string_view(kind):
        return cells.cast(pa.string())
    if pa.types.is_binary_view(kind):
        return cells.cast(pa.binary())
    if pa.types.is_large_string(kind) and values_of(cells).nbytes <= MOST_BYTES:
        return cells.cast(pa.string())
    if pa.types.is_fixed_size_list(kind):
        return cells.cast(pa.list_(kind.value_type))
    return cells


def refuse_types(schema: pa.Schema, format_name: str) -> None:
    """Stop before the first row where a format that is made of text cannot hold a column at all.

    Raises:
        GenerationError: TD3045.
    """
    for index, field in enumerate(schema):
        if not _has_text(field.type):
            raise refuse(format_name, field.name, f"the type {field.type}", "publish the table in another format")
        if schema.get_field_index(field.name) != index:
            raise refuse(format_name, field.name, "two columns of one name", "rename one of the two")


def _has_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind) or is_list(kind):
        return _has_text(kind.value_type)
    if pa.types.is_struct(kind):
        return kind.num_fields > 0 and all(_has_text(field.type) for field in kind)
    flat = (pa.types.is_string_view, pa.types.is_binary_view, pa.types.is_duration, pa.types.is_null)
    if (
        is_text(kind)
        or is_bytes(kind)
        or is_time(kind)
        or pa.types.is_decimal(kind)
        or any(test(kind) for test in flat)
    ):
        return True
    return bool(pa.types.is_primitive(kind)) and not pa.types.is_interval(kind)


def encode_columns(
    table: pa.Table, first: int, format_name: str, encode: Callable[[pa.Array, pa.Field], Encoded]
) -> list[Encoded]:
    """Every column of a chunk, encoded.

    Args:
        table: The chunk.
        first: The number of its first row within the file, from 0.
        format_name: For messages.
        encode: Called with the column's values and its field.

    Raises:
        GenerationError: TD3045 for a cell that the format cannot hold.
    """
    encoded = []
    for field, column in zip(table.schema, table.columns, strict=True):
        try:
            encoded.append(encode(_in_one_piece(column), field))
        except CellError as error:
            raise error.locate(field.name, first, format_name) from None
    return encoded


def _in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    if is_text(column.type) and column.nbytes > MOST_BYTES:
        column = column.cast(pa.large_string())
    return column.combine_chunks()


def texts_of(cells: pa.Array, style: Style = PLAIN) -> pa.Array:
    """The text of each value; null where the value is.

    Args:
        cells: Of any type without fields and elements of its own.
        style: How formats differ.

    Raises:
        CellError: A day outside of the years 1 to 9999.
        pyarrow.ArrowNotImplementedError: Values of this type have no text.
    """
    cells = settle(cells)
    kind = cells.type
    if is_text(kind):
        return cells
    if pa.types.is_dictionary(kind):
        return encode_words(cells, lambda words: texts_of(words, style))
    if pa.types.is_boolean(kind):
        return pc.if_else(cells, style.true, style.false)
    if pa.types.is_floating(kind):
        return _float_texts(cells, style)
    if pa.types.is_decimal(kind):
        return _decimal_texts(cells)
    if is_time(kind):
        return _checked_times(cells, style)
    if pa.types.is_duration(kind):
        return cells.cast(pa.int64()).cast(pa.string())
    if is_bytes(kind):
        return base64_texts(cells) if style.binary == "base64" else hex_texts(cells)
    return cells.cast(pa.string())


def encode_words(cells: pa.Array, encode: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """A column that is encoded by dictionary: its words are encoded once, and repeated.

    Raises:
        CellError: A word that occurs cannot be held.
    """
    try:
        words = encode(cells.dictionary)
    except CellError:
        # The word may be in no row of this chunk; and if it is, then the row has to be told.
        return encode(cells.dictionary_decode())
    return pa.DictionaryArray.from_arrays(cells.indices, words).dictionary_decode()


def _checked_times(cells: pa.Array, style: Style) -> pa.Array:
    try:
        return time_texts(cells, style.between, style.zone)
    except ValueError:
        row = int(np.flatnonzero(out_of_years(cells))[0])
        raise CellError(row, "a day outside of the years 1 to 9999") from None


def _float_texts(cells: pa.Array, style: Style) -> pa.Array:
    texts = cells.cast(pa.string())
    numbers = pc.fill_null(cells.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
    if style.point:
        # From 1e15 on a power of ten may be written, which needs no point to be a float.
        whole = (np.trunc(numbers) == numbers) & (np.abs(numbers) < 1e15)
        if whole.any():
            texts = pc.if_else(pa.array(whole), join([texts, ".0"]), texts)
    finite = np.isfinite(numbers)
    if finite.all():
        return texts
    named = pc.if_else(pa.array(numbers > 0), style.infinity, style.minus_infinity)
    named = pc.if_else(pa.array(np.isnan(numbers)), style.nan, named)
    return pc.if_else(pa.array(finite | cells.is_null().to_numpy(zero_copy_only=False)), texts, named)


def _decimal_texts(cells: pa.Array) -> pa.Array:
    texts = cells.cast(pa.string())
    scale = cells.type.scale
    if scale <= _PLAIN_SCALE:
        return texts
    small = pc.fill_null(pc.match_substring(texts, "E"), fill_value=False)
    if not small.true_count:
        return texts
    powers = texts.filter(small)
    digits = pc.replace_substring_regex(powers, r"^-?(\d)(?:\.(\d+))?E.*$", r"\1\2")
    sign = pc.if_else(pc.starts_with(powers, "-"), "-0.", "0.")
    return pc.replace_with_mask(texts, small, join([sign, pc.utf8_lpad(digits, scale, "0")]))


def _lengths(cells: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, int]:
    """Bytes, offsets from 0, which are not null, and the width of offsets that four times as many bytes need."""
    valid = ~cells.is_null().to_numpy(zero_copy_only=False) if cells.null_count else None
    if pa.types.is_fixed_size_binary(cells.type):
        cells = cells.cast(pa.binary())
    offsets = offsets_of(cells).astype(np.int64)
    values = values_of(cells)
    return values, offsets - offsets[0], valid, len(values)


def _kind_of(size: int) -> type[np.integer]:
    return np.int32 if size < 2**31 else np.int64


def hex_texts(cells: pa.Array) -> pa.Array:
    """Two hexadecimal digits for each byte."""
    values, offsets, valid, size = _lengths(cells)
    letters = np.empty((size, 2), np.uint8)
    letters[:, 0], letters[:, 1] = _HEX[values >> 4], _HEX[values & 15]
    return text_array(letters.reshape(-1), (offsets * 2).astype(_kind_of(size * 2)), valid)


def base64_texts(cells: pa.Array) -> pa.Array:
    """Base64 with padding, as RFC 4648 has it."""
    values, offsets, valid, _ = _lengths(cells)
    lengths = np.diff(offsets)
    groups = (lengths + 2) // 3
    ends = np.concatenate([[0], np.cumsum(groups)])
    total = int(ends[-1])
    # Each row's bytes, filled up with zeros to a multiple of three.
    padded = np.zeros(total * 3, np.uint8)
    padded[np.arange(len(values)) + np.repeat(ends[:-1] * 3 - offsets[:-1], lengths)] = values
    threes = padded.reshape(-1, 3).astype(np.uint32)
    bits = threes[:, 0] << 16 | threes[:, 1] << 8 | threes[:, 2]
    letters = np.empty((total, 4), np.uint8)
    for place in range(4):
        letters[:, place] = _BASE64[bits >> (18 - 6 * place) & 63]
    rest = lengths % 3
    letters[ends[1:][rest > 0] - 1, 3] = ord("=")
    letters[ends[1:][rest == 1] - 1, 2] = ord("=")
    return text_array(letters.reshape(-1), (ends * 4).astype(_kind_of(total * 4)), valid)

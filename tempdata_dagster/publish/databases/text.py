"""Rows as the text that MySQL's LOAD DATA reads, made of whole columns by Arrow."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# The backslash first: the others write one.
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", "\\0"))
_NULL = "\\N"
_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)


def escape_text(array: pa.Array) -> pa.Array:
    """Text without the letters that end a field or a line."""
    # One look in place of five passes: most text has none of them.
    if not pc.any(pc.match_substring_regex(array, "[\\\\\t\n\r\\x00]")).as_py():
        return array
    for letter, escaped in _ESCAPES:
        array = pc.replace_substring(array, letter, escaped)
    return array


def to_hex(array: pa.Array) -> pa.Array:
    """Bytes as hexadecimal digits."""
    array = pc.fill_null(array.cast(pa.large_binary()), b"") if array.null_count else array.cast(pa.large_binary())
    offsets = np.frombuffer(array.buffers()[1], np.int64, len(array) + 1, array.offset * 8)
    data = array.buffers()[2]
    raw = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if data is not None else np.empty(0, np.uint8)
    ends = ((offsets - offsets[0]) * 2).astype(np.int64)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(_HEX[raw])]
    return pa.Array.from_buffers(pa.large_string(), len(array), buffers).cast(pa.string())


def to_lines(columns: Iterable[pa.Array]) -> memoryview:
    """Text columns as lines: fields with a tab between them, a backslash and N for a null."""
    fields = [pc.fill_null(column, _NULL) if column.null_count else column for column in columns]
    tab, end, nothing = (pa.scalar(text, pa.large_string()) for text in ("\t", "\n", ""))
    lines = pc.binary_join_element_wise(*(field.cast(pa.large_string()) for field in fields), tab)
    ended = pc.binary_join_element_wise(lines, nothing, end)
    offsets = np.frombuffer(ended.buffers()[1], np.int64, len(ended) + 1, ended.offset * 8)
    return memoryview(ended.buffers()[2])[int(offsets[0]) : int(offsets[-1])]

"""Elements of XML, column by column: text escaped, nulls told from empty text, and base64 for what XML cannot carry."""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.content import is_any
from tempdata_dagster.publish.formats.cells import base64_texts, is_bytes, is_text, texts_of
from tempdata_dagster.publish.formats.naming import valid_names
from tempdata_dagster.publish.formats.rows import has_any, join, values_of

XSI = "http://www.w3.org/2001/XMLSchema-instance"
ITEM = "item"
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))
_ILLEGAL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
_ILLEGAL_LETTERS = "[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"


def element_names(names: list[str]) -> list[tuple[str, str]]:
    """The element of each column and its attributes: the column's own name where XML does not take it."""
    # Names that begin with these three letters belong to XML itself.
    wanted = [f"_{name}" if name[:3].lower() == "xml" else name for name in names]
    valid = valid_names(wanted)
    return [(one, "" if one == name else f" name={_quote(name)}") for one, name in zip(valid, names, strict=True)]


def _quote(name: str) -> str:
    """A name as an attribute; letters that XML never carries are question marks there."""
    return quoteattr(re.sub(_ILLEGAL_LETTERS, "?", name), {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


def spell_elements(cells: pa.Array, name: str, attributes: str = "") -> pa.Array:
    """An element for each value, none of them null.

    Args:
        cells: Of any type but a map.
        name: The element's.
        attributes: With a blank before them.

    Raises:
        CellError: A day outside of the years 1 to 9999.
    """
    kind = cells.type
    if pa.types.is_dictionary(kind):
        known = spell_elements(cells.dictionary, name, attributes)
        found = pa.DictionaryArray.from_arrays(cells.indices, known).dictionary_decode()
    elif pa.types.is_struct(kind):
        named = element_names([field.name for field in kind])
        fields = [spell_elements(child, *names) for child, names in zip(cells.flatten(), named, strict=True)]
        found = join([f"<{name}{attributes}>", *fields, f"</{name}>"])
        found = pc.if_else(cells.is_valid(), found, None)
    elif is_any(_LISTS, kind):
        found = join([f"<{name}{attributes}>", _join_items(cells), f"</{name}>"])
    elif is_bytes(kind) or is_any((pa.types.is_binary_view,), kind):
        found = join([f'<{name}{attributes} encoding="base64">', texts_of(cells), f"</{name}>"])
    else:
        found = _spell_texts(texts_of(cells), name, attributes, free=is_text(kind) or pa.types.is_string_view(kind))
    return pc.fill_null(found, f'<{name}{attributes} xsi:nil="true"/>') if found.null_count else found


def _join_items(cells: pa.Array) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(cells), 0).to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    items = spell_elements(cells.flatten(), ITEM)
    return pc.if_else(cells.is_valid(), pc.binary_join(pa.ListArray.from_arrays(pa.array(ends), items), ""), None)


def _spell_texts(texts: pa.Array, name: str, attributes: str, *, free: bool) -> pa.Array:
    """`free` text may hold any letter; that of numbers and times needs no second look."""
    if not free:
        return join([f"<{name}{attributes}>", texts, f"</{name}>"])
    found = join([f"<{name}{attributes}>", escape_text(texts), f"</{name}>"])
    letters = values_of(texts)
    odd = letters < 32
    # Letters that XML never carries: controls other than tab and line ends, and U+FFFE and U+FFFF.
    suspicious = odd.any() and (odd & (letters != 9) & (letters != 10) & (letters != 13)).any()
    if not suspicious and b"\xef\xbf" not in letters.tobytes():
        return found
    rows = pc.fill_null(pc.match_substring_regex(texts, _ILLEGAL), False)
    coded = join([f'<{name}{attributes} encoding="base64">', base64_texts(texts.filter(rows)), f"</{name}>"])
    return pc.replace_with_mask(found, rows, coded.cast(found.type))


def escape_text(texts: pa.Array) -> pa.Array:
    """Text between two tags. Returns are references: readers make line feeds of those that are written as they are."""
    if has_any(texts, "&<>\r"):
        for letter, name in _ESCAPES:
            texts = pc.replace_substring(texts, letter, name)
    return texts

"""Cells as text, by the formats that templates use."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.engine.arrays import from_matrix, is_null, plain, set_null, unwrap, write_digits

WriteCells = Callable[[pa.Array], pa.Array]
_NAME = re.compile(r"[A-Za-z_]\w{0,62}")
_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_WIDTH = re.compile(r"0?[1-9]\d?")
# The letters of strftime with the digits that each takes; %f as Python has it.
_CLOCK = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "f": 6}
_ISO = "%Y-%m-%dT%H:%M:%SZ"


class FormatError(ValueError):
    """A column cannot be written so.

    Attributes:
        hint: What to do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def parse_template(text: str) -> list[tuple[str, str, str]]:
    """Each literal text with the name and the format of the cell that follows it; the last one has no name.

    Raises:
        ValueError: A brace has no partner, or holds no name.
    """
    found, literal, end = [], "", 0
    for match in _PART.finditer(text):
        literal += text[end : match.start()]
        end = match.end()
        if match[0] in {"{{", "}}"}:
            literal += match[0][0]
            continue
        if match[1] is None:
            raise ValueError(
                f"the brace at character {match.start() + 1} has no partner: write {{{{ or }}}} for a brace itself"
            )
        name, _, form = match[1].partition(":")
        if not _NAME.fullmatch(name):
            raise ValueError(f"'{{{match[1][:60]}}}' names no column")
        found.append((literal, name, form))
        literal = ""
    return [*found, (literal + text[end:], "", "")]


def choose_writer(kind: pa.DataType, form: str) -> WriteCells:
    """What writes the cells of a column of this type in this format.

    Raises:
        FormatError: The type has no such format.
    """
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_timestamp(inner) or pa.types.is_date32(inner):
        unit = "D" if pa.types.is_date32(inner) else inner.unit
        default = "%Y-%m-%d" if unit == "D" else _ISO
        return partial(_write_moments, layout=_parse_clock(form or default), unit=unit)
    if not form:
        return _write_plain
    if form in {"upper", "lower"} and pa.types.is_string(inner):
        return _to_upper if form == "upper" else _to_lower
    if _WIDTH.fullmatch(form) and pa.types.is_integer(inner):
        return partial(_pad, width=int(form))
    hint = "texts have upper and lower, whole numbers a width such as 06, moments strftime's letters such as %Y-%m-%d"
    raise FormatError(f"is a {kind}, which has no format '{form[:40]}'", hint)


def _write_plain(cells: pa.Array) -> pa.Array:
    if isinstance(cells, pa.DictionaryArray) or pa.types.is_string(cells.type):
        return plain(cells)
    return cells.cast(pa.string())


def _to_upper(cells: pa.Array) -> pa.Array:
    return pc.utf8_upper(plain(cells))


def _to_lower(cells: pa.Array) -> pa.Array:
    return pc.utf8_lower(plain(cells))


def _pad(cells: pa.Array, width: int) -> pa.Array:
    return pc.utf8_lpad(cells.cast(pa.string()), width=width, padding="0")


def _parse_clock(form: str) -> list[str]:
    """Literal texts and single letters behind a percent sign."""
    parts = re.split(r"(%.?)", form)
    for part in parts[1::2]:
        if part[1:] not in {*_CLOCK, "%"}:
            raise FormatError(f"has no part '{part}' of a moment", f"known: {', '.join('%' + c for c in _CLOCK)}")
    return [part for part in parts if part]


def _write_moments(cells: pa.Array, layout: list[str], unit: str) -> pa.Array:
    null = is_null(cells)
    moments = np.where(null, 0, unwrap(cells)).astype(np.int64).view(f"datetime64[{unit}]")
    widths = [
        _CLOCK[part[1]] if part[0] == "%" and part != "%%" else len(part.replace("%%", "%").encode()) for part in layout
    ]
    characters = np.empty((len(cells), sum(widths)), dtype=np.uint8)
    parts, start = _read_clock(moments), 0
    for part, width in zip(layout, widths, strict=True):
        target = characters[:, start : start + width]
        if part[0] == "%" and part != "%%":
            write_digits(target, parts[part[1]]())
        else:
            target[:] = np.frombuffer(part.replace("%%", "%").encode(), dtype=np.uint8)
        start += width
    return set_null(from_matrix(characters), null)


def _read_clock(moments: np.ndarray) -> dict[str, Callable[[], np.ndarray]]:
    days = moments.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    micros = (moments.astype("datetime64[us]") - days).astype(np.int64)
    return {
        "Y": lambda: months.astype(np.int64) // 12 + 1970,
        "m": lambda: months.astype(np.int64) % 12 + 1,
        "d": lambda: (days - months.astype("datetime64[D]")).astype(np.int64) + 1,
        "H": lambda: micros // 3_600_000_000,
        "M": lambda: micros // 60_000_000 % 60,
        "S": lambda: micros // 1_000_000 % 60,
        "f": lambda: micros % 1_000_000,
    }

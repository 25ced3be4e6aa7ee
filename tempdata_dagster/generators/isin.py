"""International securities identification numbers."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import from_matrix, set_null
from tempdata_dagster.engine.codes.characters import DIGITS, LETTERS, CodeSet, Layout, to_digit, value_table
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.choosing import draw_countries, read_countries

_CONSONANTS = "".join(letter for letter in LETTERS if letter not in "AEIOU")
_CUSIP = Layout.of((DIGITS, 5), (DIGITS + LETTERS, 1), (DIGITS, 2))
_SEDOL = Layout.of("B", (DIGITS + _CONSONANTS, 5))
_WKN = Layout.of((DIGITS + LETTERS.replace("I", "").replace("O", ""), 6))
_PLAIN = Layout.of((DIGITS, 9))
_LAYOUTS = MappingProxyType({"US": _CUSIP, "CA": _CUSIP, "GB": _SEDOL, "IE": _SEDOL, "DE": _WKN})
_WIDTH, _PATTERN = 12, "[A-Z]{2}[A-Z0-9]{9}[0-9]"
_SEDOL_WEIGHTS = (1, 3, 1, 7, 3, 9)


@dataclass(frozen=True)
class _Number:
    """The nine characters of a country's own number; CUSIPs and SEDOLs have a check digit of their own."""

    layout: Layout
    width: int = 9

    @property
    def capacity(self) -> int:
        """How many numbers there are."""
        return self.layout.capacity

    def write(self, target: np.ndarray, numbers: np.ndarray, bits: np.ndarray) -> None:
        """Characters at the end, zeros before them."""
        end = 9 - (self.layout in {_CUSIP, _SEDOL})
        begin = end - self.layout.width
        target[:, :begin] = ord("0")
        self.layout.write(target[:, begin:end], numbers, bits)
        if self.layout == _CUSIP:
            target[:, 8] = _cusip_digit(target[:, :8])
        elif self.layout == _SEDOL:
            values = value_table()
            total = sum(values[target[:, 2 + place]] * weight for place, weight in enumerate(_SEDOL_WEIGHTS))
            target[:, 8] = to_digit((10 - total % 10) % 10)


def _cusip_digit(characters: np.ndarray) -> np.ndarray:
    total, values = np.zeros(len(characters), dtype=np.int32), value_table()
    for place in range(characters.shape[1]):
        weighed = values * (1 + place % 2)
        total += (weighed // 10 + weighed % 10)[characters[:, place]]
    return to_digit((10 - total % 10) % 10)


def _check_digit(characters: np.ndarray) -> np.ndarray:
    """Luhn's digit over digits and letters, where a letter counts as its two digits."""
    values, single = value_table(), value_table() < 10
    doubled = values * 2
    last_doubled = np.where(single, _cross(doubled), values // 10 + _cross(values % 10 * 2))
    first_doubled = np.where(single, values, _cross(values // 10 * 2) + values % 10)
    table = np.concatenate([first_doubled, last_doubled]).astype(np.int32)
    turn = single.astype(np.int32) << 8
    total, odd = np.zeros(len(characters), dtype=np.int32), np.full(len(characters), 256, dtype=np.int32)
    for place in range(characters.shape[1] - 1, -1, -1):
        column = characters[:, place]
        total += table[odd + column]
        odd ^= turn[column]
    return to_digit((10 - total % 10) % 10)


def _cross(numbers: np.ndarray) -> np.ndarray:
    return np.asarray(numbers // 10 + numbers % 10)


@KINDS.register("isin")
class Isin(Kind):
    """The ISIN of a security, with right check digits: that of ISO 6166, and within it that of a CUSIP or a SEDOL.

    Example: {kind: isin, country: US}
    """

    country: str | None = Field(default=None, description="a column, a code such as DE, or global; else the locale's")

    def bind(self, scope: Scope) -> Binding:
        """Characters by number, one layout for each country."""
        draw = draw_countries(scope, self.country, frozenset(read_countries()) - {"XK"})
        layouts = [_LAYOUTS.get(code, _PLAIN) for code in draw.codes]
        sorts = list(dict.fromkeys(layouts))
        codes, sort_of = (
            CodeSet(scope, [_Number(one) for one in sorts]),
            np.array([sorts.index(o) for o in layouts] + [-1]),
        )
        countries = np.frombuffer("".join([*draw.codes, "??"]).encode(), dtype=np.uint16)

        def fill(frame: Frame) -> pa.Array:
            country = draw.index(frame)
            characters = np.empty((len(frame), _WIDTH), dtype=np.uint8)
            characters[:, :2].view(np.uint16)[:, 0] = countries[country]
            characters[:, 2:11] = codes.write(frame, sort_of[country])
            characters[:, 11] = _check_digit(characters[:, :11])
            return set_null(from_matrix(characters), country < 0)

        return Binding(pa.string(), fill, nullable=not draw.sure, pattern=_PATTERN, distinct=self.unique)

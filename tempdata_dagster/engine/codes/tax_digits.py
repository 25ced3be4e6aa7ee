"""Value-added tax numbers: for each country the digits that are free and the rule of its check digits.

A rule gets rows of ASCII digits, uint8 of shape `(n, width)`, writes the check places, and says which rows have no check digit: those
are drawn again with another number. The rules are those that python-stdnum checks, which a test holds them against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tempdata_dagster.engine.codes.bank_digits import mod_11_10, powers
from tempdata_dagster.engine.codes.characters import DIGITS, Layout, luhn_digit, to_digit, weigh_digits

Rule = Callable[[np.ndarray], np.ndarray | None]
_D1 = DIGITS[1:]
_MOST_TRIES = 64


@dataclass(frozen=True)
class TaxWriter:
    """The numbers of one country.

    Attributes:
        layout: The characters; `0` where check digits are written.
        rule: Writes the check digits, and gives a mask of the rows that have none.
        start: Which characters the rule sees: those from here to `end`.
        end: Likewise.
    """

    layout: Layout
    rule: Rule
    start: int = 2
    end: int | None = None

    @property
    def width(self) -> int:
        """Characters of a number."""
        return self.layout.width

    @property
    def capacity(self) -> int:
        """How many numbers there are before those without a check digit are left out."""
        return self.layout.capacity

    def write(self, target: np.ndarray, numbers: np.ndarray, bits: np.ndarray) -> None:
        """Rows without a check digit take the next number, and the next."""
        self.layout.write(target, numbers, bits)
        bad = self.rule(target[:, self.start : self.end])
        rows = np.flatnonzero(bad) if bad is not None else np.empty(0, dtype=np.int64)
        for tries in range(1, _MOST_TRIES):
            if not len(rows):
                return
            again = target[rows]
            self.layout.write(again, (numbers[rows] + tries) % self.capacity, bits)
            bad = self.rule(again[:, self.start : self.end])
            target[rows] = again
            rows = rows[bad] if bad is not None else rows[:0]


def _digit(weights: Sequence[int], modulus: int, digit_of: Callable[[np.ndarray], np.ndarray], check: int = -1) -> Rule:
    """The check digit as a function of a weighted sum's remainder; 10 and more are none."""

    def write(part: np.ndarray) -> np.ndarray | None:
        value = digit_of(weigh_digits(part, weights) % modulus)
        bad = value > 9
        part[:, check] = to_digit(np.where(bad, 0, value))
        return bad if bad.any() else None

    return write


def _two_digits(values: np.ndarray, part: np.ndarray, first: int) -> None:
    part[:, first], part[:, first + 1] = to_digit(values // 10), to_digit(values % 10)


def _pair(weights: Sequence[int], value_of: Callable[[np.ndarray], np.ndarray], modulus: int, first: int) -> Rule:
    """Two check digits as a function of a weighted sum's remainder."""

    def write(part: np.ndarray) -> None:
        _two_digits(value_of(weigh_digits(part, weights) % modulus), part, first)

    return write


def _letter(weights: Sequence[int], modulus: int, alphabet: str, place: int) -> Rule:
    letters = np.frombuffer(alphabet.encode(), dtype=np.uint8)

    def write(part: np.ndarray) -> None:
        part[:, place] = letters[weigh_digits(part, weights) % modulus]

    return write


def _of_luhn(begin: int, end: int) -> Rule:
    """Luhn's digit behind the digits from `begin` to `end`."""

    def write(part: np.ndarray) -> None:
        part[:, end] = luhn_digit(part[:, begin:end])

    return write


def _austrian(part: np.ndarray) -> None:
    # The place of the check digit, which still holds 0, takes part, so that the digit before it counts once.
    part[:, 8] = to_digit((luhn_digit(part[:, 1:9]) - ord("0") + 6) % 10)


def _of_mod_11_10(part: np.ndarray) -> None:
    part[:, -1] = mod_11_10(part[:, :-1])


def _second_weights(first: Sequence[int], second: Sequence[int], modulus: int = 11) -> Rule:
    """A remainder, or where it is 10 that of other weights, or else 0."""

    def write(part: np.ndarray) -> None:
        rest = weigh_digits(part, first) % modulus
        other = weigh_digits(part, second) % modulus
        part[:, -1] = to_digit(np.where(rest == 10, other, rest) % 10)

    return write


def _french(part: np.ndarray) -> None:
    part[:, 10] = luhn_digit(part[:, 2:10])
    _two_digits((weigh_digits(part[:, 2:], [weight * 100 % 97 for weight in powers(9)]) + 12) % 97, part, 0)


def _cypriot(part: np.ndarray) -> None:
    odd = np.array([1, 0, 5, 7, 9, 13, 15, 17, 19, 21], dtype=np.int32)
    total = weigh_digits(part, (0, 1, 0, 1, 0, 1, 0, 1))
    for place in range(0, 8, 2):
        total += odd[part[:, place] - ord("0")]
    part[:, 8] = (total % 26 + ord("A")).astype(np.uint8)


def _maltese(part: np.ndarray) -> None:
    total = weigh_digits(part, (3, 4, 6, 7, 8, 9)) % 37
    # The last two digits count 10 and 1, so they are what is missing to a multiple of 37.
    _two_digits((37 - total) % 37, part, 6)


def _eleven(rest: np.ndarray) -> np.ndarray:
    return (11 - rest) % 11


# Numbers as firms in these countries write them, with the country's letters: those that VIES knows, the UK's, Norway's and others'.
TAX_WRITERS = MappingProxyType({
    "AT": TaxWriter(Layout.of("ATU", (DIGITS, 7), "0"), _austrian),
    "BE": TaxWriter(Layout.of("BE0", (_D1, 1), (DIGITS, 6), "00"), _pair(powers(8), lambda rest: 97 - rest, 97, 8)),
    "BG": TaxWriter(Layout.of("BG", (DIGITS, 8), "0"), _second_weights(range(1, 9), range(3, 11))),
    "CY": TaxWriter(Layout.of("CY", "1", "0", (DIGITS, 6), "0"), _cypriot),
    "CZ": TaxWriter(Layout.of("CZ", (DIGITS[:9], 1), (DIGITS, 6), "0"),
                    _digit(range(8, 1, -1), 11, lambda rest: np.where(rest == 0, 1, _eleven(rest)) % 10)),
    "DE": TaxWriter(Layout.of("DE", (_D1, 1), (DIGITS, 7), "0"), _of_mod_11_10),
    "DK": TaxWriter(Layout.of("DK", (_D1, 1), (DIGITS, 6), "0"), _digit((2, 7, 6, 5, 4, 3, 2), 11, _eleven)),
    "EE": TaxWriter(Layout.of("EE10", (DIGITS, 6), "0"), _digit((3, 7, 1, 3, 7, 1, 3, 7), 10, lambda rest: (10 - rest) % 10)),
    "ES": TaxWriter(Layout.of("ES", ("AB", 1), (DIGITS[:5], 1), (_D1, 1), (DIGITS, 5), "0"), _of_luhn(1, 8)),
    "FI": TaxWriter(Layout.of("FI", (DIGITS, 7), "0"), _digit((7, 9, 10, 5, 8, 4, 2), 11, _eleven)),
    "FR": TaxWriter(Layout.of("FR00", (_D1, 1), (DIGITS, 7), "0"), _french),
    "GB": TaxWriter(Layout.of("GB", (_D1, 1), (DIGITS, 6), "00"),
                    _pair((8, 7, 6, 5, 4, 3, 2), lambda rest: 97 - rest, 97, 7)),
    "GR": TaxWriter(Layout.of("EL", (DIGITS, 8), "0"), _digit([2**place for place in range(8, 0, -1)], 11, lambda rest: rest % 10)),
    "HR": TaxWriter(Layout.of("HR", (DIGITS, 10), "0"), _of_mod_11_10),
    "HU": TaxWriter(Layout.of("HU", (_D1, 1), (DIGITS, 6), "0"), _digit((9, 7, 3, 1, 9, 7, 3), 10, lambda rest: (10 - rest) % 10)),
    "IE": TaxWriter(Layout.of("IE", (DIGITS, 7), "0"), _letter(range(8, 1, -1), 23, "WABCDEFGHIJKLMNOPQRSTUV", 7)),
    "IT": TaxWriter(Layout.of("IT", (_D1, 1), (DIGITS, 6), "0", (DIGITS, 1), (_D1, 1), "0"), _of_luhn(0, 10)),
    "LT": TaxWriter(Layout.of("LT", (DIGITS, 7), "10"),
                    _second_weights(range(1, 9), [1 + (place + 2) % 9 for place in range(8)])),
    "LU": TaxWriter(Layout.of("LU", (_D1, 1), (DIGITS, 5), "00"), _pair(powers(6, 89), lambda rest: rest, 89, 6)),
    "LV": TaxWriter(Layout.of("LV4", (DIGITS, 9), "0"), _digit((9, 1, 4, 8, 3, 10, 2, 5, 7, 6), 11, lambda rest: (3 - rest) % 11)),
    "MT": TaxWriter(Layout.of("MT", (_D1, 1), (DIGITS, 5), "00"), _maltese),
    "NL": TaxWriter(Layout.of("NL", (DIGITS, 8), "0B0", (_D1, 1)), _digit((9, 8, 7, 6, 5, 4, 3, 2), 11, lambda rest: rest), end=11),
    "NO": TaxWriter(Layout.of("NO", ("89", 1), (DIGITS, 7), "0MVA"), _digit((3, 2, 7, 6, 5, 4, 3, 2), 11, _eleven), end=11),
    "PL": TaxWriter(Layout.of("PL", (_D1, 2), (DIGITS, 7), "0"), _digit((6, 5, 7, 2, 3, 4, 5, 6, 7), 11, lambda rest: rest)),
    "PT": TaxWriter(Layout.of("PT5", (DIGITS, 7), "0"), _digit(range(9, 1, -1), 11, lambda rest: _eleven(rest) % 10)),
    "RO": TaxWriter(Layout.of("RO", (_D1, 1), (DIGITS, 6), "0"), _digit((3, 2, 1, 7, 5, 3, 2), 11, lambda rest: rest * 10 % 11 % 10)),
    "SE": TaxWriter(Layout.of("SE5", (DIGITS, 1), (DIGITS[2:], 1), (DIGITS, 6), "001"), _of_luhn(0, 9), end=12),
    "SI": TaxWriter(Layout.of("SI", (_D1, 1), (DIGITS, 6), "0"),
                    _digit(range(8, 1, -1), 11, lambda rest: np.where(rest == 0, 10, np.where(rest == 1, 0, 11 - rest)))),
    "SK": TaxWriter(Layout.of("SK2", (DIGITS, 1), ("234789", 1), (DIGITS, 6), "0"), _digit(powers(10, 11)[:9], 11, _eleven)),
    "AU": TaxWriter(Layout.of("00", (DIGITS, 9)), _pair((0, 0, 3, 5, 7, 9, 11, 13, 15, 17, 19), lambda rest: 11 + (88 - rest) % 89, 89, 0),
                    start=0),
    "CH": TaxWriter(Layout.of("CHE", (_D1, 1), (DIGITS, 7), "0MWST"), _digit((5, 4, 3, 2, 7, 6, 5, 4), 11, _eleven), start=3, end=12),
    "RU": TaxWriter(Layout.of(("789", 1), (DIGITS, 8), "0"), _digit((2, 4, 10, 3, 5, 9, 4, 6, 8), 11, lambda rest: rest % 10), start=0),
})  # fmt: skip
PATTERN = "[A-Z0-9]{8,16}"

"""Numbers of people under construction: many at once, character by character, with the check digits that are in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import from_matrix, write_digits
from tempdata_dagster.engine.streams import below

_ZERO = ord("0")
_MOST_TRIES = 200
CONSONANTS = "BCDFGHJKLMNPQRSTVWXYZ"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Wrong = Callable[["Number", np.ndarray], np.ndarray]


@dataclass
class People:
    """The people who get numbers.

    Attributes:
        year: Of birth, int64 of shape `(n,)`; likewise `month` and `day`.
        female: Which of them are women, bool.
        bits: Random bits of the n-th draw, uint64.
    """

    year: np.ndarray
    month: np.ndarray
    day: np.ndarray
    female: np.ndarray
    bits: Callable[[int], np.ndarray]
    draws: int = 0

    def below(self, size: int) -> np.ndarray:
        """A number in [0, size) for each, from the next draw."""
        self.draws += 1
        return below(self.bits(self.draws), size)

    def serial(self, size: int, *, odd: np.ndarray | None = None) -> np.ndarray:
        """A number in [0, size), odd for men, or for whom else it is said; `size` is even."""
        return np.asarray(self.below(size // 2) * 2 + (~self.female if odd is None else odd))

    @property
    def millennial(self) -> np.ndarray:
        """Who is born in 2000 or later."""
        return np.asarray(self.year >= 2000)


class Number:
    """The numbers of some people.

    Args:
        rows: How many.
        width: Characters of each; those that are never written are left out.
    """

    def __init__(self, rows: int, width: int) -> None:
        self.text = np.zeros((rows, width), dtype=np.uint8)
        self.end = 0

    def put(self, values: np.ndarray | int, width: int) -> int:
        """Append a whole number with leading zeros; returns its place."""
        start, self.end = self.end, self.end + width
        whole = np.broadcast_to(np.asarray(values, dtype=np.int64), len(self.text))
        write_digits(self.text[:, start : self.end], whole)
        return start

    def put_letter(self, alphabet: str, index: np.ndarray | int) -> None:
        """Append one of the characters."""
        self.text[:, self.end] = np.frombuffer(alphabet.encode(), dtype=np.uint8)[index]
        self.end += 1

    def put_text(self, text: str) -> None:
        """Append the same characters to all."""
        self.text[:, self.end : self.end + len(text)] = np.frombuffer(text.encode(), dtype=np.uint8)
        self.end += len(text)

    def put_birth(self, people: People, order: str) -> None:
        """Append the day of birth: `y` two digits of the year, `Y` four, `m` and `d`."""
        parts = {"y": (people.year % 100, 2), "Y": (people.year, 4), "m": (people.month, 2), "d": (people.day, 2)}
        for part in order:
            self.put(*parts[part])

    def digits(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """The digits so far as numbers, int64 of shape `(n, k)`."""
        return self.text[:, start : self.end if stop is None else stop].astype(np.int64) - _ZERO

    def weigh(self, weights: Sequence[int], start: int = 0) -> np.ndarray:
        """The sum of digits times weights, from a place on."""
        total = np.zeros(len(self.text), dtype=np.int64)
        for place, weight in enumerate(weights, start):
            if weight:
                total += weight * (self.text[:, place].astype(np.int64) - _ZERO)
        return total

    def remainder(self, modulus: int, start: int = 0, first: np.ndarray | int = 0) -> np.ndarray:
        """The digits from a place on, as one number, modulo; after `first` as leading digits."""
        rest = np.broadcast_to(np.asarray(first, dtype=np.int64), len(self.text)) % modulus
        for place in range(start, self.end):
            rest = (rest * 10 + self.text[:, place] - _ZERO) % modulus
        return np.asarray(rest)

    def take(self, rows: np.ndarray) -> Number:
        """The numbers of some of the people, as they are so far."""
        taken = Number(0, 0)
        taken.text, taken.end = self.text[rows], self.end
        return taken

    def settle(self, start: int, width: int, wrong: Wrong, *, step: int = 1, low: int = 0, high: int = 0) -> None:
        """Raise the number at a place for those whose check digits do not exist, until they do.

        Args:
            start: The place.
            width: Digits of the number.
            wrong: Which of some numbers have no check digits; it gets these numbers and the rows where they stand.
            step: By how much; 2 keeps odd numbers odd.
            low: The least number.
            high: Above the greatest; by default all that fit.
        """
        top = high or 10**width
        rows = np.arange(len(self.text))
        rows = rows[wrong(self, rows)]
        places = 10 ** np.arange(width - 1, -1, -1)
        for _ in range(_MOST_TRIES):
            if not len(rows):
                return
            some = self.take(rows)
            target = some.text[:, start : start + width]
            values = (target.astype(np.int64) - _ZERO) @ places
            write_digits(target, low + (values - low + step) % (top - low))
            self.text[rows] = some.text
            rows = rows[wrong(some, rows)]
        raise ArithmeticError("no check digits were found")

    def finish(self) -> pa.StringArray:
        """The numbers as texts."""
        if self.text.all():
            return from_matrix(self.text)
        keep = self.text != 0
        offsets = np.zeros(len(self.text) + 1, dtype=np.int32)
        np.cumsum(keep.sum(axis=1), out=offsets[1:])
        return pa.StringArray.from_buffers(len(self.text), pa.py_buffer(offsets), pa.py_buffer(self.text[keep]))


Scheme = Callable[[People], Number]


def luhn(number: Number, start: int = 0) -> np.ndarray:
    """The check digit by Luhn of the digits from a place on (ISO/IEC 7812-1, annex B)."""
    total = np.zeros(len(number.text), dtype=np.int64)
    for i, place in enumerate(range(number.end - 1, start - 1, -1)):
        digit = number.text[:, place].astype(np.int64) - _ZERO
        total += digit if i % 2 else digit * 2 - 9 * (digit > 4)
    return np.asarray(-total % 10)


def mod_11_10(number: Number) -> np.ndarray:
    """The check digit by ISO 7064 modulo 11, 10."""
    digits = number.digits()
    rest = np.full(len(digits), 5, dtype=np.int64)
    for place in range(number.end):
        rest = (np.where(rest == 0, 10, rest) * 2 % 11 + digits[:, place]) % 10
    return np.asarray((1 - np.where(rest == 0, 10, rest) * 2 % 11) % 10)


def verhoeff(number: Number) -> np.ndarray:
    """The check digit by Verhoeff: products in the dihedral group of ten, digits permuted by their place."""
    group, turns = _dihedral()
    check = np.zeros(len(number.text), dtype=np.int64)
    for i, place in enumerate(range(number.end - 1, -1, -1), 1):
        check = group[check, turns[i % 8][number.text[:, place] - _ZERO]]
    return np.asarray(np.argmin(group, axis=1)[check])


def _dihedral() -> tuple[np.ndarray, np.ndarray]:
    a, b = np.meshgrid(np.arange(10), np.arange(10), indexing="ij")
    turn = np.where(a < 5, a + b % 5, a - b % 5) % 5
    group = turn + 5 * ((a < 5) != (b < 5))
    turns = [np.arange(10), np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4])]
    for _ in range(6):
        turns.append(turns[1][turns[-1]])
    return group, np.array(turns)

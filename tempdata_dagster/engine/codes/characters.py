"""Codes such as IBANs and card numbers: characters by a number, check digits by columns of a byte matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.arrays import from_matrix, set_null, write_digits
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_CAPACITY = (1 << 62) - 1
_ZERO = np.uint8(ord("0"))


class Writer(Protocol):
    """How the codes of one sort are written.

    Attributes:
        width: Characters of a code.
        capacity: How many numbers stand for different codes, less than 2**62.
    """

    @property
    def width(self) -> int:
        """See the class."""

    @property
    def capacity(self) -> int:
        """See the class."""

    def write(self, target: np.ndarray, numbers: np.ndarray, bits: np.ndarray) -> None:
        """Write a code for each number.

        Args:
            target: uint8 of shape `(n, width)`, written in place.
            numbers: int64 in [0, capacity): the part that tells codes apart.
            bits: Random 64-bit numbers for whatever else a code holds.
        """


@dataclass(frozen=True)
class Layout:
    """Characters by place: runs of one alphabet each; an alphabet of one character is a literal.

    Attributes:
        runs: Alphabets with the number of characters that are taken from each.
    """

    runs: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, *runs: tuple[str, int] | str) -> Layout:
        """Runs, or literal text."""
        found: list[tuple[str, int]] = []
        for run in runs:
            found += [(letter, 1) for letter in run] if isinstance(run, str) else [run]
        return cls(tuple(found))

    @property
    def width(self) -> int:
        """Characters of a code."""
        return sum(count for _, count in self.runs)

    @property
    def capacity(self) -> int:
        """How many different codes there are."""
        size = 1
        for alphabet, count in self.runs:
            size *= len(alphabet) ** count
        return min(size, MAX_CAPACITY)

    def write(self, target: np.ndarray, numbers: np.ndarray, bits: np.ndarray | None = None) -> None:
        """Write a number in these alphabets, the last place first; what does not fit is cut off."""
        del bits
        rest, end = numbers, self.width
        for alphabet, count in reversed(self.runs):
            part = target[:, end - count : end]
            if len(alphabet) == 1:
                part[:] = ord(alphabet)
            elif alphabet == DIGITS:
                write_digits(part, rest)
                rest = rest // 10**count
            else:
                rest = _write_letters(part, rest, alphabet)
            end -= count


def _write_letters(target: np.ndarray, numbers: np.ndarray, alphabet: str) -> np.ndarray:
    letters, radix = np.frombuffer(alphabet.encode(), dtype=np.uint8), len(alphabet)
    rest = numbers
    for place in range(target.shape[1] - 1, -1, -1):
        following = rest // radix
        target[:, place] = letters[rest - following * radix]
        rest = following
    return rest


class CodeSet:
    """Codes of several sorts, one sort for each row.

    Args:
        scope: The column's; with `unique` no two rows have the same number, whatever their sorts.
        writers: The sorts.
        draw: What the code belongs to, if several columns of the table tell of it: those of one draw have equal codes, unless
            they are to be unique.
    """

    def __init__(self, scope: Scope, writers: Sequence[Writer], draw: str = "") -> None:
        self._writers = writers
        self._stream = scope.shared_stream(draw) if draw else scope.stream()
        self._rest = scope.shared_stream(draw, "rest") if draw else scope.stream("rest")
        unique = scope.settings.unique
        self._number = scope.enumerate_rows(min(writer.capacity for writer in writers)) if unique else None

    def write(self, frame: Frame, chosen: np.ndarray | None = None) -> np.ndarray:
        """The characters of each row's code, uint8 of shape `(n, width of the widest)`; 0 after their end.

        Args:
            frame: The rows.
            chosen: The sort of each row, -1 for none; without it all have the first.
        """
        distinct = self._number(frame) if self._number is not None else None
        if chosen is None or (len(chosen) and chosen[0] >= 0 and (chosen == chosen[0]).all()):
            return self._write(self._writers[0 if chosen is None else int(chosen[0])], frame.rows, distinct)
        characters = np.zeros((len(frame), max(writer.width for writer in self._writers)), dtype=np.uint8)
        for sort in np.flatnonzero(np.bincount(chosen[chosen >= 0])).tolist():
            rows, writer = np.flatnonzero(chosen == sort), self._writers[sort]
            own = None if distinct is None else distinct[rows]
            characters[rows, : writer.width] = self._write(writer, frame.rows.take(rows), own)
        return characters

    def _write(self, writer: Writer, rows: Addresses, distinct: np.ndarray | None) -> np.ndarray:
        numbers = below(self._stream.bits(rows), writer.capacity) if distinct is None else distinct
        target = np.empty((len(rows), writer.width), dtype=np.uint8)
        writer.write(target, numbers, self._rest.bits(rows))
        return target


def bind_codes(scope: Scope, writers: Sequence[Writer], choose: Callable[[Frame], np.ndarray] | None = None, *,
               nullable: bool = False, pattern: str | None = None, draw: str = "") -> Binding:  # fmt: skip
    """A column of codes as they are written.

    Args:
        scope: The column's.
        writers: The sorts of codes.
        choose: The sort of each row, -1 for null; without it all rows have the first one.
        nullable: Whether a row can have none.
        pattern: What all codes match.
        draw: As of a `CodeSet`.
    """
    codes = CodeSet(scope, writers, draw)

    def fill(frame: Frame) -> pa.Array:
        if choose is None:
            return from_matrix(codes.write(frame))
        chosen = choose(frame)
        return set_null(squeeze(codes.write(frame, chosen)), chosen < 0)

    return Binding(pa.string(), fill, nullable=nullable, pattern=pattern, distinct=scope.settings.unique)


def squeeze(characters: np.ndarray) -> pa.StringArray:
    """Strings of different widths from a byte matrix whose unused places are 0, uint8 of shape `(n, width)`."""
    used = characters != 0
    if used.all():
        return from_matrix(characters)
    offsets = np.zeros(len(characters) + 1, dtype=np.int32)
    np.cumsum(used.sum(axis=1), out=offsets[1:])
    return pa.StringArray.from_buffers(len(characters), pa.py_buffer(offsets), pa.py_buffer(characters[used]))


def weigh_digits(digits: np.ndarray, weights: Sequence[int]) -> np.ndarray:
    """The weighted sum of each row's ASCII digits, int32 of shape `(n,)`."""
    total = np.full(len(digits), -ord("0") * sum(weights), dtype=np.int32)
    for place, weight in enumerate(weights):
        if weight:
            total += np.multiply(digits[:, place], weight, dtype=np.int32)
    return total


def value_table() -> np.ndarray:
    """0 to 35 for the ASCII bytes of digits and capital letters, int32 of shape `(256,)`."""
    table = np.zeros(256, dtype=np.int32)
    table[np.frombuffer((DIGITS + LETTERS).encode(), dtype=np.uint8)] = np.arange(36)
    return table


def luhn_digit(digits: np.ndarray) -> np.ndarray:
    """The ASCII digit that makes rows of ASCII digits pass Luhn's test, uint8 of shape `(n,)`."""
    doubled = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], dtype=np.int32)
    total = np.zeros(len(digits), dtype=np.int32)
    for place in range(digits.shape[1]):
        value = digits[:, place] - _ZERO
        total += doubled[value] if (digits.shape[1] - place) % 2 else value
    return to_digit((10 - total % 10) % 10)


def to_digit(values: np.ndarray) -> np.ndarray:
    """Numbers from 0 to 9 as ASCII digits."""
    return values.astype(np.uint8) + _ZERO

"""Where the decisions of a pattern come from: random bits, or a row's number among all texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tempdata_dagster.engine.regex.grammar import Characters, Choice, Node, Sequence
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.engine.streams import Stream

_MAX_RADIX = 1 << 20
_U = np.uint64


def count_lanes(node: Node, carried: list[bool]) -> int:
    """How many streams a pattern needs: one for two draws, each of which serves decisions with 2**20 combinations at most.

    Args:
        node: The pattern.
        carried: For each part of a sequence, whether it needs no random bits; empty for none.
    """
    draws, room = 0, 0
    for radix in _radixes(node, carried):
        if radix > 1:
            if radix > room:
                draws, room = draws + 1, _MAX_RADIX
            room //= radix
    return (draws + 1) // 2


def _radixes(node: Node, carried: list[bool]) -> Iterator[int]:
    """The sizes of the decisions that random bits make, in the order in which they are asked for."""
    if isinstance(node, Characters):
        yield node.count
    elif isinstance(node, Sequence):
        for index, part in enumerate(node.parts):
            if not (carried and carried[index]):
                yield from _radixes(part, [])
    elif isinstance(node, Choice):
        yield len(node.options)
        for option in node.options:
            yield from _radixes(option, [])
    else:
        yield node.high - node.low + 1
        for _ in range(node.high):
            yield from _radixes(node.part, [])


class Source(Protocol):
    """Where the decisions of a pattern come from, one number per row each."""

    def digit(self, size: int) -> np.ndarray:
        """A number in [0, size)."""

    def choose(self, counts: list[int]) -> tuple[np.ndarray, Source]:
        """Which of several alternatives, which can be generated in so many ways; and the source of what follows in it."""

    def divide(self, counts: list[int]) -> list[Source]:
        """A source for each of the parts of a sequence."""


class Drawn:
    """Random bits: every decision is even."""

    def __init__(self, lanes: list[Stream], frame: Frame) -> None:
        self._draws = _draws(lanes, frame)
        self._rows, self._room = len(frame), 0
        self._rest = np.zeros(0, dtype=np.uint64)

    def digit(self, size: int) -> np.ndarray:
        """The next digit of a number in a mixed radix."""
        if size == 1:
            return np.zeros(self._rows, dtype=np.int64)
        if size > self._room:
            self._rest, self._room = next(self._draws), _MAX_RADIX
        self._room //= size
        # The draw is a fraction of 2**32: its product with the size has the digit above, and the next fraction below.
        product = self._rest * _U(size)
        self._rest = product & _U(0xFFFFFFFF)
        return (product >> _U(32)).astype(np.int64)

    def choose(self, counts: list[int]) -> tuple[np.ndarray, Source]:
        """Alternatives alike."""
        return self.digit(len(counts)), self

    def divide(self, counts: list[int]) -> list[Source]:
        """The same bits, one after another."""
        return [self] * len(counts)


def _draws(lanes: list[Stream], frame: Frame) -> Iterator[np.ndarray]:
    for lane in lanes:
        bits = lane.bits(frame.rows)
        yield bits >> _U(32)
        yield bits & _U(0xFFFFFFFF)


@dataclass(frozen=True)
class Ranked:
    """A row's number among all texts: different numbers, different texts.

    Attributes:
        index: int64 of shape `(n,)`; what a part does not use is taken modulo its size.
        size: The numbers are less than this; 0 when that is not known.
    """

    index: np.ndarray
    size: int = 0

    def digit(self, size: int) -> np.ndarray:
        """The number itself."""
        return self.index if size == self.size else self.index % size

    def choose(self, counts: list[int]) -> tuple[np.ndarray, Source]:
        """Alternatives in proportion to their texts."""
        edges = np.cumsum([0, *counts], dtype=np.int64)
        index = self.index % edges[-1]
        which = np.searchsorted(edges, index, side="right") - 1
        return which, Ranked(index - edges[which])

    def divide(self, counts: list[int]) -> list[Source]:
        """The digits of the number, in a mixed radix."""
        rest, sources = self.index, []
        for count in counts:
            following = rest // count
            sources.append(Ranked(rest - following * count, count))
            rest = following
        return list(sources)


@dataclass(frozen=True)
class Mixed:
    """The number for the parts that carry it, random bits for the others.

    Attributes:
        carried: For each part, whether it carries the number.
    """

    ranked: Ranked
    drawn: Drawn
    carried: list[bool]

    def divide(self, counts: list[int]) -> list[Source]:
        """The number's digits for those parts, the bits for the rest."""
        sizes = [count if own else 1 for count, own in zip(counts, self.carried, strict=True)]
        ranked = self.ranked.divide(sizes)
        return [one if own else self.drawn for one, own in zip(ranked, self.carried, strict=True)]

"""The telephone numbers of several countries as a table that a random number, or the row's own number, looks up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

import numpy as np
import pyarrow as pa

from tempdata_dagster.locales.name_table import spread
from tempdata_dagster.locales.phone_plans import PhoneFormat, PhonePlan, write_heads
from tempdata_dagster.locales.pieces import Pieces

_SLOT_BITS = 13
_MOST = 4  # digits of a piece
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


class PhoneTable:
    """Numbers as heads, chosen by the top 13 bits of a random number, and pieces of up to four free digits each.

    Args:
        plans: The numbers of each country; a row says by its position here which of them it takes.
        layout: How they are written.

    Attributes:
        pieces: What glues to a number.
        capacity: How many numbers the country with the fewest has.
    """

    def __init__(self, plans: Sequence[PhonePlan], layout: PhoneFormat) -> None:
        written = [pair for plan in plans for pair in write_heads(plan, layout)]
        kinds = {rest: _cut(rest) for rest in {rest for _, rest in written}}
        self._width = max(map(len, kinds.values()))
        stock, base = [""], dict[str, int]()
        for piece in sorted({piece for pieces in kinds.values() for piece in pieces}):
            base[piece] = len(stock)
            stock += _number(piece)
        rows = [[""] * (self._width - len(kinds[rest])) + kinds[rest] for _, rest in written]
        self._base = np.array([[base.get(piece, 0) for piece in row] for row in rows], dtype=np.int32)
        self._radix = np.array([[10 ** piece.count("0") for piece in row] for row in rows], dtype=np.int64)
        self._first = len(stock)
        self.pieces = Pieces(pa.array([*stock, *(head for head, _ in written)]))
        self._sizes = np.array([10**free for plan in plans for free in plan.free], dtype=np.int64)
        self._edges = np.cumsum(self._sizes)
        starts = np.cumsum([0, *(len(plan.heads) for plan in plans)])
        self._slots = np.concatenate(
            [
                spread([10.0**free for free in plan.free], _SLOT_BITS) + np.int32(s)
                for plan, s in zip(plans, starts, strict=False)
            ]
        )
        self._starts = np.append(0, self._edges)[starts]
        self.capacity = int(np.diff(self._starts).min())

    def draw(self, bits: np.ndarray, country: np.ndarray) -> np.ndarray:
        """The pieces of a number for each random number, int32 of shape `(n, width)`."""
        slot = (bits >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
        head = self._slots[slot + (country << _SLOT_BITS)]
        size = self._sizes[head].view(np.uint64)
        return self._lay_out(head, ((((bits >> np.uint64(8)) & _LOW) * size) >> _HALF).view(np.int64))

    def count(self, number: np.ndarray, country: np.ndarray) -> np.ndarray:
        """The same for the numbers of rows, in [0, capacity): different numbers, different telephones."""
        place = number + self._starts[country]
        head = np.searchsorted(self._edges, place, side="right")
        return self._lay_out(head, place - (self._edges[head] - self._sizes[head]))

    def _lay_out(self, head: np.ndarray, rest: np.ndarray) -> np.ndarray:
        index = np.empty((len(head), self._width + 1), dtype=np.int32)
        np.add(head, self._first, out=index[:, 0], casting="unsafe")
        for place in range(self._width - 1, -1, -1):
            base = self._base[:, place][head]
            if place:
                radix = self._radix[:, place][head]
                following = rest // radix
                base = base + (rest - following * radix)
                rest = following
            else:
                base = base + rest
            index[:, place + 1] = base
        return index


@lru_cache(maxsize=32)
def make_phone_table(plans: tuple[PhonePlan, ...], layout: PhoneFormat) -> PhoneTable:
    """The table of these numbers, made once in a process: it depends on nothing else."""
    return PhoneTable(plans, layout)


def _cut(rest: str) -> list[str]:
    """Free digits with separators, in pieces of up to four digits, each with what stands before it."""
    pieces, text = list[str](), rest
    while text:
        cut = len(text)
        for _ in range(min(_MOST, len(text) - len(text.rstrip("0")))):
            cut -= 1
        while cut and text[cut - 1] != "0":
            cut -= 1
        pieces.insert(0, text[cut:])
        text = text[:cut]
    return pieces


def _number(piece: str) -> list[str]:
    """All texts of a piece, in the order of their digits."""
    digits = piece.count("0")
    before = [(shown, len(list(run))) for shown, run in groupby(piece, key=lambda c: c == "0")]
    lead = piece[: before[0][1]] if not before[0][0] else ""
    tail = piece[len(lead) + digits :]
    return [f"{lead}{number:0{digits}}{tail}" for number in range(10**digits)]

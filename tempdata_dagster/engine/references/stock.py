"""Cells of small static tables that are kept, because other tables look them up again and again."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.addresses import STATIC
from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.layout import ChildLayout, StaticLayout
from tempdata_dagster.engine.relation import Frame, Relation

_MAX_BYTES = 1 << 24
_MAX_TOTAL = 1 << 26
_TEXT_BYTES, _START_BYTES = 32, 8
_BLOCK_ROWS = 65_536


class Shelf:
    """What the stocks of one dataset keep, 64 MiB at most: what was used longest ago goes first."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[Any, int]] = {}
        self._bytes = 0
        self._changing = Lock()

    def find(self, table: str, name: str) -> Any:
        """What is kept under a name; None when there is nothing."""
        with self._changing:
            found = self._kept.pop((table, name), None)
            if found is None:
                return None
            self._kept[table, name] = found
            return found[0]

    def keep(self, table: str, name: str, value: Any, size: int) -> None:
        """Keep a value of `size` bytes."""
        with self._changing:
            self._bytes += size - self._kept.pop((table, name), (None, 0))[1]
            self._kept[table, name] = value, size
            while self._bytes > _MAX_TOTAL:
                self._bytes -= self._kept.pop(next(iter(self._kept)))[1]


class Stock:
    """The columns of one static table, each computed as a whole once twice as many cells were asked for as the table has rows.

    What is kept is what would be computed, so it shows in nothing but the time. Columns that would take over 16 MiB, and
    those that are one-to-one functions of the row's number, for which a look-up is no faster, are never kept.

    Args:
        relation: The table: static, or children of static rows at any depth.
        shelf: Where they are kept.
    """

    def __init__(self, relation: Relation, shelf: Shelf | None = None) -> None:
        self._relation = relation
        self._shelf = shelf or Shelf()
        self._asked: dict[str, int] = {}
        self._too_large: set[str] = set()

    def find(self, name: str, frame: Frame) -> pa.Array | None:
        """The cells of a column at the frame's rows; None when they are not kept."""
        cells = self._shelf.find(self._relation.name, name)
        if cells is None:
            asked = self._asked[name] = self._asked.get(name, 0) + len(frame)
            if asked <= 2 * _expected_rows(self._relation) or not self._is_worth_it(name):
                return None
            cells = self._compute(name)
        if not len(cells):
            return None
        return cells.take(wrap(np.minimum(self._places(frame.rows.ordinal), len(cells) - 1), pa.int64()))

    def _is_worth_it(self, name: str) -> bool:
        binding, layout = self._relation.columns[name], self._relation.layout
        size = _expected_rows(self._relation) * _width(binding.type)
        if isinstance(layout, ChildLayout):
            size = max(size, _expected_rows(layout.parent) * _START_BYTES)
        return not binding.distinct and size <= _MAX_BYTES and name not in self._too_large

    def _compute(self, name: str) -> pa.Array:
        self._asked[name] = 0
        fill = self._relation.columns[name].fill
        cells = pa.concat_arrays([fill(block) for block in _all_rows(self._relation)])
        if cells.nbytes <= _MAX_BYTES:
            self._shelf.keep(self._relation.name, name, cells, cells.nbytes)
        else:
            self._too_large.add(name)
        return cells

    def _places(self, ordinal: np.ndarray) -> np.ndarray:
        """The number of each row among all rows of the table, int64 of shape `(n,)`."""
        levels: list[tuple[int, np.ndarray]] | None = self._shelf.find(self._relation.name, "")
        if levels is None:
            levels = _first_children(self._relation)
            self._shelf.keep(self._relation.name, "", levels, sum(starts.nbytes for _, starts in levels))
        shift = sum(bits for bits, _ in levels)
        place: np.ndarray = ordinal >> shift
        for bits, starts in levels:
            shift -= bits
            # A row that found no parent asks at an address where no row is, which may lie behind the last one.
            place = starts[np.minimum(place, len(starts) - 1)] + ((ordinal >> shift) & ((1 << bits) - 1))
        return place


def keep_stock(relation: Relation, shelf: Shelf) -> None:
    """Give a relation a stock if its rows are static."""
    layout = relation.layout
    while isinstance(layout, ChildLayout):
        layout = layout.parent.layout
    if isinstance(layout, StaticLayout) and layout.count:
        relation.stock = Stock(relation, shelf)


def _expected_rows(relation: Relation) -> float:
    layout = relation.layout
    if isinstance(layout, ChildLayout):
        return _expected_rows(layout.parent) * max(layout.mean, 1e-3)
    return layout.spans(STATIC)[0].stop


def _all_rows(relation: Relation) -> Iterator[Frame]:
    layout = relation.layout
    return layout.frames(relation, layout.spans(STATIC), STATIC, _BLOCK_ROWS)


def _first_children(relation: Relation) -> list[tuple[int, np.ndarray]]:
    """From the root down: the bits of a level's position, and the number of each parent row's first child."""
    layout = relation.layout
    if not isinstance(layout, ChildLayout):
        return []
    counts = np.concatenate([layout.count(block) for block in _all_rows(layout.parent)])
    return [*_first_children(layout.parent), (layout.bits, np.cumsum(counts) - counts)]


def _width(kind: pa.DataType) -> int:
    return max(kind.bit_width // 8, 1) if pa.types.is_primitive(kind) or pa.types.is_decimal(kind) else _TEXT_BYTES

"""Cells of small static tables that are kept, because other tables look them up again and again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.addresses import STATIC
from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.layout import ChildLayout, StaticLayout
from tempdata_dagster.engine.relation import Frame, Relation

_MAX_BYTES = 1 << 24
_TEXT_BYTES = 32
_BLOCK_ROWS = 65_536


class Stock:
    """The columns of one static table, each computed as a whole once twice as many cells were asked for as the table has rows.

    What is kept is what would be computed, so it shows in nothing but the time. Columns that would take over 16 MiB, and
    those that are one-to-one functions of the row's number, for which a look-up is no faster, are never kept.

    Args:
        relation: The table: static, or children of static rows at any depth.
    """

    def __init__(self, relation: Relation) -> None:
        self._relation = relation
        self._asked: dict[str, int] = {}
        self._cells: dict[str, pa.Array] = {}
        self._starts: list[tuple[int, np.ndarray]] | None = None

    def find(self, name: str, frame: Frame) -> pa.Array | None:
        """The cells of a column at the frame's rows; None when they are not kept."""
        if name not in self._cells:
            binding = self._relation.columns[name]
            asked = self._asked[name] = self._asked.get(name, 0) + len(frame)
            rows = _expected_rows(self._relation)
            if asked <= 2 * rows or binding.distinct or rows * _width(binding.type) > _MAX_BYTES:
                return None
            self._cells[name] = pa.concat_arrays([binding.fill(block) for block in _all_rows(self._relation)])
        cells = self._cells[name]
        return (
            None
            if not len(cells)
            else cells.take(wrap(np.minimum(self._places(frame.rows.ordinal), len(cells) - 1), pa.int64()))
        )

    def _places(self, ordinal: np.ndarray) -> np.ndarray:
        """The number of each row among all rows of the table, int64 of shape `(n,)`."""
        if self._starts is None:
            self._starts = _first_children(self._relation)
        shift = sum(bits for bits, _ in self._starts)
        place = ordinal >> shift
        for bits, starts in self._starts:
            shift -= bits
            # A row that found no parent asks at an address where no row is, which may lie behind the last one.
            place = starts[np.minimum(place, len(starts) - 1)] + ((ordinal >> shift) & ((1 << bits) - 1))
        return place


def keep_stock(relation: Relation) -> None:
    """Give a relation a stock if its rows are static."""
    layout = relation.layout
    while isinstance(layout, ChildLayout):
        layout = layout.parent.layout
    if isinstance(layout, StaticLayout) and layout.count:
        relation.stock = Stock(relation)


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
    return kind.bit_width // 8 if pa.types.is_primitive(kind) or pa.types.is_decimal(kind) else _TEXT_BYTES

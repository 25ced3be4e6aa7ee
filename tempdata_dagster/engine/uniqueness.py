"""A distinct number for every row of a table, whatever its layout: the ground that `unique` stands on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.core.partition import DAY_US, ordinal_at
from tempdata_dagster.engine.addresses import INITIAL, STATIC, Addresses
from tempdata_dagster.engine.layout import Layout, PeriodLayout, root_of
from tempdata_dagster.engine.permutation import fits, permute
from tempdata_dagster.engine.relation import Frame, Relation
from tempdata_dagster.engine.streams import Stream

_HORIZON_US = 130 * 366 * DAY_US
_LAST_YEAR = 2100
Enumeration = Callable[[Frame], np.ndarray]


def enumerate_rows(relation: Relation, size: int, stream: Stream) -> tuple[Enumeration | None, int]:
    """A function that gives each row of a frame a distinct number in [0, size), in no visible order.

    Static tables need as many numbers as they have ordinals. Partitioned ones need a fixed allotment per partition from
    1970 to 2099, so that neither growth nor a moved start changes a row's number; an initial population has its own.

    Returns:
        The function, or None when `size` is too small; and the size that is needed.
    """
    layout = relation.layout
    bits = layout.capacity_bits()
    root = root_of(relation).layout
    if layout.period is None:
        count = root.spans(STATIC)[0].stop if layout.parent is None else 1 << bits
        if count > size:
            return None, count
        return lambda frame: permute(stream, frame.rows.ordinal, size), count
    slots = int(ordinal_at(layout.period, _HORIZON_US)) + 1
    need, first = _allot(root, bits)
    total = slots * need + first
    if total > size or not fits(size):
        return None, total

    def number(frame: Frame) -> np.ndarray:
        rows = frame.rows
        slot = _slot(rows, slots, relation.name)
        _check_within(rows, slot == slots, need, first, relation.name)
        return permute(stream, slot * need + rows.ordinal, size)

    return number, total


def _allot(root: Layout, bits: int) -> tuple[int, int]:
    """The numbers that each partition needs, and those of the initial population, which lie behind all of them."""
    if not isinstance(root, PeriodLayout):
        return 1 << bits, 0
    # What children add to their root's ordinals, they add to each of its rows.
    deeper = bits - root.capacity_bits()
    return root.capacity() << deeper, root.clock.rows.initial << deeper


def _slot(rows: Addresses, slots: int, table: str) -> np.ndarray:
    partition = rows.partitions
    if len(partition) and int(partition.max()) >= slots:
        message = f"the partitions of '{table}' that have unique values end in {_LAST_YEAR}"
        raise GenerationError("TD2105", message, "drop unique, or start earlier")
    return np.where(partition == INITIAL, slots, partition)


def _check_within(rows: Addresses, initial: np.ndarray, need: int, first: int, table: str) -> None:
    if (rows.ordinal >= np.where(initial, first, need)).any():
        raise GenerationError(
            "TD2105",
            f"a partition of '{table}' outgrew its allotment of {need:,} unique values",
            "growth of more than 25 years, or a calendar factor over 4: raise mean or lower growth",
        )

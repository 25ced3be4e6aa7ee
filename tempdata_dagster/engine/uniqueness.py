"""A distinct number for every row of a table, whatever its layout: the ground that `unique` stands on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.core.partition import DAY_US, ordinal_at
from tempdata_dagster.engine.addresses import INITIAL, STATIC, Addresses
from tempdata_dagster.engine.layout import PeriodLayout, root_of
from tempdata_dagster.engine.permutation import fits, permute
from tempdata_dagster.engine.relation import Frame, Relation
from tempdata_dagster.engine.streams import Stream

_HORIZON_US = 130 * 366 * DAY_US
_LAST_YEAR = 2100
Enumeration = Callable[[Frame], np.ndarray]


def enumerate_rows(relation: Relation, size: int, stream: Stream) -> tuple[Enumeration | None, int]:
    """A function that gives each row of a frame a distinct number in [0, size), in no visible order.

    Static tables need as many numbers as they have ordinals. Partitioned ones need a fixed allotment per partition from
    1970 to 2099, so that neither growth nor a moved start changes a row's number.

    Returns:
        The function, or None when `size` is too small; and the size that is needed.
    """
    layout = relation.layout
    bits = layout.capacity_bits()
    need = 1 << bits
    root = root_of(relation).layout
    if layout.period is None:
        count = root.spans(STATIC)[0].stop if layout.parent is None else need
        if count > size:
            return None, count
        return lambda frame: permute(stream, frame.rows.ordinal, size), count
    slots = int(ordinal_at(layout.period, _HORIZON_US)) + 1
    initial = 1 if isinstance(root, PeriodLayout) and root.clock.rows.initial else 0
    total = (slots + initial) * need
    if total > size or not fits(size):
        return None, total

    def number(frame: Frame) -> np.ndarray:
        slot, within = _slot(frame.rows, slots, relation.name), _within(frame.rows, need, relation.name)
        return permute(stream, slot * need + within, size)

    return number, total


def _slot(rows: Addresses, slots: int, table: str) -> np.ndarray:
    partition = rows.partitions
    if len(partition) and int(partition.max()) >= slots:
        message = f"the partitions of '{table}' that have unique values end in {_LAST_YEAR}"
        raise GenerationError("TD2105", message, "drop unique, or start earlier")
    return np.where(partition == INITIAL, slots, partition)


def _within(rows: Addresses, need: int, table: str) -> np.ndarray:
    if len(rows) and int(rows.ordinal.max()) >= need:
        raise GenerationError(
            "TD2105",
            f"a partition of '{table}' outgrew its allotment of {need:,} unique values",
            "growth of more than 25 years, or a calendar factor over 4: raise mean or lower growth",
        )
    return rows.ordinal

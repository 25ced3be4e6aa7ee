"""Parents without repeats among the rows of one group: many-to-many tables."""

from __future__ import annotations

import numpy as np

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.permutation import permute
from tempdata_dagster.engine.references.sampling import Chooser
from tempdata_dagster.engine.streams import Stream

_TRIALS, _AT_ONCE = 25, 8
_CELLS = 1 << 22


def choose_distinct(
    chooser: Chooser, spare: Stream, groups: Addresses, position: np.ndarray, size: int, bits: int
) -> np.ndarray:
    """An index in [0, size) for each row, none twice among the rows of a group.

    The rows of a group choose in the order of their positions. A row draws until it meets an index that no earlier row of its
    group has; after 24 draws it takes the first free one of a permutation of the group's own. So a row's index depends on its
    group and its position alone, whichever rows are asked for together.

    Args:
        chooser: Draws the indexes.
        spare: The stream of the permutations.
        groups: The address of each row's group, shape `(n,)`.
        position: The row's 0-based place in its group.
        size: How many indexes there are; more than any position.
        bits: Bits that hold any position.

    Returns:
        int64 of shape `(n,)`.
    """
    unique, inverse = _unique_groups(groups)
    last = np.zeros(len(unique), dtype=np.int64)
    np.maximum.at(last, inverse, position)
    order = np.argsort(-last, kind="stable")
    unique, last = unique.take(order), last[order]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    place = rank[inverse]
    found = np.empty(len(position), dtype=np.int64)
    start = 0
    while start < len(unique):
        # The largest groups come first, so the first one says how wide the rest is.
        stop = min(start + max(_CELLS // (int(last[start]) + 1), 1), len(unique))
        chosen = _choose_groups(chooser, spare, unique.take(np.arange(start, stop)), last[start:stop], size, bits)
        rows = np.flatnonzero((place >= start) & (place < stop))
        found[rows] = chosen[place[rows] - start, position[rows]]
        start = stop
    return found


def _choose_groups(
    chooser: Chooser, spare: Stream, groups: Addresses, last: np.ndarray, size: int, bits: int
) -> np.ndarray:
    """The choices of some groups, whose last positions fall, for each position; int64 of shape `(groups, last[0] + 1)`."""
    chosen = np.full((len(groups), int(last[0]) + 1), -1, dtype=np.int64)
    for place in range(chosen.shape[1]):
        active = int(np.searchsorted(-last, -place, side="right"))
        rows = groups.take(np.arange(active))
        own = Addresses(rows.partition, (rows.ordinal << bits) | place)
        chosen[:active, place] = _next_free(chooser, spare, own, rows, chosen[:active, :place], size)
    return chosen


def _next_free(
    chooser: Chooser, spare: Stream, own: Addresses, groups: Addresses, taken: np.ndarray, size: int
) -> np.ndarray:
    index = chooser.choose_stable(own, size, 0)
    pending = np.flatnonzero((taken == index[:, None]).any(axis=1))
    for first in range(1, _TRIALS, _AT_ONCE):
        if not len(pending):
            return index
        several = own.take(np.repeat(pending, _AT_ONCE))
        trials = np.tile(np.arange(first, first + _AT_ONCE), len(pending))
        drawn = chooser.choose_stable(several, size, trials).reshape(-1, _AT_ONCE)
        free = ~(taken[pending][:, None, :] == drawn[:, :, None]).any(axis=2)
        index[pending] = drawn[np.arange(len(pending)), free.argmax(axis=1)]
        pending = pending[~free.any(axis=1)]
    for step in range(taken.shape[1] + 1):
        if not len(pending):
            break
        group = groups.take(pending)
        number = np.full(len(pending), step, dtype=np.int64)
        index[pending] = permute(spare, number, size, group.ordinal * 1_000_003 + group.partitions)
        pending = pending[(taken[pending] == index[pending, None]).any(axis=1)]
    return index


def _unique_groups(groups: Addresses) -> tuple[Addresses, np.ndarray]:
    if isinstance(groups.partition, int):
        ordinals, inverse = np.unique(groups.ordinal, return_inverse=True)
        return Addresses(groups.partition, ordinals), inverse
    pairs = np.stack([groups.partitions, groups.ordinal], axis=1)
    found, inverse = np.unique(pairs, axis=0, return_inverse=True)
    return Addresses(np.ascontiguousarray(found[:, 0]), np.ascontiguousarray(found[:, 1])), inverse.reshape(-1)

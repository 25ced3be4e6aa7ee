"""Blocks: spans of root rows, and the children of root rows, in pieces of one size.

Blocks of one size take arrays of one size, and the allocator gives each the place of the last one: blocks that differ by a few rows
leave gaps between them, and a process grows by a tenth over a hundred million rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.relation import Frame, Relation


class Span(NamedTuple):
    """Root rows `start` to `stop` (excluded) of one source partition."""

    partition: int
    start: int
    stop: int


def cut_spans(spans: list[Span], rows: int) -> Iterator[Addresses]:
    """The rows of spans in blocks of `rows`; small spans share a block."""
    block: list[Span] = []
    room = rows
    for span in spans:
        start = span.start
        while start < span.stop:
            stop = min(start + room, span.stop)
            block.append(Span(span.partition, start, stop))
            room -= stop - start
            start = stop
            if room == 0:
                yield _join(block)
                block, room = [], rows
    if block:
        yield _join(block)


def _join(spans: list[Span]) -> Addresses:
    ordinals = [np.arange(span.start, span.stop, dtype=np.int64) for span in spans]
    if len(spans) == 1:
        return Addresses(spans[0].partition, ordinals[0])
    sizes = [len(part) for part in ordinals]
    partition = np.repeat(np.array([span.partition for span in spans], dtype=np.int64), sizes)
    return Addresses(partition, np.concatenate(ordinals))


def cut_children(
    relation: Relation,
    parent: Relation,
    bits: int,
    count: Callable[[Frame], np.ndarray],
    parents: Iterable[Frame],
    rows: int,
) -> Iterator[Frame]:
    """The children of root rows in blocks of exactly `rows`, the last one less; a parent's children may lie in two of them.

    Args:
        relation: The children's table.
        parent: The table that they hang on.
        bits: Of the position within the parent.
        count: The number of children of each row of a frame of parents.
        parents: All parents, in order.
        rows: Of a block.
    """
    held, counts, skip = Addresses(0, np.zeros(0, dtype=np.int64)), np.zeros(0, dtype=np.int64), 0
    given = False
    for block in parents:
        more = count(block)
        some = np.flatnonzero(more)
        rest = block.rows if len(some) == len(more) else block.rows.take(some)
        held = held.join(rest) if len(held) else rest
        counts = np.concatenate([counts, more[some]])
        ends = np.cumsum(counts) - skip
        while len(ends) and ends[-1] >= rows:
            last = int(np.searchsorted(ends, rows))
            taken = counts[: last + 1].copy()
            taken[0] -= skip
            taken[-1] -= ends[last] - rows
            # The frame knows its parents only as long as somebody holds them.
            above = Frame(parent, held.take(slice(0, last + 1)))
            yield expand_children(relation, bits, above, taken, skip)
            given = True
            skip = int(counts[last] - (ends[last] - rows))
            held, counts = held.take(slice(last, None)), counts[last:]
            ends = ends[last:] - rows
    if len(counts):
        counts[0] -= skip
    if counts.any() or not given:  # a table without rows is a block without rows
        above = Frame(parent, held)
        yield expand_children(relation, bits, above, counts, skip)


def expand_children(relation: Relation, bits: int, parent: Frame, counts: np.ndarray, skip: int = 0) -> Frame:
    """Some children of each parent, those of the first one from position `skip` on."""
    index = np.repeat(np.arange(len(parent)), counts)
    position = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
    position[: counts[0] if len(counts) else 0] += skip
    above = parent.rows.take(index)
    return Frame(relation, Addresses(above.partition, (above.ordinal << bits) | position)).hang_on(parent, index)

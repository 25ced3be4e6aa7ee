"""Events of one parent one after another, in sessions: short gaps within one, pauses between two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.streams import Stream, to_unit

# As many gaps are added up at once.
_GAPS = 1 << 20
Sample = Callable[[np.ndarray], np.ndarray]


class Rhythm(NamedTuple):
    """How events follow each other.

    Attributes:
        bits: Bits of an ordinal that are the position within the parent.
        stream: The bits of the gaps.
        chance: The probability that an event begins a session.
        wait: Microseconds before the first event, of random bits.
        gap: Microseconds between two events of a session.
        pause: Microseconds between two sessions.
    """

    bits: int
    stream: Stream
    chance: float
    wait: Sample
    gap: Sample
    pause: Sample


def follow(rhythm: Rhythm, rows: Addresses) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds from the parent's moment to each event, and the number of its session from 1 on; int64 of shape `(n,)`.

    The gaps before an event are added up anew for each stretch of siblings: a row far behind in its parent takes as many
    draws as there are events before it.
    """
    position = rows.ordinal & ((1 << rhythm.bits) - 1)
    base, partition = rows.ordinal - position, rows.partitions
    passed, session = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    for some in _stretches(base, partition, position):
        passed[some], session[some] = _add_up(rhythm, base[some], partition[some], position[some])
    return passed, session


def _stretches(base: np.ndarray, partition: np.ndarray, position: np.ndarray) -> Iterator[slice]:
    """Slices of rows whose siblings up to them are not too many at once."""
    first = _first_of_runs(base, partition)
    if not len(first):
        return
    before = np.cumsum(np.maximum.reduceat(position, first) + 1)
    done = 0
    while done < len(first):
        paid = before[done - 1] if done else 0
        following = max(int(np.searchsorted(before, paid + _GAPS, side="right")), done + 1)
        yield slice(int(first[done]), int(first[following]) if following < len(first) else len(base))
        done = following


def _first_of_runs(base: np.ndarray, partition: np.ndarray) -> np.ndarray:
    if not len(base):
        return np.zeros(0, dtype=np.int64)
    new = (base[1:] != base[:-1]) | (partition[1:] != partition[:-1])
    return np.concatenate([[0], np.flatnonzero(new) + 1])


def _add_up(
    rhythm: Rhythm, base: np.ndarray, partition: np.ndarray, position: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    first = _first_of_runs(base, partition)
    counts = np.maximum.reduceat(position, first) + 1
    starts = np.cumsum(counts) - counts
    place = np.arange(counts.sum()) - np.repeat(starts, counts)
    ordinal, group = np.repeat(base[first], counts) + place, np.repeat(partition[first], counts)
    bits = rhythm.stream.mix(ordinal, group)
    gaps = rhythm.gap(bits)
    fresh = to_unit(rhythm.stream.mix(ordinal, group, 1)) < rhythm.chance
    fresh[starts] = True
    paused = np.flatnonzero(fresh)
    gaps[paused] = rhythm.pause(bits[paused])
    gaps[starts] = rhythm.wait(bits[starts])
    times, numbers = np.cumsum(gaps), np.cumsum(fresh)
    run = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(base))))
    here = starts[run] + position
    return times[here] - (times - gaps)[starts[run]], numbers[here] - (numbers - fresh)[starts[run]]

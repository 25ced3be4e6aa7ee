"""Paths in time with random access: the axis is halved again and again, and every half has random bits of its own.

A cell of level j covers `2**j` steps, from a multiple of that on. A process says what it knows of a cell of its top level,
and how a cell is split into its halves; the value at a step is what is known of the cell of level 0 there. So a window of
a path takes one split for each of its steps and a few for its ends, however long the path is, and what lies outside a
window or a block bears on none of its bits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache

import numpy as np

from tempdata_dagster.engine.quantile import QuantileTable, normal_quantile
from tempdata_dagster.engine.streams import Stream

State = tuple[np.ndarray, ...]
MAX_LEVEL = 48
# What is forgotten between two ends of a cell of the top level.
_FORGOTTEN = 1e-7


class Process(ABC):
    """What is drawn along time.

    Attributes:
        top: The level at which cells are begun; each of them is independent of the others, or there is only one.
    """

    top: int

    @abstractmethod
    def begin(self, series: np.ndarray, cell: np.ndarray) -> State:
        """What is known of cells of the top level.

        Args:
            series: Which series each cell is of: its identity, uint64 of shape `(n,)`.
            cell: The cells' numbers, int64 of shape `(n,)`.
        """

    @abstractmethod
    def split(self, level: int, series: np.ndarray, cell: np.ndarray, state: State) -> tuple[State, State]:
        """What is known of the left and the right halves of cells of a level."""


def trace(process: Process, series: np.ndarray, step: np.ndarray) -> State:
    """What is known of the cells of level 0 at these steps.

    Args:
        process: The process.
        series: The identity of each row's series, uint64 of shape `(n,)`.
        step: The step of each row, int64 of shape `(n,)`; steps that the top level's only cell does not reach are moved
            to its ends.
    """
    ways, cells, owners = [], np.clip(step, 0, (1 << MAX_LEVEL) - 1), series
    halves = cells
    for level in range(process.top + 1):
        way, halves, owners = _join_runs(cells >> 1 if level else cells, owners)
        ways.append((way, cells, owners, halves))
        cells = halves
    state = process.begin(owners, cells)
    for level in range(process.top, 0, -1):
        way, below, owners, cells = ways[level]
        left, right = process.split(level, owners, cells, state)
        odd = (below & 1).astype(bool)
        state = tuple(_choose(odd, one, other, way) for one, other in zip(left, right, strict=True))
    way = ways[0][0]
    return state if way is None else tuple(known[way] for known in state)


def _join_runs(cells: np.ndarray, owners: np.ndarray) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """Neighbours that are the same cell become one: the way from each to its cell (None if all differ), and the cells."""
    if len(cells) < 2:
        return None, cells, owners
    new = np.empty(len(cells), dtype=bool)
    new[0] = True
    np.not_equal(cells[1:], cells[:-1], out=new[1:])
    new[1:] |= owners[1:] != owners[:-1]
    first = np.flatnonzero(new)
    if len(first) == len(cells):
        return None, cells, owners
    return np.cumsum(new) - 1, cells[first], owners[first]


def _choose(odd: np.ndarray, left: np.ndarray, right: np.ndarray, way: np.ndarray | None) -> np.ndarray:
    return np.where(odd, right, left) if way is None else np.where(odd, right[way], left[way])


@lru_cache(maxsize=1)
def normal_table() -> QuantileTable:
    """The standard normal quantile, frozen."""
    return QuantileTable(normal_quantile)


def draw_normals(stream: Stream, level: int, series: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """A standard normal for each cell of a level, float64 of shape `(n,)`."""
    return normal_table().look_up(stream.mix(cell, series.view(np.int64), level))


class Walk(Process):
    """A random walk (Brownian motion) of one unit of variance a step, 0 at step 0: every midpoint is drawn between its ends.

    Args:
        stream: Its bits.
        top: The level of its only cell; steps from `2**top` on do not exist.
        clustering: How far each half's part of the variance strays from a half, in [0, 1). 0 is a plain walk. Otherwise
            the halves share the variance unevenly, down from cells of level `memory`: quiet and wild times lie in clusters
            of all lengths up to that (the multifractal time of Mandelbrot, Fisher and Calvet 1997), while the variance
            of a whole cell of that level stays what it was.
        memory: The level of the longest clusters.
    """

    def __init__(self, stream: Stream, top: int, clustering: float = 0.0, memory: int = 0) -> None:
        self.top = top
        self._stream, self._clock = stream, Stream(stream.high, stream.low)
        self._clustering, self._memory = clustering, memory

    def begin(self, series: np.ndarray, cell: np.ndarray) -> State:
        """The two ends, and the variance between them."""
        variance = float(1 << self.top)
        ends = np.sqrt(variance) * draw_normals(self._stream, self.top + 1, series, cell)
        known = (np.zeros(len(cell)), ends)
        return (*known, np.full(len(cell), variance)) if self._clustering else known

    def split(self, level: int, series: np.ndarray, cell: np.ndarray, state: State) -> tuple[State, State]:
        """The law of the value in the middle, given both ends."""
        normal = draw_normals(self._stream, level, series, cell)
        if not self._clustering:
            start, end = state
            middle = (start + end) * 0.5 + float(np.sqrt(0.25 * (1 << level))) * normal
            return (start, middle), (middle, end)
        start, end, variance = state
        share = np.full(len(cell), 0.5)
        if level <= self._memory:
            bits = self._clock.mix(cell, series.view(np.int64), level)
            share += (0.5 * self._clustering) * ((bits >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0)
        first = variance * share
        middle = start + (end - start) * share + np.sqrt(first * (1.0 - share)) * normal
        return (start, middle, first), (middle, end, variance * (1.0 - share))


class Reversion(Process):
    """A stationary Gauss-Markov process of mean 0 and variance 1: AR(1), or Ornstein-Uhlenbeck seen at steps.

    Args:
        stream: Its bits.
        coefficient: The correlation of neighbouring steps, in (-1, 1); 0 is white noise.
    """

    def __init__(self, stream: Stream, coefficient: float) -> None:
        self._stream = stream
        self._correlation = [float(coefficient)]
        while abs(self._correlation[-1]) > _FORGOTTEN and len(self._correlation) <= MAX_LEVEL:
            self._correlation.append(self._correlation[-1] * self._correlation[-1])
        self.top = len(self._correlation) - 1

    def begin(self, series: np.ndarray, cell: np.ndarray) -> State:
        """Both ends; those of one cell have forgotten each other."""
        start = draw_normals(self._stream, self.top + 1, series, cell)
        return (start, draw_normals(self._stream, self.top + 1, series, cell + 1)) if self.top else (start,)

    def split(self, level: int, series: np.ndarray, cell: np.ndarray, state: State) -> tuple[State, State]:
        """The law of the value in the middle, given both ends."""
        start, end = state
        r = self._correlation[level - 1]
        spread = float(np.sqrt((1.0 - r * r) / (1.0 + r * r)))
        middle = (start + end) * (r / (1.0 + r * r)) + spread * draw_normals(self._stream, level, series, cell)
        return (start, middle), (middle, end)

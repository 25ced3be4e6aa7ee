"""Paths in time with random access: the axis is halved again and again, and every half has random bits of its own.

A cell of level j covers `2**j` steps, from a multiple of that on. A process says what it knows of a cell of its top level,
and how a cell is split into its halves; the value at a step is what is known of the cell of level 0 there. So a window of
a path takes one split for each of its steps and a few for its ends, however long the path is, and what lies outside a
window or a block bears on none of its bits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tempdata_dagster.engine.distributions.quantile import QuantileTable, normal_quantile
from tempdata_dagster.engine.streams import Stream

State = tuple[np.ndarray, ...]
MAX_LEVEL = 48
# What is forgotten between two ends of a cell of the top level.
_FORGOTTEN = 1e-7
# Levels with so few cells together are drawn at once; more would leave the caches.
_AT_ONCE = 16_384


@dataclass(frozen=True)
class Lane:
    """Random values of cells.

    Attributes:
        stream: Their bits.
        draw: Makes them of the bits.
    """

    stream: Stream
    draw: Callable[[np.ndarray], np.ndarray]

    def of(self, level: np.ndarray | int, series: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """One value for each cell."""
        return self.draw(self.stream.mix(cell, series.view(np.int64), level))


class Process(ABC):
    """What is drawn along time.

    Attributes:
        top: The level at which cells are begun; each of them is independent of the others, or there is only one.
        lanes: What is drawn for each cell that is split.
    """

    top: int
    lanes: tuple[Lane, ...]

    @abstractmethod
    def begin(self, series: np.ndarray, cell: np.ndarray) -> State:
        """What is known of cells of the top level.

        Args:
            series: Which series each cell is of: its identity, uint64 of shape `(n,)`.
            cell: The cells' numbers, int64 of shape `(n,)`.
        """

    @abstractmethod
    def split(self, level: int, cell: np.ndarray, state: State, drawn: State) -> tuple[State, State]:
        """What is known of the left and the right halves of cells of a level, given what was drawn for them."""


class Pyramid:
    """The cells of all levels that hold some steps of some series; neighbouring rows in the same cell share it.

    Args:
        series: The identity of each row's series, uint64 of shape `(n,)`.
        step: The step of each row, int64 of shape `(n,)`, not negative.
    """

    def __init__(self, series: np.ndarray, step: np.ndarray) -> None:
        self._ways: list[np.ndarray | None] = []
        self._cells: list[np.ndarray] = []
        self._owners: list[np.ndarray] = []
        self._add(step, series)

    def _add(self, cells: np.ndarray, owners: np.ndarray) -> None:
        way, cells, owners = _join_runs(cells, owners)
        self._ways.append(way)
        self._cells.append(cells)
        self._owners.append(owners)

    def trace(self, process: Process) -> State:
        """What a process knows of the cells of level 0 at the steps."""
        top = process.top
        while len(self._cells) <= top:
            self._add(self._cells[-1] >> 1, self._owners[-1])
        state = process.begin(self._owners[top], self._cells[top])
        for level, drawn in zip(range(top, 0, -1), self._draw(process), strict=True):
            left, right = process.split(level, self._cells[level], state, drawn)
            odd, way = (self._cells[level - 1] & 1).astype(bool), self._ways[level]
            state = tuple(_choose(odd, one, other, way) for one, other in zip(left, right, strict=True))
        way = self._ways[0]
        return state if way is None else tuple(known[way] for known in state)

    def _draw(self, process: Process) -> Iterator[State]:
        """What is drawn for the cells of each level from the top down to 1: for several levels at once if they have few."""
        high = process.top
        while high:
            low, sizes = high, [len(self._cells[high])]
            while low > 1 and sum(sizes) + len(self._cells[low - 1]) <= _AT_ONCE:
                low -= 1
                sizes.append(len(self._cells[low]))
            levels = range(high, low - 1, -1)
            if len(levels) == 1:
                yield tuple(lane.of(high, self._owners[high], self._cells[high]) for lane in process.lanes)
            else:
                number = np.repeat(np.array(levels), sizes)
                owners = np.concatenate([self._owners[level] for level in levels])
                cells = np.concatenate([self._cells[level] for level in levels])
                lanes = [np.split(lane.of(number, owners, cells), np.cumsum(sizes)[:-1]) for lane in process.lanes]
                yield from zip(*lanes, strict=True)
            high = low - 1


def trace(process: Process, series: np.ndarray, step: np.ndarray) -> State:
    """What is known of the cells of level 0 at some steps of some series; see `Pyramid`."""
    return Pyramid(series, step).trace(process)


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


def draw_normals(bits: np.ndarray) -> np.ndarray:
    """Standard normals of random 64-bit numbers, float64 of the same shape."""
    return normal_table().look_up(bits)


def draw_tilts(bits: np.ndarray) -> np.ndarray:
    """Even numbers in [-1, 1)."""
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


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
        self._normals = Lane(stream, draw_normals)
        clock = Lane(Stream(stream.high, stream.low), draw_tilts)
        self.lanes = (self._normals, clock) if clustering else (self._normals,)
        self._clustering, self._memory = clustering, memory

    def begin(self, series: np.ndarray, cell: np.ndarray) -> State:
        """The two ends, and the variance between them."""
        variance = float(1 << self.top)
        ends = np.sqrt(variance) * self._normals.of(self.top + 1, series, cell)
        known = (np.zeros(len(cell)), ends)
        return (*known, np.full(len(cell), variance)) if self._clustering else known

    def split(self, level: int, cell: np.ndarray, state: State, drawn: State) -> tuple[State, State]:
        """The law of the value in the middle, given both ends."""
        if not self._clustering:
            start, end = state
            middle = (start + end) * 0.5 + float(np.sqrt(0.25 * (1 << level))) * drawn[0]
            return (start, middle), (middle, end)
        start, end, variance = state
        share = np.full(len(cell), 0.5)
        if level <= self._memory:
            share += (0.5 * self._clustering) * drawn[1]
        first = variance * share
        middle = start + (end - start) * share + np.sqrt(first * (1.0 - share)) * drawn[0]
        return (start, middle, first), (middle, end, variance * (1.0 - share))


class Reversion(Process):
    """A stationary Gauss-Markov process of mean 0 and variance 1: AR(1), or Ornstein-Uhlenbeck seen at steps.

    Args:
        stream: Its bits.
        coefficient: The correlation of neighbouring steps, in (-1, 1); 0 is white noise.
    """

    def __init__(self, stream: Stream, coefficient: float) -> None:
        self._normals = Lane(stream, draw_normals)
        self.lanes = (self._normals,)
        self._correlation = [float(coefficient)]
        while abs(self._correlation[-1]) > _FORGOTTEN and len(self._correlation) <= MAX_LEVEL:
            self._correlation.append(self._correlation[-1] * self._correlation[-1])
        self.top = len(self._correlation) - 1

    def begin(self, series: np.ndarray, cell: np.ndarray) -> State:
        """Both ends; those of one cell have forgotten each other."""
        start = self._normals.of(self.top + 1, series, cell)
        return (start, self._normals.of(self.top + 1, series, cell + 1)) if self.top else (start,)

    def split(self, level: int, cell: np.ndarray, state: State, drawn: State) -> tuple[State, State]:
        """The law of the value in the middle, given both ends."""
        del cell
        start, end = state
        r = self._correlation[level - 1]
        spread = float(np.sqrt((1.0 - r * r) / (1.0 + r * r)))
        middle = (start + end) * (r / (1.0 + r * r)) + spread * drawn[0]
        return (start, middle), (middle, end)

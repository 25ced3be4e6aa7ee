"""A Markov chain along time with random access: the state in the middle is drawn between those at both ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tempdata_dagster.engine.series.lattice import MAX_LEVEL, Lane, Process, State
from tempdata_dagster.engine.streams import Stream, to_unit

_FORGOTTEN = 1e-9
Matrix = list[list[float]]


class Chain(Process):
    """A stationary chain of few states; it stays in each for a geometric number of steps.

    Args:
        stream: Its bits.
        transitions: The chance of each state (column) one step after each state (row); every state is reached from every
            other.
    """

    def __init__(self, stream: Stream, transitions: Sequence[Sequence[float]]) -> None:
        self._chances = Lane(stream, to_unit)
        self.lanes = (self._chances,)
        powers: list[Matrix] = [[list(row) for row in transitions]]
        while _spread(powers[-1]) > _FORGOTTEN and len(powers) <= MAX_LEVEL:
            powers.append(_multiply(powers[-1], powers[-1]))
        self.top = len(powers) - 1
        self._begin = np.cumsum(powers[-1][0])[:-1]
        self._middle = [_middle_table(power) for power in powers[:-1]]

    def begin(self, series: np.ndarray, cell: np.ndarray) -> State:
        """The states at both ends, which have forgotten each other."""
        start = self._draw(series, cell)
        return (start, self._draw(series, cell + 1)) if self.top else (start,)

    def split(self, level: int, cell: np.ndarray, state: State, drawn: State) -> tuple[State, State]:
        """The law of the state in the middle, given both ends."""
        del cell
        start, end = state
        edges = self._middle[level - 1][start, end]
        middle = (drawn[0][:, None] >= edges).sum(axis=1)
        return (start, middle), (middle, end)

    def _draw(self, series: np.ndarray, cell: np.ndarray) -> np.ndarray:
        return np.searchsorted(self._begin, self._chances.of(self.top + 1, series, cell), side="right")


def _multiply(one: Matrix, other: Matrix) -> Matrix:
    """The product, with rows that add up to 1; by plain sums, whose order no library chooses."""
    places = range(len(one))
    product = []
    for row in one:
        cells = [0.0 for _ in places]
        for k in places:
            cells = [cell + row[k] * other[k][j] for j, cell in enumerate(cells)]
        total = 0.0
        for cell in cells:
            total += cell
        product.append([cell / total for cell in cells])
    return product


def _spread(matrix: Matrix) -> float:
    """How much the state now still says about the state then."""
    return float(max(max(column) - min(column) for column in zip(*matrix, strict=True)))


def _middle_table(power: Matrix) -> np.ndarray:
    """Cumulated chances of the middle's state for each pair of ends, all but the last: shape `(s, s, s - 1)`."""
    table = np.array(power)
    chance = table[:, None, :] * table.T[None, :, :]
    edges = np.cumsum(chance, axis=2)
    whole = edges[:, :, -1:]
    return np.asarray(edges[:, :, :-1] / np.where(whole > 0, whole, 1.0))

"""Things that are counted along time, with random access: jumps, and totals that are shared out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.series.lattice import Lane, Process, Pyramid, State, draw_normals, draw_tilts, normal_table
from tempdata_dagster.engine.streams import Stream, to_unit

_FEW = 64
_ALL = np.uint64(2**64 - 1)
Flow = Callable[[np.ndarray], np.ndarray]


class Jumps(Process):
    """The sum of jumps that come at random moments (a compound Poisson process), 0 at step 0.

    The jumps of a cell fall into its halves like coins, and their sum is shared by the law of normal sizes. Sums are whole
    multiples of a quantum, so that adding them is exact and a step without a jump changes nothing.

    Args:
        stream: Its bits.
        top: The level of its only cell.
        rate: Jumps a step, expected.
        mean: Mean size.
        spread: Standard deviation of the size.
    """

    def __init__(self, stream: Stream, top: int, rate: float, mean: float, spread: float) -> None:
        self.top = top
        self._sizes, self._coins = Lane(stream, draw_normals), Lane(Stream(stream.high, stream.low), np.asarray)
        self.lanes = (self._sizes, self._coins)
        self._expected = rate * (1 << top)
        self._quantum = max(abs(mean), spread) * 2.0**-24
        self._mean, self._spread = mean / self._quantum, spread / self._quantum

    def measure(self, pyramid: Pyramid) -> np.ndarray:
        """The sum of the jumps before each step, float64 of shape `(n,)`."""
        return np.asarray(pyramid.trace(self)[0] * self._quantum)

    def begin(self, series: np.ndarray, cell: np.ndarray) -> State:
        """The sum before it, how many jumps there are, and their sum."""
        count = draw_poisson(self._expected, self._coins.of(self.top + 1, series, cell))
        noise = self._sizes.of(self.top + 1, series, cell)
        return np.zeros(len(cell)), count, np.rint(self._mean * count + self._spread * np.sqrt(count) * noise)

    def split(self, level: int, cell: np.ndarray, state: State, drawn: State) -> tuple[State, State]:
        """How many fall into the left half, and what they add."""
        del level, cell
        (before, count, total), (noise, coins) = state, drawn
        left = toss_coins(count, coins)
        share = left / np.maximum(count, 1.0)
        first = np.rint(total * share + self._spread * np.sqrt(left * (1.0 - share)) * noise)
        first = np.where(left == 0, 0.0, np.where(left == count, total, first))
        return (before, left, first), (before + first, count - left, total - first)


def draw_poisson(mean: float, bits: np.ndarray) -> np.ndarray:
    """Poisson counts by inversion of random bits, float64; by a Cornish-Fisher expansion when the mean is large."""
    if mean > _FEW:
        z = normal_table().look_up(bits)
        return np.asarray(np.maximum(np.rint(mean + np.sqrt(mean) * z + (z * z - 1.0) / 6.0), 0.0))
    terms = [float(portable.exp(-mean))]
    while len(terms) <= mean or terms[-1] > 2.0**-60:
        terms.append(terms[-1] * mean / len(terms))
    return np.searchsorted(np.cumsum(terms), to_unit(bits), side="right").astype(np.float64)


def toss_coins(count: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """How many of so many coins show heads, float64: exact up to 64 coins, a rounded normal above."""
    tossed = np.minimum(count, _FEW).astype(np.uint64)
    mask = np.where(tossed == 0, np.uint64(0), _ALL >> (np.uint64(_FEW) - np.maximum(tossed, np.uint64(1))))
    heads = np.bitwise_count(bits & mask).astype(np.float64)
    many = np.flatnonzero(count > _FEW)
    if len(many):
        number = count[many]
        near = np.rint(0.5 * (number + np.sqrt(number) * normal_table().look_up(bits[many])))
        heads[many] = np.clip(near, 0.0, number)
    return heads


class Supply(Process):
    """A whole number that is used up along time: what was used before a step never becomes less.

    Args:
        stream: Its bits.
        top: The level of its only cell.
        total: What the cell uses, below `2**53`.
        flow: What is used from step 0 to each step, without noise: int64 of shape `(n,)` to float64, monotone.
        noise: The standard deviation of what one step uses in proportion to its mean, in [0, 1].
    """

    def __init__(self, stream: Stream, top: int, total: int, flow: Flow, noise: float) -> None:
        self.top = top
        self.lanes = (Lane(stream, draw_tilts),)
        self._total, self._flow = total, flow
        # The halves of n steps with gamma-distributed uses have a share with this variance; it is drawn evenly.
        self._tilt = [(3.0 / (2.0**level / (noise * noise) + 1.0)) ** 0.5 if noise else 0.0 for level in range(top + 1)]

    def begin(self, series: np.ndarray, cell: np.ndarray) -> State:
        """What was used before it, and what it uses."""
        del series
        return np.zeros(len(cell), dtype=np.int64), np.full(len(cell), self._total, dtype=np.int64)

    def split(self, level: int, cell: np.ndarray, state: State, drawn: State) -> tuple[State, State]:
        """The left half's part, rounded down to a whole number."""
        before, total = state
        start, middle, end = (self._flow((2 * cell + half) << (level - 1)) for half in range(3))
        width = end - start
        share = np.clip((middle - start) / np.where(width > 0, width, 1.0), 0.0, 1.0)
        if self._tilt[level]:
            # The tilt of a cell that is used evenly; where its halves differ, the odds are tilted in the same proportion.
            tilt = self._tilt[level] * drawn[0]
            high, low = share * (1.0 + tilt), (1.0 - share) * (1.0 - tilt)
            both = high + low
            share = high / np.where(both > 0, both, 1.0)
        left = np.minimum((total * share).astype(np.int64), total)
        return (before, left), (before + left, total - left)

"""Columns that move together: a Gaussian copula, column by column.

Each numeric column has a *score* in every row: the standard normal variable that its value is the quantile of. A column
that is correlated with others takes the score `b1*z1 + b2*z2 + ... + s*e`, the conditional law of a normal variable given
the others' scores, where e comes from its own bits. So the columns that are named keep their cells, and their shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import fsum

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.arrays import unwrap, wrap
from tempdata_dagster.engine.distributions.quantile import QuantileTable, fold, normal_quantile
from tempdata_dagster.engine.distributions.special import gamma_tails
from tempdata_dagster.engine.kind import Scope
from tempdata_dagster.engine.relation import Binding, Frame

Bits = Callable[[Frame], np.ndarray]
_LEAST_REST = 1e-9  # of the variance; less is a matrix that is singular but for rounding
_REACH, _CELLS = 9.0, 18_432
_WHOLE = 2.0**64


@dataclass(frozen=True)
class Score:
    """The standard normal variable that a column's values are quantiles of.

    Attributes:
        name: What the hidden column that holds it is called.
        fill: Its cells, float64.
        loadings: Its weights on independent variables, each named by its column; their squares add up to 1.
    """

    name: str
    fill: Callable[[Frame], pa.Array]
    loadings: Mapping[str, float]

    def hide(self, scope: Scope) -> str:
        """Make it a hidden column of the scope's table; returns the name that a frame has it under."""
        return scope.share(self.name, lambda: Binding(pa.float64(), self.fill))

    def __matmul__(self, other: Score) -> float:
        """The correlation of the two."""
        return fsum(weight * other.loadings.get(name, 0.0) for name, weight in self.loadings.items())


def score_of(scope: Scope, bits: Bits) -> Score:
    """The score of a column that is drawn by itself.

    Args:
        scope: The column's.
        bits: Its random numbers, evenly rising: of larger ones come larger values.
    """

    def fill(frame: Frame) -> pa.Array:
        return wrap(_normal().look_up(fold(bits(frame))), pa.float64())

    return Score(f"score {scope.name}", fill, {scope.name: 1.0})


def correlate(scope: Scope, wanted: Mapping[str, float], bits: Bits) -> tuple[Score, Bits]:
    """The score of a column that is correlated with others, and the random numbers that follow from it.

    Args:
        scope: The column's.
        wanted: The correlations of the scores with those of other columns of the table.
        bits: Its own random numbers.

    Raises:
        UnboundError: One of the columns has no score, or no variable has these correlations; the problem is noted.
    """
    others: list[Score] = []
    for name in sorted(wanted):
        score = scope.column(name, "correlate", name).score
        if score is None:
            hint = "name a number or an integer with a distribution, no mixture and not unique"
            scope.fail("TD2065", f"'{name}' is not drawn from one distribution", "correlate", name, hint=hint)
        others.append(score)
    goal = [wanted[name] for name in sorted(wanted)]
    weights = _solve([[one @ other for other in others] for one in others], goal)
    rest = -1.0 if weights is None else 1.0 - fsum(w * r for w, r in zip(weights, goal, strict=True))
    if weights is None or rest < _LEAST_REST:
        matrix = ", ".join(f"{name} {wanted[name]:g}" for name in sorted(wanted))
        between = [
            f"{a} and {b} {x @ y:g}" for (a, x), (b, y) in _pairs(dict(zip(sorted(wanted), others, strict=True)))
        ]
        message = f"no column can be correlated like this ({matrix}; {', '.join(between) or 'below 1'})"
        hint = "the correlation matrix is not positive definite: take correlations nearer to 0"
        scope.fail("TD2065", message, "correlate", hint=hint)
    own, own_weight = score_of(scope, bits).fill, float(np.sqrt(rest))
    loadings = {scope.name: own_weight}
    for weight, score in zip(weights, others, strict=True):
        for name, loading in score.loadings.items():
            loadings[name] = loadings.get(name, 0.0) + weight * loading
    names = [score.hide(scope) for score in others]

    def fill(frame: Frame) -> pa.Array:
        total = unwrap(own(frame)) * own_weight
        for name, weight in zip(names, weights, strict=True):
            total += unwrap(frame.column(name)) * weight
        return wrap(total, pa.float64())

    score = Score(f"score {scope.name}", fill, loadings)
    hidden = score.hide(scope)
    return score, lambda frame: to_bits(unwrap(frame.column(hidden)))


def _pairs(scores: Mapping[str, Score]) -> list[tuple[tuple[str, Score], tuple[str, Score]]]:
    items = list(scores.items())
    return [(items[i], items[j]) for i in range(len(items)) for j in range(i + 1, len(items))]


def _solve(matrix: list[list[float]], goal: list[float]) -> list[float] | None:
    """The x with matrix @ x = goal, by elimination in a fixed order; None when the matrix is not positive definite."""
    size = len(goal)
    rows = [[*row, right] for row, right in zip(matrix, goal, strict=True)]
    for i in range(size):
        if rows[i][i] < _LEAST_REST:
            return None
        for j in range(i + 1, size):
            factor = rows[j][i] / rows[i][i]
            rows[j] = [b - factor * a for a, b in zip(rows[i], rows[j], strict=True)]
    solution = [0.0] * size
    for i in reversed(range(size)):
        known = fsum(rows[i][j] * solution[j] for j in range(i + 1, size))
        solution[i] = (rows[i][size] - known) / rows[i][i]
    return solution


def to_bits(scores: np.ndarray) -> np.ndarray:
    """Evenly rising 64-bit numbers of standard normal variables: their distribution function, from a table."""
    tails, steps = _tails()
    away = np.minimum(np.abs(scores) * (_CELLS / _REACH), _CELLS - 1e-6)
    cell = away.astype(np.int64)
    below = ((tails[cell] + steps[cell] * (away - cell)) * _WHOLE).astype(np.uint64)
    return np.asarray(np.where(scores > 0, ~below, below))


@lru_cache(maxsize=1)
def _tails() -> tuple[np.ndarray, np.ndarray]:
    """P(Z > z) at even steps of z, and the steps between them."""
    z = _REACH / _CELLS * np.arange(1.0, _CELLS + 1.0)
    edges = np.concatenate([[0.5], gamma_tails(0.5, portable.log(z * z / 2.0))[1] / 2.0])
    return edges[:-1], np.diff(edges)


@lru_cache(maxsize=1)
def _normal() -> QuantileTable:
    return QuantileTable(normal_quantile, lambda p: -normal_quantile(p))

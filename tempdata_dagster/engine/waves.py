"""The cosine with the same bits on every machine."""

from __future__ import annotations

import numpy as np

# Taylor's coefficients of the cosine in the square of the angle; beyond the last one an eighth of a turn needs none.
_COSINE = (1.0, -1 / 2, 1 / 24, -1 / 720, 1 / 40_320, -1 / 3_628_800, 1 / 479_001_600, -1 / 87_178_291_200)
_SINE = (1.0, -1 / 6, 1 / 120, -1 / 5_040, 1 / 362_880, -1 / 39_916_800, 1 / 6_227_020_800, -1 / 1_307_674_368_000)
_TURN = 6.283185307179586


def cosine_of_turns(turns: np.ndarray) -> np.ndarray:
    """The cosine of an angle in whole turns, float64 of the same shape; good to 1e-15."""
    rest = np.abs(turns - np.rint(turns))
    folded = np.where(rest > 0.25, 0.5 - rest, rest)
    near = folded <= 0.125
    angle = np.where(near, folded, 0.25 - folded) * _TURN
    square = angle * angle
    cosine = np.where(near, _polynomial(square, _COSINE), angle * _polynomial(square, _SINE))
    return np.where(rest > 0.25, -cosine, cosine)


def _polynomial(x: np.ndarray, coefficients: tuple[float, ...]) -> np.ndarray:
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total

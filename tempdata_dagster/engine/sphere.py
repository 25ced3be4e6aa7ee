"""Distances on the globe with the same bits on every machine.

numpy's sin and arcsin change their last bits with the CPU's vector units; these are polynomials of + - * / and sqrt. The earth is a
ball here, which is off by up to 0.5 %.
"""

from __future__ import annotations

import numpy as np

RADIUS_KM = 6371.0088
KM_PER_DEGREE = 111.19508
_PI = 3.141592653589793
_RADIAN = _PI / 180.0
_SINE = (
    1.0, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000,
    1.0 / 355687428096000,
)  # fmt: skip
# Abramowitz and Stegun 4.4.46: 2e-8 at most, that is 13 cm on the ground.
_ARCSINE = (
    1.5707963050, -0.2145988016, 0.0889789874, -0.0501743046, 0.0308918810, -0.0170881256, 0.0066700901, -0.0012624911,
)  # fmt: skip
_SMALL = 0.05


def _polynomial(x: np.ndarray, coefficients: tuple[float, ...]) -> np.ndarray:
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total


def sine(degrees: np.ndarray) -> np.ndarray:
    """The sine of an angle in [-360, 360] degrees."""
    turned = degrees - 360.0 * np.rint(degrees / 360.0)
    folded = np.where(turned > 90.0, 180.0 - turned, np.where(turned < -90.0, -180.0 - turned, turned)) * _RADIAN
    return np.asarray(folded * _polynomial(folded * folded, _SINE))


def cosine(degrees: np.ndarray) -> np.ndarray:
    """The cosine of an angle in [-270, 270] degrees."""
    return sine(degrees + 90.0)


def arcsine(x: np.ndarray) -> np.ndarray:
    """The arcsine of x in [0, 1], in radians."""
    square = x * x
    small = x * (1.0 + square * (1.0 / 6 + square * (3.0 / 40 + square * (15.0 / 336))))
    wide = _PI / 2 - np.sqrt(1.0 - x) * _polynomial(x, _ARCSINE)
    return np.asarray(np.where(x < _SMALL, small, wide))


def distance_km(from_: tuple[np.ndarray, np.ndarray], to: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The great-circle distance of points given as latitudes and longitudes in degrees, by the haversine formula."""
    across = sine((to[0] - from_[0]) * 0.5)
    along = sine((to[1] - from_[1]) * 0.5)
    half = across * across + cosine(from_[0]) * cosine(to[0]) * along * along
    return np.asarray(2.0 * RADIUS_KM * arcsine(np.sqrt(np.minimum(half, 1.0))))

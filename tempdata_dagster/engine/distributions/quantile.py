"""Continuous distributions by frozen quantile tables: one look-up and one interpolation per row, the same bits everywhere.

A table has knots at probabilities that halve towards both tails (the exponent and the top mantissa bits of the float are
the index), so that the tails are as fine, relatively, as the middle. Between knots the quantile is linear.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tempdata_dagster.engine import portable

_OCTAVES, _SUB = 50, 8
_SHIFT = np.uint64(52 - _SUB)
_BASE = np.uint64((1023 - _OCTAVES) << _SUB)
_SIZE = (_OCTAVES - 1) << _SUB
_FRACTION = np.uint64((1 << (52 - _SUB)) - 1)
_SCALE = 2.0 ** -(52 - _SUB)
_SIDE, _MAGNITUDE, _SKIP = np.uint64(63), np.uint64((1 << 63) - 1), np.uint64(11)
Quantile = Callable[[np.ndarray], np.ndarray]


class QuantileTable:
    """A quantile function frozen at its knots.

    Args:
        quantile: The exact function, from probabilities in (0, 1) to values; called once with a vector. It must be
            monotone and built from `engine.portable`.
        upper: The function of the complement, `p -> quantile(1 - p)`, for exact upper tails; by default computed so.
    """

    def __init__(self, quantile: Quantile, upper: Quantile | None = None) -> None:
        index = (np.arange(_SIZE + 1, dtype=np.uint64) + _BASE) << _SHIFT
        knots = index.view(np.float64)
        low = quantile(knots)
        high = upper(knots) if upper else quantile(1.0 - knots)
        self._value = np.concatenate([low[:-1], high[:-1]])
        self._slope = np.concatenate([np.diff(low), np.diff(high)]) * _SCALE

    def look_up(self, bits: np.ndarray) -> np.ndarray:
        """One value per 64-bit random number, float64 of the same shape."""
        # 52 random bits above an odd last one: the probability is never 0 and lies in (0, 1/2) on either side.
        tail = ((((bits & _MAGNITUDE) >> _SKIP) << np.uint64(1)) | np.uint64(1)).astype(np.float64) * 2.0**-54
        np.maximum(tail, 2.0**-_OCTAVES, out=tail)
        raw = tail.view(np.uint64)
        index = ((raw >> _SHIFT) - _BASE).astype(np.int64)
        index += (bits >> _SIDE).astype(np.int64) * _SIZE
        return np.asarray(self._value[index] + self._slope[index] * (raw & _FRACTION).astype(np.float64))


def fold(bits: np.ndarray) -> np.ndarray:
    """Evenly rising random numbers to those that a quantile table takes, whose upper half runs backwards; and back again."""
    upper = (bits >> _SIDE) * _MAGNITUDE
    upper ^= bits
    return upper


def normal_quantile(p: np.ndarray) -> np.ndarray:
    """The standard normal quantile by algorithm AS 241 (Wichura 1988, PPND16), good to 1e-16."""
    q = p - 0.5
    central = np.abs(q) <= 0.425
    r = np.where(central, 0.180625 - q * q, 0.5)
    middle = q * _ratio(r, _A, _B)
    tail = np.sqrt(-portable.log(np.where(central, 0.5, np.minimum(p, 1.0 - p))))
    near, far = _ratio(tail - 1.6, _C, _D), _ratio(tail - 5.0, _E, _F)
    outer = np.where(tail <= 5.0, near, far)
    return np.where(central, middle, np.where(q < 0, -outer, outer))


def _ratio(x: np.ndarray, above: tuple[float, ...], below: tuple[float, ...]) -> np.ndarray:
    top, bottom = np.full_like(x, above[-1]), np.full_like(x, below[-1])
    for a, b in zip(above[-2::-1], below[-2::-1], strict=True):
        top, bottom = top * x + a, bottom * x + b
    return np.asarray(top / bottom)


_A = (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
      4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3)  # fmt: skip
_B = (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
      2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3)  # fmt: skip
_C = (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
      1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4)  # fmt: skip
_D = (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9)  # fmt: skip
_E = (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7)  # fmt: skip
_F = (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15)  # fmt: skip

"""exp and log with the same bits on every machine.

numpy's own change their last bits with the CPU's vector units. These use only operations that IEEE 754 rounds exactly
(+ - * /, scaling by powers of two), one array operation at a time, so nothing can be fused. The reductions and the
polynomial coefficients are those of FreeBSD's msun (e_exp.c, e_log.c); errors stay below one unit in the last place.
"""

from __future__ import annotations

import numpy as np

LN2_HI, LN2_LO = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_INV_LN2 = 1.44269504088896338700e00
_EXP = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
_LOG = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
_SQRT_HALF = 0.7071067811865476


def _polynomial(x: np.ndarray, coefficients: tuple[float, ...]) -> np.ndarray:
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total


def exp(x: np.ndarray | float) -> np.ndarray:
    """e**x for x in [-700, 700] (values outside are clipped to it)."""
    x = np.clip(np.asarray(x, dtype=np.float64), -700.0, 700.0)
    k = np.rint(x * _INV_LN2)
    high, low = x - k * LN2_HI, k * LN2_LO
    reduced = high - low
    square = reduced * reduced
    c = reduced - square * _polynomial(square, _EXP)
    mantissa = 1.0 - ((low - (reduced * c) / (2.0 - c)) - high)
    return np.asarray(np.ldexp(mantissa, k.astype(np.int32)))


def log(x: np.ndarray | float) -> np.ndarray:
    """The natural logarithm of positive, normal x."""
    mantissa, exponent = np.frexp(np.asarray(x, dtype=np.float64))
    small = mantissa < _SQRT_HALF
    f = np.where(small, mantissa * 2.0, mantissa) - 1.0
    k = (exponent - small).astype(np.float64)
    s = f / (2.0 + f)
    z = s * s
    remainder = z * _polynomial(z, _LOG)
    half = 0.5 * f * f
    return np.asarray(k * LN2_HI - ((half - (s * (half + remainder) + k * LN2_LO)) - f))


def power(base: np.ndarray | float, exponent: np.ndarray | float) -> np.ndarray:
    """base**exponent for positive base."""
    return exp(log(base) * exponent)

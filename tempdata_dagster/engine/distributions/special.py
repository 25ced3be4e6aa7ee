"""The gamma and beta distribution functions and their inverses, from portable operations only.

Inverses are by Newton's method on the logarithm of the tail against the logarithm (gamma) or the logit (beta) of the
variable: there both tails are concave, so that every start converges.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tempdata_dagster.engine import portable

Tails = tuple[np.ndarray, np.ndarray]
_EPSILON, _TINY, _TERMS = 1e-15, 1e-300, 20_000
_HALF_LOG_2PI = 0.9189385332046727
_STIRLING_FROM = 15.0
_STEPS, _SETTLED, _LEAP, _COARSE, _DEEP = 80, 1e-10, 3.0, 32, 640.0


def log_gamma(x: float) -> float:
    """ln(Gamma(x)) for x > 0, by Stirling's series (Abramowitz & Stegun 6.1.41) from 15 upwards; good to 1e-13."""
    shift = 0.0
    while x < _STIRLING_FROM:
        shift += float(portable.log(x))
        x += 1.0
    inverse = 1.0 / (x * x)
    series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / x
    return (x - 0.5) * float(portable.log(x)) - x + _HALF_LOG_2PI + series - shift


def gamma_tails(shape: float, log_x: np.ndarray) -> Tails:
    """P(X <= x) and P(X > x) of a gamma variable with scale 1, the smaller one to full precision.

    The series and the continued fraction of Abramowitz & Stegun 6.5.29 and 6.5.31.
    """
    x = portable.exp(log_x)
    front = portable.exp(shape * log_x - x - log_gamma(shape))
    lower, upper = np.empty_like(x), np.empty_like(x)
    left = x < shape + 1.0
    lower[left] = front[left] * _gamma_series(shape, x[left])
    upper[left] = 1.0 - lower[left]
    upper[~left] = front[~left] * _gamma_fraction(shape, x[~left])
    lower[~left] = 1.0 - upper[~left]
    return lower, upper


def _gamma_series(shape: float, x: np.ndarray) -> np.ndarray:
    term = np.full_like(x, 1.0 / shape)
    total = term.copy()
    for n in range(1, _TERMS):
        term = term * x / (shape + n)
        total += term
        if not (term > total * _EPSILON).any():
            break
    return total


def _gamma_fraction(shape: float, x: np.ndarray) -> np.ndarray:
    def step(n: int) -> tuple[np.ndarray | float, np.ndarray]:
        return (1.0, x + 1.0 - shape) if n == 0 else (n * (shape - n), x + (2.0 * n + 1.0) - shape)

    return _lentz(step, len(x))


def _lentz(step: Callable[[int], tuple[np.ndarray | float, np.ndarray | float]], size: int) -> np.ndarray:
    """A continued fraction a0/(b0 + a1/(b1 + ...)) by the modified method of Lentz."""
    value, c, d = np.full(size, _TINY), np.full(size, _TINY), np.zeros(size)
    for n in range(_TERMS):
        above, below = step(n)
        d = 1.0 / _away(below + above * d)
        c = _away(below + above / c)
        change = c * d
        value = value * change
        if n and not (np.abs(change - 1.0) > _EPSILON).any():
            break
    return value


def _away(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < _TINY, _TINY, x)


def gamma_quantile(shape: float, tail: np.ndarray, *, upper: bool) -> np.ndarray:
    """The x with P(X <= x) = tail, or with P(X > x) = tail; tails in (0, 1)."""
    constant = log_gamma(shape)

    def evaluate(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        side = gamma_tails(shape, t)[1 if upper else 0]
        return side, portable.exp(shape * t - portable.exp(t) - constant)

    start = np.full_like(tail, float(portable.log(shape)))
    leap = _leap_within(lambda step: shape * (float(portable.exp(step)) - 1.0 - step))
    return portable.exp(_solve(evaluate, start, tail, leap, upper=upper))


def beta_tails(alpha: float, beta: float, logit: np.ndarray) -> Tails:
    """P(X <= x) and P(X > x) of a beta variable at x = 1 / (1 + exp(-logit)), the smaller one to full precision.

    The continued fraction of Abramowitz & Stegun 26.5.8.
    """
    x, y = 1.0 / (1.0 + portable.exp(-logit)), 1.0 / (1.0 + portable.exp(logit))
    front = _beta_front(alpha, beta, logit)
    lower, upper = np.empty_like(x), np.empty_like(x)
    left = x * (alpha + beta + 2.0) < alpha + 1.0
    lower[left] = front[left] * _beta_fraction(alpha, beta, x[left]) / alpha
    upper[left] = 1.0 - lower[left]
    upper[~left] = front[~left] * _beta_fraction(beta, alpha, y[~left]) / beta
    lower[~left] = 1.0 - upper[~left]
    return lower, upper


def _beta_front(alpha: float, beta: float, logit: np.ndarray) -> np.ndarray:
    """x**alpha * (1 - x)**beta / B(alpha, beta)."""
    rest = portable.log(1.0 + portable.exp(-np.abs(logit)))
    log_x, log_y = np.minimum(logit, 0.0) - rest, -np.maximum(logit, 0.0) - rest
    constant = log_gamma(alpha) + log_gamma(beta) - log_gamma(alpha + beta)
    return portable.exp(alpha * log_x + beta * log_y - constant)


def _beta_fraction(a: float, b: float, x: np.ndarray) -> np.ndarray:
    def step(n: int) -> tuple[np.ndarray | float, float]:
        m = n // 2
        if n == 0:
            return 1.0, 1.0
        if n % 2:
            return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), 1.0

    return _lentz(step, len(x))


def beta_quantile(alpha: float, beta: float, tail: np.ndarray, *, upper: bool) -> np.ndarray:
    """The x with P(X <= x) = tail, or with P(X > x) = tail; tails in (0, 1)."""
    return 1.0 / (1.0 + portable.exp(-beta_logit(alpha, beta, tail, upper=upper)))


def beta_logit(alpha: float, beta: float, tail: np.ndarray, *, upper: bool) -> np.ndarray:
    """ln(x / (1 - x)) of that x, which stays exact where x is next to 1."""

    def evaluate(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return beta_tails(alpha, beta, t)[1 if upper else 0], _beta_front(alpha, beta, t)

    def fall(step: float) -> float:
        odds = float(portable.exp(step))
        sums = [(x, y, (x + y) / (x + y * odds)) for x, y in ((alpha, beta), (beta, alpha))]
        # The logarithm of the peak's density over that at odds times `odds`, or by it.
        return max(-(x + y) * float(portable.log(ratio)) - y * step for x, y, ratio in sums)

    start = np.full_like(tail, float(portable.log(alpha / beta)))
    return _solve(evaluate, start, tail, _leap_within(fall), upper=upper)


def _leap_within(fall: Callable[[float], float]) -> float:
    """How far one step may go: the density at its end is a number still.

    Args:
        fall: By how much the logarithm of the density falls over a step from its peak.
    """
    leap = _LEAP
    while fall(leap) > _DEEP:
        leap /= 2.0
    return leap


def _solve(
    evaluate: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    t: np.ndarray,
    tail: np.ndarray,
    leap: float,
    *,
    upper: bool,
) -> np.ndarray:
    """The t at which `evaluate(t)[0]` is `tail`; `evaluate` returns the tail and the density at t."""
    if len(t) > _COARSE * _COARSE:
        t = _refine(_solve(evaluate, t[::_COARSE], tail[::_COARSE], leap, upper=upper), len(t))
    goal, sign = portable.log(np.maximum(tail, _TINY)), -1.0 if upper else 1.0
    pending = np.arange(len(t))
    for _ in range(_STEPS):
        side, density = evaluate(t[pending])
        side = np.maximum(side, _TINY)
        step = (goal[pending] - portable.log(side)) * side / (sign * np.maximum(density, _TINY))
        # To the right both tails fall off faster than any power, so leaps there are bounded; for large shapes to both sides.
        step = np.clip(step, -leap if leap < _LEAP else -np.inf, leap)
        t[pending] = np.clip(t[pending] + step, -690.0, 690.0)
        # Steps shrink quadratically: after one of 1e-10 the error is beyond double precision.
        pending = pending[np.abs(step) > _SETTLED]
        if not len(pending):
            break
    return t


def _refine(coarse: np.ndarray, size: int) -> np.ndarray:
    """A start for every tail from the solutions for some: on the line between the nearest two."""
    place = np.arange(size)
    left = np.minimum(place // _COARSE, len(coarse) - 2)
    share = (place - left * _COARSE) / _COARSE
    return np.asarray(coarse[left] + (coarse[left + 1] - coarse[left]) * share)

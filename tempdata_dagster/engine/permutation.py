"""Keyed permutations of [0, n): distinct in, distinct out, with random access. This is how `unique` holds by construction."""

from __future__ import annotations

import numpy as np

from tempdata_dagster.engine.streams import Stream

# Four rounds leave some orders of up to 1,024 values several times as frequent as others; eight do not.
_ROUNDS, _SMALL_ROUNDS, _SMALL_HALF = 4, 8, 5
_MAX_BITS = 62


def permute(stream: Stream, values: np.ndarray, size: int, group: np.ndarray | int = 0) -> np.ndarray:
    """Each value's image under the stream's permutation of [0, size).

    A Feistel network over the next even number of bits, walked until the image falls inside (at most a few steps, since
    the network's domain is less than four times `size`).

    Args:
        stream: The key.
        values: int64 in [0, size), shape `(n,)`.
        size: Size of the domain, at most 2**62.
        group: A number, or one per value: each group has a permutation of its own.

    Returns:
        int64 of shape `(n,)`.
    """
    half = max((max(size - 1, 1).bit_length() + 1) // 2, 1)
    image = _encrypt(stream, values, half, group)
    outside = np.flatnonzero(image >= size)
    while len(outside):
        own = group[outside] if isinstance(group, np.ndarray) else group
        image[outside] = _encrypt(stream, image[outside], half, own)
        outside = outside[image[outside] >= size]
    return image


def _encrypt(stream: Stream, values: np.ndarray, half: int, group: np.ndarray | int) -> np.ndarray:
    mask = np.int64((1 << half) - 1)
    left, right = values >> half, values & mask
    for round_number in range(_SMALL_ROUNDS if half <= _SMALL_HALF else _ROUNDS):
        mixed = stream.mix(right, group, trial=round_number + 1)
        left, right = right, left ^ (mixed >> np.uint64(64 - half)).astype(np.int64)
    return np.asarray((left << half) | right)


def fits(size: int) -> bool:
    """Whether a domain is small enough to permute."""
    return size.bit_length() <= _MAX_BITS

"""Streams: the random bits of a cell as a pure function of names and numbers.

A stream's 128-bit key is the blake2b digest of length-prefixed names, so `("ab", "c")` and `("a", "bc")` never meet. A
row's 64 bits come from mixing its ordinal with the first half of the key, then its partition with the second half
*between* two rounds of multiply and xor-shift: an additive key alone would make streams that are shifted copies of each
other. The multipliers are those of Stafford's variant 13 (the finaliser of SplitMix64) and of MurmurHash3's finaliser.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from tempdata_dagster.engine.addresses import Addresses

STREAM_VERSION = 1
Bits = np.ndarray
_U = np.uint64
_M1, _M2, _M3 = _U(0xBF58476D1CE4E5B9), _U(0x94D049BB133111EB), _U(0xFF51AFD7ED558CCD)
_GOLDEN, _TRIAL = _U(0x9E3779B97F4A7C15), _U(0xD1342543DE82EF95)
_S29, _S31, _S32, _S11 = _U(29), _U(31), _U(32), _U(11)
_LOW32 = _U(0xFFFFFFFF)
_TILE_ROWS = 16_384  # two arrays of so many rows stay in a core's own cache


def derive_key(*names: str | int) -> tuple[int, int]:
    """The 128-bit key of a sequence of names, as two 64-bit halves."""
    digest = hashlib.blake2b(digest_size=16, person=b"tempdata-stream")
    for name in (STREAM_VERSION, *names):
        text = str(name).encode()
        digest.update(len(text).to_bytes(8, "little") + text)
    raw = digest.digest()
    return int.from_bytes(raw[:8], "little"), int.from_bytes(raw[8:], "little")


@dataclass(frozen=True)
class Stream:
    """Random bits for every row, one fixed lane of them.

    Attributes:
        low: First half of the key.
        high: Second half of the key.
    """

    low: int
    high: int

    @classmethod
    def of(cls, *names: str | int) -> Stream:
        """The stream of these names."""
        return cls(*derive_key(*names))

    def bits(self, rows: Addresses, trial: np.ndarray | int = 0) -> Bits:
        """64 random bits for each row, as uint64 of shape `(len(rows),)`.

        Args:
            rows: The rows' addresses.
            trial: Which of several tries of the same lane (one for all, or one per row); each is independent of the others.
        """
        return self.mix(rows.ordinal, rows.partition, trial)

    def bits_of(self, partitions: np.ndarray) -> Bits:
        """64 random bits for each partition as a whole."""
        return self.mix(np.zeros(len(partitions), dtype=np.int64), partitions)

    def mix(self, ordinal: np.ndarray, partition: np.ndarray | int = 0, trial: np.ndarray | int = 0) -> Bits:
        """64 random bits for each pair of ordinal and partition."""
        with np.errstate(over="ignore"):
            return self._mix(ordinal, _mix_partition(self._try(trial), partition))

    def mix_some(self, ordinal: np.ndarray, partition: np.ndarray | int, trials: np.ndarray, which: np.ndarray) -> Bits:
        """`mix` where the try of each row is one of few: `trials[which]`."""
        if np.ndim(partition):
            return self.mix(ordinal, partition, trials[which])
        with np.errstate(over="ignore"):
            return self._mix(ordinal, _mix_partition(self._try(trials), partition)[which])

    def _try(self, trial: np.ndarray | int) -> np.ndarray:
        return np.asarray(_U(self.high) + np.asarray(trial).astype(np.uint64) * _TRIAL)

    def _mix(self, ordinal: np.ndarray, half: np.ndarray) -> Bits:
        given, mixed = ordinal.view(np.uint64), np.empty(len(ordinal), dtype=np.uint64)
        scratch = np.empty(min(_TILE_ROWS, len(ordinal)), dtype=np.uint64)
        for first in range(0, len(ordinal), _TILE_ROWS):
            tile = slice(first, first + _TILE_ROWS)
            z = mixed[tile]
            shifted = scratch[: len(z)]
            np.add(given[tile], _U(self.low), out=z)
            z ^= np.right_shift(z, _S32, out=shifted)
            z *= _M1
            z ^= np.right_shift(z, _S29, out=shifted)
            z ^= half[tile] if half.ndim else half
            z *= _M2
            z ^= np.right_shift(z, _S32, out=shifted)
            z *= _M3
            z ^= np.right_shift(z, _S29, out=shifted)
        return mixed

    def uniform(self, rows: Addresses, trial: int = 0) -> np.ndarray:
        """A float64 in [0, 1) for each row, a multiple of 2**-53."""
        return to_unit(self.bits(rows, trial))


def _mix_partition(high: np.ndarray, partition: np.ndarray | int) -> np.ndarray:
    number = np.asarray(partition, dtype=np.int64).view(np.uint64)
    mixed = high + number * _GOLDEN
    mixed = (mixed ^ (mixed >> _S31)) * _M2
    return np.asarray(mixed ^ (mixed >> _S29))


def to_unit(bits: Bits) -> np.ndarray:
    """Floats in [0, 1) of 64-bit numbers; exact, so the same on every machine."""
    return np.asarray((bits >> _S11).astype(np.float64) * 2.0**-53)


def below(bits: Bits, bound: np.ndarray | int) -> np.ndarray:
    """Whole numbers in [0, bound) as int64: the high word of `bits * bound`.

    Args:
        bits: Random 64-bit numbers.
        bound: One bound or one per row, each at least 1 and less than 2**63.
    """
    limit = np.asarray(bound, dtype=np.uint64)
    if limit.size and int(limit.max()) <= 1 << 32:
        high = bits >> _S32
        if not high.ndim:
            return np.asarray((high * limit) >> _S32).astype(np.int64)
        high *= limit
        high >>= _S32
        return high.view(np.int64)
    a, b, c, d = bits >> _S32, bits & _LOW32, limit >> _S32, limit & _LOW32
    ad, bc = a * d, b * c
    carry = ((ad & _LOW32) + (bc & _LOW32) + ((b * d) >> _S32)) >> _S32
    return np.asarray(a * c + (ad >> _S32) + (bc >> _S32) + carry).astype(np.int64)

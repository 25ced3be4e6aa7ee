"""UUIDs of version 4, distinct by construction."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import from_matrix
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.generators import KINDS

_U = np.uint64
_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_LOW_BITS, _HIGH_BITS = 62, 60
_LOW, _HIGH, _SHORT = _U((1 << _LOW_BITS) - 1), _U((1 << _HIGH_BITS) - 1), _U((1 << 32) - 1)
_M1, _M2, _M3 = _U(0xBF58476D1CE4E5B9), _U(0x94D049BB133111EB), _U(0xFF51AFD7ED558CCD)
_VERSION, _VARIANT = _U(0x4000), _U(1 << 63)
# Where the four digits of each 16 bits stand in the text, for both halves from their highest bits down.
_PLACES = ((0, 4, 9, 14), (19, 24, 28, 32))
_WIDTH, _DASHES = 36, (8, 13, 18, 23)


@KINDS.register("uuid")
class Uuid(Kind):
    """A version 4 UUID in lower case, such as `7b2c0a52-6cc1-4d5e-9d0c-0f1e2d3c4b5a`. No two rows of a column have the same.

    Example: {kind: uuid}
    """

    def bind(self, scope: Scope) -> Binding:
        """122 bits that are a one-to-one function of the row's address, written by a table of hexadecimal digits."""
        stream, digits = scope.stream(), _make_digits()

        def fill(frame: Frame) -> pa.Array:
            return from_matrix(_write(make_words(stream, frame), digits))

        return Binding(pa.string(), fill, pattern=_PATTERN, distinct=True)


def make_words(stream: Stream, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """The two halves of each row's UUID, uint64 of shape `(n,)`.

    The second half is a permutation of the ordinal over 62 bits. The first is, for each second half, another permutation
    of the partition over 60 bits. So two rows that agree in both halves have one ordinal and one partition.
    """
    low = _permute_ordinal(frame.rows.ordinal.astype(np.uint64), _U(stream.low), _U(stream.high))
    partition = np.asarray(frame.rows.partition, dtype=np.int64).view(np.uint64) & _SHORT
    high = _permute_partition(partition, low, _U(stream.high))
    tail = high & _U(0xFFF)
    high >>= _U(12)
    high <<= _U(16)
    high |= tail
    high |= _VERSION
    low |= _VARIANT
    return high, low


def _permute_ordinal(z: np.ndarray, first: np.uint64, second: np.uint64) -> np.ndarray:
    """Odd multiplications, xors with a key and xor-shifts, each of them one-to-one modulo 2**62; in place."""
    with np.errstate(over="ignore"):
        z += first
        z &= _LOW
        for shift, key, factor in ((32, _U(0), _M1), (29, second & _LOW, _M2), (32, _U(0), _M3)):
            z ^= z >> _U(shift)
            z ^= key
            z *= factor
            z &= _LOW
        z ^= z >> _U(29)
    return z


def _permute_partition(partition: np.ndarray, low: np.ndarray, key: np.uint64) -> np.ndarray:
    """For each `low` a permutation of 60 bits, of which the partition fills 32."""
    with np.errstate(over="ignore"):
        z = (low + key) * _M3
        z ^= z >> _U(32)
        z += partition
        z &= _HIGH
        for shift, factor in ((30, _M1), (31, _M2)):
            z *= factor
            z &= _HIGH
            z ^= z >> _U(shift)
    return z


def _make_digits() -> np.ndarray:
    """The four hexadecimal digits of every 16-bit number as they lie in memory, uint32 of shape `(65536,)`."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    number = np.arange(1 << 16)
    return np.stack([digits[(number >> shift) & 15] for shift in (12, 8, 4, 0)], axis=-1).view(np.uint32)[:, 0]


def _write(halves: tuple[np.ndarray, np.ndarray], digits: np.ndarray) -> np.ndarray:
    """The text as a byte matrix, uint8 of shape `(n, 36)`."""
    characters = np.empty((len(halves[0]), _WIDTH), dtype=np.uint8)
    for half, places in zip(halves, _PLACES, strict=True):
        parts = half.astype("<u8", copy=False).view("<u2").reshape(-1, 4)
        for index, place in enumerate(places):
            characters[:, place : place + 4].view(np.uint32)[:, 0] = digits[parts[:, 3 - index]]
    for dash in _DASHES:
        characters[:, dash] = ord("-")
    return characters

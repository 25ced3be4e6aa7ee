"""Row addresses: which partition, and which row of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STATIC = 0
INITIAL = -(2**31)


@dataclass(frozen=True, eq=False)
class Addresses:
    """The addresses of some rows of one table.

    Attributes:
        partition: Partition ordinals: one for all rows, or int64 of shape `(n,)`. `STATIC` for a static table, `INITIAL`
            for the population that was there before the first partition.
        ordinal: Row ordinals within their partitions, int64 of shape `(n,)`. Sparse for children: a parent's ordinal
            shifted left, plus the position within the parent.
    """

    partition: np.ndarray | int
    ordinal: np.ndarray

    def __len__(self) -> int:
        return len(self.ordinal)

    @property
    def partitions(self) -> np.ndarray:
        """The partition of every row, int64 of shape `(n,)`."""
        return np.broadcast_to(np.asarray(self.partition, dtype=np.int64), self.ordinal.shape)

    def join(self, other: Addresses) -> Addresses:
        """These addresses, then those of `other`."""
        ordinal = np.concatenate([self.ordinal, other.ordinal])
        if isinstance(self.partition, int) and isinstance(other.partition, int) and self.partition == other.partition:
            return Addresses(self.partition, ordinal)
        return Addresses(np.concatenate([self.partitions, other.partitions]), ordinal)

    def take(self, index: np.ndarray | slice) -> Addresses:
        """The addresses at these positions (or where a mask is true)."""
        partition = self.partition if isinstance(self.partition, int) else self.partition[index]
        return Addresses(partition, self.ordinal[index])

    def shift(self, bits: int) -> Addresses:
        """The addresses `bits` levels up: each ordinal without its lowest `bits`."""
        return Addresses(self.partition, self.ordinal >> bits)

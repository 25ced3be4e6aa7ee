"""Text glued from pieces of a fixed stock: one gather for any number of pieces per row, no string is built one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.arrays import wrap


@dataclass(frozen=True)
class Pieces:
    """A stock of pieces of text.

    Attributes:
        stock: The pieces, a string array without nulls.
    """

    stock: pa.StringArray

    def __len__(self) -> int:
        return len(self.stock)

    def glue(self, index: np.ndarray) -> pa.StringArray:
        """Each row's pieces as one text.

        The pieces of all rows are gathered in one go, which lays them end to end; then only every k-th offset is kept.

        Args:
            index: int32 of shape `(n, k)`.
        """
        rows, width = index.shape
        gathered = self.stock.take(wrap(index.reshape(-1), pa.int32()))
        _, offsets, data = gathered.buffers()
        kept = np.frombuffer(offsets, dtype=np.int32, count=rows * width + 1)[::width]
        return pa.StringArray.from_buffers(rows, pa.py_buffer(np.ascontiguousarray(kept)), data)

    def join(self, other: Pieces) -> Pieces:
        """Both stocks; the other's indexes go on after these."""
        return Pieces(pa.concat_arrays([self.stock, other.stock]))

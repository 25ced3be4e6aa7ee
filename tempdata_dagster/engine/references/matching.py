"""Parents that are found by a value in place of being drawn: references that match a column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.engine.addresses import STATIC, Addresses
from tempdata_dagster.engine.arrays import is_null, plain
from tempdata_dagster.engine.relation import Relation

MAX_ROWS = 1_000_000


class ValueIndex:
    """The rows of a static table by the values of one of its columns; of equal values the first row counts.

    Args:
        parent: A static table of at most `MAX_ROWS` rows.
        column: Its column, bound already.
    """

    def __init__(self, parent: Relation, column: str) -> None:
        rows = Addresses(STATIC, np.arange(parent.layout.spans(STATIC)[0].stop, dtype=np.int64))
        self._values = plain(parent.at(rows).column(column))

    def find(self, cells: pa.Array) -> np.ndarray:
        """The row of each cell, int64 of shape `(n,)`; -1 where none has the value, and for nulls."""
        if isinstance(cells, pa.DictionaryArray):
            places = np.append(self.find(cells.dictionary), -1)
            return np.asarray(places[cells.indices.fill_null(len(cells.dictionary)).to_numpy(zero_copy_only=False)])
        try:
            same = cells.cast(self._values.type)
        except pa.ArrowInvalid as error:
            detail = str(error).split("\n")[0][:200]
            raise GenerationError(
                "TD2106", f"a {cells.type} is no {self._values.type}: {detail}", "correct it"
            ) from None
        found = pc.index_in(same, value_set=self._values, skip_nulls=True)
        return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False)).astype(np.int64)

    def locate(self, cells: pa.Array, column: str) -> tuple[Addresses, np.ndarray | None]:
        """The address of each cell's row, and which cells are null (None when none can be).

        Raises:
            GenerationError: TD2106 when no row has the value of a cell.
        """
        index = self.find(cells)
        missing = is_null(cells) if cells.null_count else np.zeros(len(cells), dtype=bool)
        lost = np.flatnonzero((index < 0) & ~missing)
        if len(lost):
            value = str(cells[int(lost[0])].as_py())[:60]
            raise GenerationError("TD2106", f"{len(lost)} rows of {column} match no row, such as '{value}'", "add it")
        return Addresses(STATIC, np.maximum(index, 0)), missing if missing.any() else None

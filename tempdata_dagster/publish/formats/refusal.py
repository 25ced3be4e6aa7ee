"""What a format cannot hold is refused, with the first cell that it cannot hold: never changed silently."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from tempdata_dagster.core.errors import GenerationError


def refuse(format_name: str, column: str, what: str, hint: str, row: int | None = None) -> GenerationError:
    """The error for a column, or a cell, that a format cannot hold.

    Args:
        format_name: As it is registered.
        column: The column's name.
        what: What the format cannot hold, without the cell's value.
        hint: What to do about it.
        row: The first row of the file that it cannot hold, from 0; none where it is the column as a whole.
    """
    place = f"column '{column[:80]}'" + ("" if row is None else f", row {row}")
    return GenerationError("TD3045", f"{place}: {format_name} cannot hold {what}", hint)


def find_first(column: pa.Array | pa.ChunkedArray, fails: Callable[[pa.Array | pa.ChunkedArray], bool]) -> int:
    """The first row of those that make `fails` true, which it is for all of them together.

    Args:
        column: Some rows.
        fails: Whether any of the rows that it is given cannot be held.
    """
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(column.slice(low, middle - low)) else (middle, high)
    return low

"""Staged rows for Great Expectations: all of them, or a sample that is the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tempdata_dagster.checks.family import plain_type

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Knuth's multiplicative hash, TAOCP 6.4


def sample_positions(rows: int, size: int) -> np.ndarray:
    """The row numbers of a sample, ascending: one from each of `size` equal stretches of `rows`.

    Where in its stretch a row is taken is hashed from the stretch's number, so that data with a period (three lines an
    order) is not sampled in step with it. Depends on the two numbers only.
    """
    if size >= rows:
        return np.arange(rows, dtype=np.int64)
    edges = np.array([stretch * rows // size for stretch in range(size + 1)], dtype=np.int64)
    with np.errstate(over="ignore"):
        mixed = (np.arange(1, size + 1, dtype=np.uint64) * _GOLDEN) >> np.uint64(32)
    return edges[:-1] + (mixed % np.diff(edges).astype(np.uint64)).astype(np.int64)


def sample_rows(staged: ds.Dataset, columns: Sequence[str], rows: int, size: int) -> pa.Table:
    """At most `size` of the `rows` staged rows, in their order; holds no more than the sample and a batch in memory."""
    positions = sample_positions(rows, size)
    batches, start = [], 0
    for batch in staged.to_batches(columns=list(columns)):
        first, last = np.searchsorted(positions, (start, start + batch.num_rows))
        if first < last:
            batches.append(
                batch if last - first == batch.num_rows else batch.take(pa.array(positions[first:last] - start))
            )
        start += batch.num_rows
    schema = pa.schema([staged.schema.field(name) for name in columns])
    return pa.Table.from_batches(batches, schema)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """The table as pandas sees it best: texts without dictionaries, decimals as floats, whole numbers whole."""
    import pandas as pd

    columns = {name: _to_series(table.column(name)) for name in table.column_names}
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def _to_series(column: pa.ChunkedArray) -> Any:
    import pandas as pd

    # pandas would hold decimals as Python objects, which GX compares one by one.
    kind = pa.float64() if pa.types.is_decimal(column.type) else plain_type(column.type)
    plain = column.cast(kind) if kind != column.type else column
    if pa.types.is_integer(kind) and plain.null_count:
        # As floats, numbers over 2^53 would run together and unique ones would look repeated.
        dtype = str(kind).capitalize().replace("Uint", "UInt")
        return plain.to_pandas(types_mapper={kind: pd.api.types.pandas_dtype(dtype)}.get)
    return plain.to_pandas()

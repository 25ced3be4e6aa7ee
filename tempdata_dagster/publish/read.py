"""Published rows in memory, for notebooks and tests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.failure import mapping_errors
from tempdata_dagster.publish.target import Target


def read_table(
    root: str | os.PathLike[str] | Target,
    dataset: str,
    table: str,
    keys: Iterable[str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> pa.Table:
    """The published rows of a table, with its Hive folders (`date`) as columns.

    Args:
        root: The lake: a folder, a URL or an open target.
        dataset: The dataset's name.
        table: The table's name.
        keys: Only these partitions, in this order; all of them by default.
        storage_options: For the storage, as `Target.open` takes them.

    Returns:
        An Arrow table; `.to_pandas()` makes it a data frame.

    Raises:
        InputError: TD3007 when the table, or one of the partitions, is not published.
        OutsideError: The storage cannot be read.
    """
    target = root if isinstance(root, Target) else Target.open(root, storage_options)
    wanted = None if keys is None else list(keys)
    published = target.published(dataset, table)
    missing = [key for key in wanted or () if key not in published]
    found = None if missing else target.dataset(dataset, table, wanted or None)
    if found is None:
        what = f"partition '{missing[0]}' of {dataset}.{table}" if missing else f"{dataset}.{table}"
        hint = closest(missing[0], list(published)) if missing and published else "generate it first"
        raise InputError("TD3007", f"{what} is not published in {target.url}", hint)
    with mapping_errors("read", f"{dataset}.{table} in {target.url}"):
        rows: pa.Table = found.schema.empty_table() if wanted == [] else found.to_table()
    return rows

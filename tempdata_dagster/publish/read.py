"""Published rows in memory, for notebooks and tests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from tempdata_dagster.core.errors import InputError, OutsideError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.failure import mapping_errors
from tempdata_dagster.publish.manifest import Manifest, now
from tempdata_dagster.publish.route import Place, open_place
from tempdata_dagster.publish.tables.travel import Version, parse_version, read_version

# Another run may replace what is read at any moment; a reader that meets that five times has other troubles.
ATTEMPTS = 5


def read_table(
    root: str | os.PathLike[str] | Place,
    dataset: str,
    table: str,
    keys: Iterable[str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    version: Version | None = None,
) -> pa.Table:
    """The published rows of a table, with its Hive folders (`date`) as columns.

    What another run replaces in the middle is read again.

    Args:
        root: The lake or the database: a folder, a URL or an open place.
        dataset: The dataset's name.
        table: The table's name.
        keys: Only these partitions, in this order; all of them by default.
        storage_options: For the storage or the database, as `open_place` takes them.
        version: Of a table format, an older version: its number (of Iceberg a snapshot's id), a moment, a day (what held when
            it ended, in UTC) or "yesterday".

    Returns:
        An Arrow table; `.to_pandas()` makes it a data frame.

    Raises:
        InputError: TD3007 when the table, or one of the partitions, is not published; TD3084 when there is no such version.
        OutsideError: The storage cannot be read.
    """
    place = open_place(os.fspath(root), storage_options) if isinstance(root, (str, os.PathLike)) else root
    wanted = None if keys is None else list(keys)
    if version is not None:
        return read_version(place, dataset, table, wanted, parse_version(version, now()))
    for attempt in range(ATTEMPTS):
        published = place.published(dataset, table)
        chosen = _choose(place, published, wanted, f"{dataset}.{table}")
        try:
            with mapping_errors("read", f"{dataset}.{table} in {place.url}"):
                found = place.open_published(chosen)
                # No keys at all are chosen as all of them, for their schema.
                rows: pa.Table = found.schema.empty_table() if wanted == [] else found.to_table()
        except OutsideError:
            # With the same manifests as before nothing was replaced, and reading again finds the same fault.
            if attempt == ATTEMPTS - 1 or place.published(dataset, table) == published:
                raise
        else:
            break
    return rows


def _choose(place: Place, published: dict[str, Manifest], wanted: list[str] | None, name: str) -> list[Manifest]:
    missing = [key for key in wanted or () if key not in published]
    if missing or not published:
        what = f"partition '{missing[0]}' of {name}" if missing else name
        hint = closest(missing[0], list(published)) if missing and published else "generate it first"
        raise InputError("TD3007", f"{what} is not published in {place.url}", hint)
    # A key that is given twice is not read twice.
    return [published[key] for key in dict.fromkeys(wanted or published)]

"""Reading older versions of table formats: time travel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.partition import Period, folder_names
from tempdata_dagster.publish.failure import mapping_errors
from tempdata_dagster.publish.layout import key_from_safe, owner_of
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.route import Place
from tempdata_dagster.publish.scan import format_of, hive_fields
from tempdata_dagster.publish.settle import log_of
from tempdata_dagster.publish.tables.files import TableParquet
from tempdata_dagster.publish.tables.log import LogState, TableLog
from tempdata_dagster.publish.tables.types import plain_type
from tempdata_dagster.publish.target import Target

Version = int | str | date | datetime
_WAYS = "give a number, a moment such as 2026-01-31T12:00, a day (what held when it ended, in UTC) or 'yesterday'"


def parse_version(version: Version, now: datetime) -> int | datetime:
    """The number or the moment that a version is told by.

    Args:
        version: A number; a moment, UTC where it has no zone; a day: the version that held when it ended, in UTC; or `yesterday`.
        now: For `yesterday`.

    Raises:
        InputError: TD3084 when it is none of these.
    """
    if isinstance(version, str):
        version = _parse_text(version, now)
    if isinstance(version, datetime):
        return version if version.tzinfo else version.replace(tzinfo=UTC)
    if isinstance(version, date):
        # To the last moment of the day: a commit at midnight is the next day's.
        return datetime.combine(version, time.max, UTC)
    return version


def _parse_text(text: str, now: datetime) -> int | date | datetime:
    if text == "yesterday":
        return now.astimezone(UTC).date() - timedelta(days=1)
    if text.isdecimal() and len(text) < 20:
        return int(text)
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-31") else datetime.fromisoformat(text)
    except ValueError:
        raise InputError("TD3084", f"'{text[:40]}' is no version of a table", _WAYS) from None


def read_version(place: Place, dataset: str, table: str, keys: list[str] | None, version: int | datetime) -> pa.Table:
    """The rows of a table as they were; the columns are those of the newest file of that version.

    Args:
        place: The lake.
        dataset: The dataset's name.
        table: The table's name.
        keys: Only these partitions; those that were not there yet have no rows.
        version: As `parse_version` tells it.

    Raises:
        InputError: TD3084 when there is no such version, or no more.
    """
    name = f"{dataset}.{table}"
    target, latest, log = _find_log(place, dataset, table)
    state = log.read(dataset, table, version)
    if state is None or not state.files:
        raise InputError("TD3084", f"{name} has no version of {version}", "its first is younger, or expired")
    wanted = {key: folder for key, folder in state.files.items() if keys is None or _partition_of(key) in keys}
    gone = [key for key in wanted if target.store.find(key) is None]
    if gone:
        said = f"version {state.version} of {name} cannot be read any more: {target.store.uri(gone[0])} was removed"
        raise InputError("TD3084", said, "gc keeps versions for as long as the table's own properties say")
    with mapping_errors("read", f"{name} in {target.url}"):
        return _read_files(target, state, wanted, latest)


def _find_log(place: Place, dataset: str, table: str) -> tuple[Target, Manifest | None, TableLog]:
    latest, log = None, None
    if isinstance(place, Target):
        manifests = place.published(dataset, table).values()
        latest = max(manifests, key=lambda manifest: manifest.published_at, default=None)
        log = log_of(place.store, latest) if latest else place.format.log(place.store)
    if log is None or not isinstance(place, Target):
        raise InputError("TD3084", f"{dataset}.{table} keeps no versions", "publish it as delta or iceberg")
    return place, latest, log


def _partition_of(key: str) -> str | None:
    owner = owner_of(key)
    return key_from_safe(owner[2]) if owner else None


def _read_files(target: Target, state: LogState, wanted: Mapping[str, str], latest: Manifest | None) -> pa.Table:
    import pyarrow.dataset as pads

    filesystem, root = target.store.filesystem()
    newest, folder = list(state.files.items())[-1]
    levels = hive_fields(_period_of(folder))
    with target.store.open(newest) as file:
        schema = pa.schema([*_restore_types(pq.read_schema(file), latest), *levels])
    partitioning = pads.HivePartitioning(pa.schema(levels)) if levels else None
    file_format = pads.ParquetFileFormat()
    fragments = [
        file_format.make_fragment(
            f"{root}/{key}", filesystem, partition_expression=partitioning.parse(f"{where}/") if partitioning else None
        )
        for key, where in wanted.items()
    ]
    return pads.FileSystemDataset(fragments, schema, file_format, filesystem).to_table()


def _restore_types(stored: pa.Schema, latest: Manifest | None) -> pa.Schema:
    """The types that columns have now, where they are stored as they were then: files know only those of the table."""
    file_format = format_of(latest) if latest else None
    if latest is None or not isinstance(file_format, TableParquet):
        return stored.remove_metadata()
    now = file_format.rules.stored_schema(latest.schema)
    same = {
        field.name
        for field in now
        if field.name in stored.names and plain_type(field.type) == stored.field(field.name).type
    }
    return pa.schema([latest.schema.field(field.name) if field.name in same else field for field in stored])


def _period_of(folder: str) -> Period | None:
    names = tuple(level.partition("=")[0] for level in folder.split("/") if level)
    return next((period for period in Period if folder_names(period) == names), None)

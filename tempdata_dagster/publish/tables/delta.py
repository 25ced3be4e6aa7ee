"""Delta Lake's log: a folder of numbered commits beside the files, each written only if it is not there yet."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from tempdata_dagster.core.errors import DataError, InputError
from tempdata_dagster.core.partition import folder_names
from tempdata_dagster.publish.failure import mapping_errors, miss_package
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest, now
from tempdata_dagster.publish.scan import hive_values
from tempdata_dagster.publish.stores import Lease, Store
from tempdata_dagster.publish.tables.log import LogState, check_ours, commit_facts, commit_repeatedly, table_columns
from tempdata_dagster.publish.tables.statistics import describe_columns
from tempdata_dagster.publish.tables.storage import object_store_options, object_store_url, secrets_of
from tempdata_dagster.publish.tables.types import DELTA

LOG = "_delta_log"
RETENTION = timedelta(days=7)
EXPIRED = "tempdata.expiredBefore"
_INTERVAL = re.compile(r"interval\s+(\d+)\s+(second|minute|hour|day|week)s?", re.IGNORECASE)


class RacedError(Exception):
    """Another writer committed first."""


class DeltaLog:
    """The logs of the Delta tables of one lake.

    Commits are never rebased: each is made for the very version that was read, else it begins anew. Rebased by the library, two
    writers that both fill a new partition would both succeed, and their rows be mixed.

    Args:
        store: The lake.

    Raises:
        InputError: TD3015 when deltalake is not installed, TD3081 for a lake in memory.
    """

    def __init__(self, store: Store) -> None:
        try:
            import deltalake
        except ImportError as error:
            raise miss_package("format 'delta'", "delta") from error
        self._library = deltalake
        self._store = store
        self._options = object_store_options(store)

    def _open(self, dataset: str, table: str, version: int | None = None) -> Any:
        """The table; None when there is none."""
        url = object_store_url(self._store, f"{dataset}/{table}")
        try:
            return self._library.DeltaTable(url, version=version, storage_options=self._options)
        except self._library.exceptions.TableNotFoundError:
            return None

    def _mapping(self, action: str, dataset: str, table: str) -> Any:
        return mapping_errors(action, self._store.uri(f"{dataset}/{table}/{LOG}"), secrets_of(self._store))

    def holds(self, manifest: Manifest) -> bool:
        """Whether the current version's files of a partition are exactly those of its manifest."""
        with self._mapping("read", manifest.dataset, manifest.table):
            table = self._open(manifest.dataset, manifest.table)
            return table is not None and _state(table, manifest.ref).files_of(manifest.ref) == set(manifest.keys)

    def read(self, dataset: str, table: str, at: int | datetime | None = None) -> LogState | None:
        """A version of a table."""
        with self._mapping("read", dataset, table):
            found = self._open(dataset, table)
            if found is None:
                return None
            times = _commit_times(found) if at is not None else _commit_times(found, 1)
            version = found.version()
            if isinstance(at, datetime):
                held = [number for number, moment in times.items() if moment <= at]
                if not held:
                    return None
                version = max(held)
            elif at is not None:
                version = at
            if version not in times:
                hint = f"its versions are {min(times)} to {max(times)}"
                raise InputError("TD3084", f"{dataset}.{table} has no version {version}", hint)
            if version != found.version():
                found = self._open(dataset, table, version)
            return _state(found, PartitionRef(dataset, table), times[version])

    def retained(self, dataset: str, table: str, keep: datetime | None) -> set[str]:
        """The keys that the current version names, or one that held at `keep` or later."""
        with self._mapping("read", dataset, table):
            found = self._open(dataset, table)
            if found is None:
                return set()
            ref = PartitionRef(dataset, table)
            since = _kept_since(found, keep)
            times = _commit_times(found)
            first = max((number for number, moment in times.items() if moment <= since), default=min(times))
            named = set(_state(found, ref).files) | set(_state(self._open(dataset, table, first), ref).files)
            for number in (number for number in times if number > first):
                named.update(self._added(ref, number))
            return named

    def _added(self, ref: PartitionRef, version: int) -> Iterator[str]:
        blob = self._store.read(f"{ref.table_folder}/{LOG}/{version:020d}.json")
        for line in (blob.data if blob else b"").splitlines():
            action = json.loads(line).get("add")
            if action:
                yield f"{ref.table_folder}/{unquote(action['path'])}"

    def expire(self, dataset: str, table: str, keep: datetime | None, before: datetime) -> list[str]:  # noqa: ARG002 - Iceberg's
        """Write down which versions are to lose files, before they do; old commits are removed by deltalake's checkpoints."""
        with self._mapping("expire versions of", dataset, table):
            found = self._open(dataset, table) if keep else None
            if found is not None and keep is not None and keep > _kept_since(found, None):
                found.alter.set_table_properties({EXPIRED: keep.isoformat()}, raise_if_not_exists=False)
        return []

    def commit(self, new: Manifest, lease: Lease) -> None:
        """Replace a partition's files in one transaction."""
        with self._mapping("commit to", new.dataset, new.table):
            commit_repeatedly(
                lambda: self._attempt(new.ref, lambda table: self._change(table, new)),
                lease,
                (RacedError,),
                str(new.ref),
            )

    def remove(self, ref: PartitionRef, lease: Lease) -> None:
        """Take a partition out of the current version."""

        def change(table: Any) -> None:
            old = _state(table, ref).files_of(ref) if table is not None else set()
            if old:
                properties = self._library.CommitProperties(max_commit_retries=0)
                names = table.metadata().partition_columns
                gone = self._remove_actions(ref, old)
                table.create_write_transaction(gone, "append", table.schema(), names, commit_properties=properties)

        with self._mapping("commit to", ref.dataset, ref.table):
            commit_repeatedly(lambda: self._attempt(ref, change), lease, (RacedError,), str(ref))

    def drop(self, dataset: str, table: str) -> None:
        """Remove the commits."""
        self._store.delete([entry.key for entry in self._store.entries(f"{dataset}/{table}/{LOG}")])

    def _attempt(self, ref: PartitionRef, change: Callable[[Any], None]) -> None:
        """Change the table as it is now; None stands for one that is not there yet."""
        table = self._open(ref.dataset, ref.table)
        base = -1 if table is None else table.version()
        try:
            change(table)
        except self._library.exceptions.DeltaError as error:
            # The library tells a lost race and a failed write by the same class; a version that moved on was a race.
            found = self._open(ref.dataset, ref.table)
            if found is not None and found.version() > base:
                raise RacedError from error
            raise

    def _change(self, table: Any, new: Manifest) -> None:
        if table is None:
            self._create(new)
        else:
            self._replace(table, new)

    def _create(self, new: Manifest) -> None:
        from deltalake.transaction import create_table_with_add_actions

        create_table_with_add_actions(
            object_store_url(self._store, new.ref.table_folder),
            self._schema(new),
            self._add_actions(new, new.keys),
            mode="error",
            partition_by=list(folder_names(new.period)),
            name=f"{new.dataset}.{new.table}",
            description="synthetic, by tempdata",
            storage_options=self._options,
            commit_properties=self._properties(new),
        )

    def _replace(self, table: Any, new: Manifest) -> None:
        state = _state(table, new.ref)
        old = state.files_of(new.ref)
        if old == set(new.keys):
            return
        check_ours(new, table.metadata().partition_columns, old)
        schema = self._schema(new)
        if set(state.files) != old:
            schema = self._merge(table.schema(), schema, new)
        self._allow_local_times(table, schema)
        names = list(folder_names(new.period))
        kept = old & set(new.keys)
        if not kept:
            filters = [(name, "=", value) for name, value in hive_values(new.ref).items()]
            table.create_write_transaction(
                self._add_actions(new, new.keys), "overwrite", schema, names, filters or None,
                commit_properties=self._properties(new),
            )  # fmt: skip
            return
        # A commit must not add and remove one path, as the library's own overwriting would: of the files that stay it says
        # nothing. They have the columns of the new ones, so that the table's schema is right already.
        actions = [
            *self._add_actions(new, sorted(set(new.keys) - kept)),
            *self._remove_actions(new.ref, sorted(old - kept)),
        ]
        table.create_write_transaction(
            actions, "append", table.schema(), names, commit_properties=self._properties(new)
        )

    def _allow_local_times(self, table: Any, schema: Any) -> None:
        """Raise the table's protocol for timestamps without a zone: without it the commit would make the table unreadable."""
        if "timestamp_ntz" in schema.to_json() and "timestampNtz" not in (table.protocol().reader_features or ()):
            feature = self._library.TableFeatures.TimestampWithoutTimezone
            table.alter.add_feature(feature, allow_protocol_versions_increase=True)

    def _schema(self, new: Manifest) -> Any:
        return self._library.Schema.from_arrow(table_columns(new, DELTA))

    def _merge(self, old: Any, new: Any, manifest: Manifest) -> Any:
        """The columns of the table as it is, and those that come with the rows."""
        before = {field.name: field.type for field in old.fields}
        for field in new.fields:
            was = before.get(field.name, field.type)
            if was != field.type:
                message = f"{manifest.ref}: column '{field.name}' is {field.type} now, and {was} in the table's other partitions"
                hint = "keep its type, give it another name, or remove the table and publish all partitions again"
                raise DataError("TD3080", message, hint)
        return self._library.Schema([*old.fields, *(field for field in new.fields if field.name not in before)])

    def _properties(self, new: Manifest) -> Any:
        return self._library.CommitProperties(custom_metadata=commit_facts(new), max_commit_retries=0)

    def _add_actions(self, new: Manifest, keys: Iterable[str]) -> list[Any]:
        from deltalake.transaction import AddAction

        sizes = dict(zip(new.keys, (file.bytes for file in new.files), strict=True))
        moment = time.time_ns() // 10**6
        actions = []
        for key in keys:
            with self._store.open(key) as file:
                statistics = describe_columns(pq.read_metadata(file))
            path = key.removeprefix(f"{new.ref.table_folder}/")
            actions.append(AddAction(path, sizes[key], hive_values(new.ref), moment, True, statistics))
        return actions

    def _remove_actions(self, ref: PartitionRef, keys: Iterable[str]) -> list[Any]:
        from deltalake.transaction import RemoveAction

        moment = time.time_ns() // 10**6
        folder = f"{ref.table_folder}/"
        values: dict[str, str | None] = {**hive_values(ref)}
        return [RemoveAction(key.removeprefix(folder), True, moment, None, values) for key in keys]


def _state(table: Any, ref: PartitionRef, committed_at: datetime | None = None) -> LogState:
    actions = pa.table(table.get_add_actions(flatten=True))
    names = table.metadata().partition_columns
    rows = actions.select(["path", "modification_time", *(f"partition.{name}" for name in names)]).to_pylist()
    files = {}
    for row in sorted(rows, key=lambda row: (row["modification_time"], row["path"])):
        levels = [f"{name}={_render(name, row[f'partition.{name}'])}" for name in names]
        files[f"{ref.table_folder}/{unquote(row['path'])}"] = "/".join(levels)
    return LogState(table.version(), committed_at or datetime.fromtimestamp(0, UTC), files)


def _render(name: str, value: object) -> str:
    if name == "hour" and isinstance(value, int):
        return f"{value:02d}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _commit_times(table: Any, limit: int | None = None) -> dict[int, datetime]:
    """The versions that the log still knows, and when each was committed."""
    told = [(one["version"], one.get("timestamp", 0)) for one in table.history(limit)]
    return {version: datetime.fromtimestamp(moment / 1000, UTC) for version, moment in sorted(told)}


def _kept_since(table: Any, keep: datetime | None) -> datetime:
    """The moment from which on versions can be read: by the table's properties, or later where files were removed already."""
    configuration = table.metadata().configuration
    match = _INTERVAL.fullmatch(configuration.get("delta.deletedFileRetentionDuration", "").strip())
    retention = timedelta(**{f"{match[2].lower()}s": int(match[1])}) if match else RETENTION
    moments = [keep or now() - retention]
    if EXPIRED in configuration:
        moments.append(datetime.fromisoformat(configuration[EXPIRED]))
    for commit in table.history():
        told = commit.get("operationParameters", {}).get("specifiedRetentionMillis")
        if commit.get("operation") == "VACUUM START" and told is not None:
            moments.append(datetime.fromtimestamp((commit["timestamp"] - int(told)) / 1000, UTC))
    return max(moments)

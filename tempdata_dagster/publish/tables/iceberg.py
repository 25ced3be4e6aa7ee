"""Apache Iceberg's snapshots: metadata files beside the data, and a row in an SQL catalog that says which of them holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from tempdata_dagster.core.errors import DataError, InputError
from tempdata_dagster.core.partition import folder_names
from tempdata_dagster.publish.failure import mapping_errors, miss_package
from tempdata_dagster.publish.layout import PartitionRef, is_of_log
from tempdata_dagster.publish.manifest import Manifest, now
from tempdata_dagster.publish.stores import Lease, Store
from tempdata_dagster.publish.tables.log import LogState, check_ours, commit_facts, commit_repeatedly, table_columns
from tempdata_dagster.publish.tables.snapshots import (
    data_file,
    file_keys,
    find_files,
    find_files_of_all,
    has_columns,
    partition_filter,
    snapshots_since,
)
from tempdata_dagster.publish.tables.storage import file_io_properties, secrets_of
from tempdata_dagster.publish.tables.types import ICEBERG

CATALOG = "tempdata"
CATALOG_FILE = "catalog.db"
RETENTION = timedelta(days=5)
NAME_MAPPING = "schema.name-mapping.default"
AGE_PROPERTY = "history.expire.max-snapshot-age-ms"
_RETRIES = "commit.retry.num-retries"


class IcebergLog:
    """The snapshots of the Iceberg tables of one lake. A dataset is a namespace of the catalog `tempdata`.

    Args:
        store: The lake.
        catalog: SQLAlchemy's URL of the catalog; empty for a SQLite file in the lake's folder.

    Raises:
        InputError: TD3015 when pyiceberg is not installed, TD3081 for a lake that cannot have a catalog of its own.
    """

    def __init__(self, store: Store, catalog: str) -> None:
        try:
            from pyiceberg.catalog import sql
        except ImportError as error:
            raise miss_package("format 'iceberg'", "iceberg") from error
        self._library = sql
        self._store = store
        self._properties = file_io_properties(store)
        self._file = None if catalog else self._own_file(store)
        self._url = catalog or f"sqlite:///{self._file}"
        self._secrets = secrets_of(store) | {
            unquote(urlsplit(self._url).password or ""),
            urlsplit(self._url).password or "",
        } - {""}

    @staticmethod
    def _own_file(store: Store) -> Path:
        if "://" in store.url:
            hint = "name a database by the option catalog_env"
            raise InputError("TD3081", f"an Iceberg lake at {store.url} needs a catalog elsewhere", hint)
        return Path(store.uri(CATALOG_FILE))

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """The catalog, for as long as the block lasts: its connections must not travel to other threads and processes."""
        catalog = self._library.SqlCatalog(
            CATALOG, uri=self._url, warehouse=self._store.url, schema_version="v1", **self._properties
        )
        try:
            yield catalog
        finally:
            catalog.engine.dispose()

    @contextmanager
    def _catalog(self, action: str, ref: PartitionRef) -> Iterator[Any]:
        with mapping_errors(action, self._store.uri(ref.table_folder), self._secrets), self._open() as catalog:
            yield catalog

    def _is_begun(self) -> bool:
        # Opening a SQLite file that is not there would create it, in a lake that is only read.
        return self._file is None or self._file.exists()

    def _load(self, catalog: Any, ref: PartitionRef) -> Any:
        """The table; None when there is none."""
        from pyiceberg.exceptions import NoSuchTableError

        try:
            return catalog.load_table((ref.dataset, ref.table))
        except NoSuchTableError:
            return None

    def holds(self, manifest: Manifest) -> bool:
        """Whether the current version's files of a partition are exactly those of its manifest."""
        ref = manifest.ref
        if not self._is_begun():
            return False
        with self._catalog("read the log of", ref) as catalog:
            table = self._load(catalog, ref)
            if table is None:
                return False
            found = find_files(table, table.current_snapshot(), partition_filter(ref))
            return set(file_keys(table, ref, found)) == set(manifest.keys)

    def read(self, dataset: str, table: str, at: int | datetime | None = None) -> LogState | None:
        """A version of a table, by its snapshot."""
        ref = PartitionRef(dataset, table)
        if not self._is_begun():
            return None
        with self._catalog("read the log of", ref) as catalog:
            found = self._load(catalog, ref)
            snapshot = found and _choose(found, at)
            if snapshot is None:
                if isinstance(at, int) and found is not None:
                    hint = f"it has {', '.join(str(one.snapshot_id) for one in found.snapshots()[-5:])}"
                    raise InputError("TD3084", f"{ref} has no version {at}", hint)
                return None
            moment = datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
            return LogState(snapshot.snapshot_id, moment, file_keys(found, ref, find_files(found, snapshot)))

    def retained(self, dataset: str, table: str, keep: datetime | None) -> set[str]:
        """The keys that the current version names, or one that held at `keep` or later."""
        ref = PartitionRef(dataset, table)
        if not self._is_begun():
            return set()
        with self._catalog("read the log of", ref) as catalog:
            found = self._load(catalog, ref)
            if found is None:
                return set()
            kept = snapshots_since(found, keep or now() - _retention(found.properties))
            return set(file_keys(found, ref, find_files_of_all(found, kept)))

    def expire(self, dataset: str, table: str, keep: datetime | None, before: datetime) -> list[str]:
        """Expire snapshots, and remove the metadata files that only they name."""
        ref = PartitionRef(dataset, table)
        if not self._is_begun():
            return []
        with self._catalog("expire snapshots of", ref) as catalog:
            found = self._load(catalog, ref)
            if found is None:
                return []
            kept = {one.snapshot_id for one in snapshots_since(found, keep or now() - _retention(found.properties))}
            gone = [one.snapshot_id for one in found.snapshots() if one.snapshot_id not in kept]
            if gone:
                found.maintenance.expire_snapshots().by_ids(gone).commit()
                found = found.refresh()
            folder = f"{ref.table_folder}/metadata"
            needed = set(self._named_metadata(found, folder))
            entries = [entry for entry in self._store.entries(folder) if is_of_log(entry.key)]
            removed = [entry.key for entry in entries if entry.modified <= before and entry.key not in needed]
            self._store.delete(removed)
            return removed

    def _named_metadata(self, table: Any, folder: str) -> Iterator[str]:
        """The keys of the metadata files that a table still needs."""
        paths = [table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)]
        for snapshot in table.snapshots():
            paths += [snapshot.manifest_list, *(one.manifest_path for one in snapshot.manifests(table.io))]
        yield from (f"{folder}/{path.rpartition('/')[2]}" for path in paths)

    def commit(self, new: Manifest, lease: Lease) -> None:
        """Replace a partition's files in one transaction."""

        def change(catalog: Any) -> None:
            table = self._load(catalog, new.ref)
            if table is None:
                catalog.create_namespace_if_not_exists(new.dataset)
                self._create(catalog, new)
            else:
                self._replace(table, new)

        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        self._commit_repeatedly(change, new.ref, lease)

    def remove(self, ref: PartitionRef, lease: Lease) -> None:
        """Take a partition out of the current version."""

        def change(catalog: Any) -> None:
            table = self._load(catalog, ref)
            old = find_files(table, table.current_snapshot(), partition_filter(ref)) if table is not None else []
            if old:
                table.metadata.properties[_RETRIES] = "0"
                with table.transaction() as transaction, transaction.update_snapshot().overwrite() as update:
                    for file in old:
                        update.delete_data_file(file)

        if self._is_begun():
            self._commit_repeatedly(change, ref, lease)

    def drop(self, dataset: str, table: str) -> None:
        """Remove the table from the catalog, and its metadata."""
        ref = PartitionRef(dataset, table)
        if not self._is_begun():
            return
        with self._catalog("remove the log of", ref) as catalog:
            if self._load(catalog, ref) is not None:
                catalog.drop_table((dataset, table))
        entries = self._store.entries(f"{ref.table_folder}/metadata")
        self._store.delete([entry.key for entry in entries if is_of_log(entry.key)])

    def _commit_repeatedly(self, change: Callable[[Any], None], ref: PartitionRef, lease: Lease) -> None:
        from pyiceberg import exceptions as one_of
        from sqlalchemy.exc import IntegrityError, OperationalError

        conflicts = (
            one_of.CommitFailedException, one_of.ValidationException, one_of.TableAlreadyExistsError,
            one_of.NamespaceAlreadyExistsError, IntegrityError, _BusyError,
        )  # fmt: skip

        def attempt() -> None:
            try:
                with self._open() as catalog:
                    change(catalog)
            except OperationalError as error:
                # SQLite's word for a writer that waited too long, and for two who create the catalog at once.
                if "locked" in str(error) or "already exists" in str(error):
                    raise _BusyError from error
                raise

        with mapping_errors("commit to", self._store.uri(ref.table_folder), self._secrets):
            commit_repeatedly(attempt, lease, conflicts, str(ref))

    def _create(self, catalog: Any, new: Manifest) -> None:
        """The table and its first partition, in one commit."""
        from pyiceberg.partitioning import PartitionField, PartitionSpec
        from pyiceberg.schema import assign_fresh_schema_ids
        from pyiceberg.transforms import IdentityTransform

        columns = table_columns(new, ICEBERG)
        schema = assign_fresh_schema_ids(catalog._convert_schema_if_needed(columns))  # noqa: SLF001 - the way of create_table
        spec = PartitionSpec(
            *(
                PartitionField(schema.find_field(name).field_id, 1000 + number, IdentityTransform(), name)
                for number, name in enumerate(folder_names(new.period))
            )
        )
        transaction = catalog.create_table_transaction(
            (new.dataset, new.table),
            schema,
            location=self._store.uri(new.ref.table_folder),
            partition_spec=spec,
            # Files are written before anybody knows the ids of the table's columns: they are found by their names.
            properties={NAME_MAPPING: schema.name_mapping.model_dump_json(), "comment": "synthetic, by tempdata"},
        )
        self._add_snapshot(transaction, new, new.keys, ())
        transaction.commit_transaction()

    def _replace(self, table: Any, new: Manifest) -> None:
        # In this copy alone: rebased by the library, a commit would keep to files that it saw before.
        table.metadata.properties[_RETRIES] = "0"
        found = list(find_files(table, table.current_snapshot(), partition_filter(new.ref)))
        old = dict(zip(file_keys(table, new.ref, found), found, strict=True))
        if set(old) == set(new.keys):
            return
        check_ours(new, [field.name for field in table.spec().fields], old)
        if table.location().rstrip("/") != self._store.uri(new.ref.table_folder):
            hint = "name another catalog, or remove the table from this one"
            raise InputError("TD3082", f"{new.ref}: the catalog has the table at {table.location()}", hint)
        transaction = table.transaction()
        columns = table_columns(new, ICEBERG)
        # Asking the library for nothing takes as long as for a change: it copies the table's whole history many times.
        if not has_columns(table.schema(), columns):
            self._evolve(transaction, new, columns)
        gone = [file for key, file in old.items() if key not in new.keys]
        self._add_snapshot(transaction, new, [key for key in new.keys if key not in old], gone)
        transaction.commit_transaction()

    def _evolve(self, transaction: Any, new: Manifest, columns: pa.Schema) -> None:
        """Add the columns that come with the rows, and widen types where Iceberg allows it."""
        from pyiceberg.exceptions import ResolveError, ValidationError

        try:
            with transaction.update_schema() as update:
                update.union_by_name(columns)
        except (ResolveError, ValidationError, ValueError) as error:
            said = str(error).strip().splitlines()[0][:200]
            hint = "keep the column's type, give it another name, or remove the table and publish all partitions again"
            raise DataError("TD3080", f"{new.ref}: the table's columns cannot become these ({said})", hint) from error

    def _add_snapshot(self, transaction: Any, new: Manifest, keys: Iterable[str], gone: Iterable[Any]) -> None:
        files = dict(zip(new.keys, new.files, strict=True))
        metadata = transaction.table_metadata
        with transaction.update_snapshot(snapshot_properties=commit_facts(new)).overwrite() as update:
            for key in keys:
                update.append_data_file(data_file(self._store, metadata, new.ref, key, files[key]))
            for file in gone:
                update.delete_data_file(file)


class _BusyError(Exception):
    """The catalog's database is in use."""


def _choose(table: Any, at: int | datetime | None) -> Any:
    if at is None:
        return table.current_snapshot()
    if isinstance(at, int):
        return table.snapshot_by_id(at)
    held = [one for one in table.history() if one.timestamp_ms <= at.timestamp() * 1000]
    return table.snapshot_by_id(held[-1].snapshot_id) if held else None


def _retention(properties: dict[str, str]) -> timedelta:
    told = properties.get(AGE_PROPERTY, "")
    return timedelta(milliseconds=int(told)) if told.isdecimal() else RETENTION

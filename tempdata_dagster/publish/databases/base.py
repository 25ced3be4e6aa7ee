"""A database that is published to: what all of them do, in terms of a session, a dialect and a conversion."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import pyarrow as pa

from tempdata_dagster.core.errors import ConflictError, InputError, TransientError
from tempdata_dagster.core.registry import Registry, closest
from tempdata_dagster.publish.databases.catalog import Catalog, Stored, TableRecord
from tempdata_dagster.publish.databases.conversion import Conversion
from tempdata_dagster.publish.databases.failure import RETRIED, DriverError, mapping_errors
from tempdata_dagster.publish.databases.publication import Publication, Rows, partition_values
from tempdata_dagster.publish.databases.references import Reference
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.databases.url import Address, DatabaseOptions, read_options
from tempdata_dagster.publish.keys import TableKeys
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.protocol import PublishedPartition
from tempdata_dagster.publish.sql import DIALECTS, Dialect, Namespace
from tempdata_dagster.publish.target import hive_fields
from tempdata_dagster.publish.verify import Finding

Result = TypeVar("Result")
Converter = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Database:
    """A database by its URL. Picklable: a connection lasts for one call and is never kept.

    Attributes:
        url: Without credentials.
        options: As the class's `options_class` has them; never shown.

    Raises:
        InputError: TD3003 for credentials in the URL, TD3066 for one that names no database, TD3004 for an unknown option.
    """

    url: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    on_server: ClassVar[bool] = True
    has_schemas: ClassVar[bool] = False
    options_class: ClassVar[type[DatabaseOptions]] = DatabaseOptions
    conversion_class: ClassVar[type[Conversion]] = Conversion
    dialect_name: ClassVar[str] = ""

    def __post_init__(self) -> None:
        # For their errors: wrong settings are heard of before any work.
        _ = (self.address, self.settings)

    @cached_property
    def address(self) -> Address:
        """The URL, taken apart."""
        return Address.parse(self.url, self.on_server)

    @cached_property
    def settings(self) -> Any:
        """The options, checked."""
        return read_options(self.options_class, self.options, self.dialect_name)

    @cached_property
    def dialect(self) -> Dialect:
        """The database's SQL."""
        return DIALECTS.get(self.dialect_name)()

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url, "options": dict(self.options)}

    def connect(self) -> Session:
        """Open a connection."""
        raise NotImplementedError

    def understand(self, error: BaseException) -> DriverError | None:
        """What a driver's error means; None for one that is not the driver's."""
        raise NotImplementedError

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never show."""
        secret = getattr(self.settings, "secret", None)
        return (secret,) if secret else ()

    def space(self, dataset: str) -> Namespace:
        """Where the tables of a dataset lie."""
        schema = (getattr(self.settings, "schema_", None) or dataset) if self.has_schemas else None
        return Namespace(schema, self.settings.prefix)

    def table_name(self, dataset: str, table: str) -> str:
        """The quoted name of a table."""
        return self.dialect.table_name(self.space(dataset), table)

    def where(self, ref: PartitionRef) -> str:
        """The condition of a partition's rows; "" for a static table."""
        # Literals are safe: a partition's key is checked to be dates and digits.
        values = partition_values(ref)
        told = " AND ".join(f"{self.dialect.quote(name)} = '{value}'" for name, value in values.items())
        return f" WHERE {told}" if told else ""

    def uri(self, ref: PartitionRef) -> str:
        """Where a partition is, for people; never with credentials."""
        space = self.space(ref.dataset)
        name = ".".join(filter(None, (space.schema, space.prefix + ref.table)))
        levels = "".join(f"/{column}={value}" for column, value in partition_values(ref).items())
        return f"{self.url}#{name}{levels}"

    def check_usable(self) -> None:
        """Find out before any work whether the database can be reached and written to.

        Raises:
            OutsideError: TD3010 to TD3014 when it cannot.
            InputError: TD3015 when its driver is not installed.
        """
        with self._session("connect to") as session:
            session.query("SELECT 1")

    def publish(
        self,
        manifest: Manifest,
        rows: Rows | Sequence[pa.RecordBatch],
        *,
        overwrite: bool = False,
        expected: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> PublishedPartition:
        """Replace one partition, in one transaction.

        Args:
            manifest: What is published, without files: its schema, keys, rows and content hash.
            rows: A function that gives the batches, anew with every call; or a list of them.
            overwrite: Replace a table of this name that tempdata did not make, and load even what is in place.
            expected: The content hash that is believed to hold now, "" for none; not compared when it is None.
            progress: Told of the rows of each batch that was loaded.

        Raises:
            ConflictError: TD3020 when another run published meanwhile.
            InputError: TD3022, TD3060 to TD3063 when the table cannot be as asked.
            GenerationError: TD3045 for a cell that the database cannot hold.
            DataError: TD3062, TD3064 for rows that break a key.
            TransientError: TD3010, TD3031, TD3068.
            TerminalError: TD3011 to TD3014, TD3026.
        """
        give: Rows = rows if callable(rows) else lambda: iter(rows)
        ready = manifest.model_copy(update={"format": self.dialect_name, "format_options": {}, "files": ()})
        # For its errors: a type or a name that cannot be is heard of before anything is opened.
        self.dialect.create_table(self.space(ready.dataset), ready.table, ready.schema, ready.table_keys)
        end = time.monotonic() + self.settings.lock_wait
        while True:
            try:
                return self._publish_once(ready, give, overwrite=overwrite, expected=expected, progress=progress)
            except TransientError as error:
                if error.code != RETRIED or time.monotonic() > end:
                    raise
                # Two that were in each other's way must not meet again at the same moment.
                time.sleep(random.SystemRandom().uniform(0.01, 0.2))

    def _publish_once(self, manifest: Manifest, rows: Rows, **how: Any) -> PublishedPartition:
        ref = manifest.ref
        with self._session("publish to", ref) as session:
            catalog = Catalog(session, self.dialect, self.space(ref.dataset))
            catalog.create(self.settings.lock_wait)
            session.begin()
            session.lock(f"{self.url}#{self.table_name(ref.dataset, ref.table)}", self.settings.lock_wait)
            before = catalog.find(ref)
            publication = Publication(self, session, catalog, manifest, rows, **how)
            try:
                status = publication.run()
            # Also for Ctrl-C; the driver would undo it too, though some only when the connection is collected.
            except BaseException:
                session.rollback()
                raise
            try:
                session.commit()
            except Exception as error:
                found = self.understand(error)
                if found is None or found.cause != "lost":
                    raise
                self._find_winner(manifest, before)
        return PublishedPartition(status, manifest, self.uri(ref))

    def _find_winner(self, manifest: Manifest, before: Stored | None) -> None:
        """After a commit without an answer: read back whose manifest holds.

        Raises:
            TransientError: TD3010 when it is the old one.
            ConflictError: TD3020 when it is another's.
        """
        held = self.manifest(manifest.ref)
        if held is not None and (held.run_id, held.content_hash) == (manifest.run_id, manifest.content_hash):
            return
        if held == (before.manifest if before else None):
            raise TransientError("TD3010", f"the connection was lost before {manifest.ref} was committed", "run again")
        raise ConflictError("TD3020", f"{manifest.ref} was published by another run meanwhile", "run again")

    def fill(self, publication: Publication) -> str:
        """Load the rows of a publication and see to its foreign keys; returns the rows' digest."""
        digest = publication.replace()
        publication.refuse_orphans()
        return digest

    def create_table(
        self, session: Session, dataset: str, table: str, record: TableRecord, partition_columns: list[str]
    ) -> None:
        """Make a table with its primary key and its indexes."""
        space, keys = self.space(dataset), self.declared(record.keys)
        session.execute(
            self.dialect.create_table(space, table, record.schema, keys, partition_columns=partition_columns)
        )
        for statement in self.dialect.indexes(space, table, record.keys, partition_columns):
            session.execute(statement)

    def declared(self, keys: TableKeys) -> TableKeys:
        """The keys as CREATE TABLE declares them."""
        return keys if self.settings.foreign_keys != "none" else keys.model_copy(update={"foreign": ()})

    def drop_references(self, session: Session, dataset: str, table: str, references: list[Reference]) -> None:
        """Remove the foreign keys that would keep a table from being dropped; most databases need none of it."""

    def conversion(self, record: TableRecord) -> tuple[pa.Schema, Converter]:
        """The schema of rows as the driver takes them, and a function that makes them so."""
        columns = [self.conversion_class(one, self.longest_key(one, record)) for one in record.schema]
        empty = pa.schema(
            [
                pa.field(one.name, column.store(pa.nulls(0, one.type)).type)
                for one, column in zip(record.schema, columns, strict=True)
            ]
        )

        def convert(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                arrays = [column.store(array) for column, array in zip(columns, batch.columns, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=empty)

        return empty, convert

    def longest_key(self, column: pa.Field, record: TableRecord) -> int | None:  # noqa: ARG002 - MySQL needs them
        """How long the texts of a column may be; None for any length."""
        return None

    def published(self, dataset: str, table: str, keys: Iterable[str] | None = None) -> dict[str, Manifest]:
        """What holds of a table, by partition key (`static` for a static table), in the order of the keys."""
        wanted = None if keys is None else set(keys)
        nothing: dict[str, Stored] = {}
        found = self._look(dataset, lambda catalog: catalog.partitions(dataset, table), nothing)
        return {key: one.manifest for key, one in found.items() if wanted is None or key in wanted}

    def published_keys(self, dataset: str, table: str) -> list[str]:
        """The keys of `published`, without reading a manifest."""
        return self._look(dataset, lambda catalog: catalog.keys(dataset, table), [])

    def manifest(self, ref: PartitionRef) -> Manifest | None:
        """What holds of one partition; None when it is not published."""
        found = self._look(ref.dataset, lambda catalog: catalog.find(ref), None)
        return found.manifest if found else None

    def read(
        self, dataset: str, table: str, keys: Iterable[str] | None = None, columns: Sequence[str] | None = None
    ) -> pa.RecordBatchReader:
        """The published rows of a table with exactly the manifest's types, and its partition's columns.

        Args:
            dataset: The dataset's name.
            table: The table's name.
            keys: Only these partitions, in this order; all of them by default.
            columns: Only these.

        Raises:
            InputError: TD3007 when the table, or one of the partitions, is not published, or a column is not there.
        """
        found = self.published(dataset, table)
        wanted = list(dict.fromkeys(found if keys is None else keys))
        missing = [key for key in wanted if key not in found]
        if missing or not found:
            what = f"partition '{missing[0]}' of {dataset}.{table}" if missing else f"{dataset}.{table}"
            hint = closest(missing[0], list(found)) if missing and found else "generate it first"
            raise InputError("TD3007", f"{what} is not published in {self.url}", hint)
        # Columns may have come since: those that an older partition lacks are null there.
        latest = max(found.values(), key=lambda manifest: manifest.published_at)
        schema = pa.schema([*latest.schema, *hive_fields(latest.period)])
        for name in columns or ():
            if name not in schema.names:
                raise InputError("TD3007", f"{dataset}.{table} has no column '{name}'", closest(name, schema.names))
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        refs = [found[key].ref for key in wanted]
        return pa.RecordBatchReader.from_batches(schema, self._read(refs, schema))

    def _read(self, refs: list[PartitionRef], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for ref in refs:
            with self._session("read", ref) as session:
                yield from self.select(session, ref, schema)

    def select(self, session: Session, ref: PartitionRef, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of one partition."""
        names = self.dialect.quote_all(schema.names) or "1"
        return session.stream(f"SELECT {names} FROM {self.table_name(ref.dataset, ref.table)}{self.where(ref)}", schema)

    def verify(self, dataset: str) -> list[Finding]:
        """Compare every published row of a dataset with what was loaded; see `upkeep.verify`."""
        from tempdata_dagster.publish.databases.upkeep import verify

        return verify(self, dataset)

    def purge(self, dataset: str) -> list[str]:
        """Remove a dataset's tables and manifests; see `upkeep.purge`."""
        from tempdata_dagster.publish.databases.upkeep import purge

        return purge(self, dataset)

    def catalog_of(self, session: Session, dataset: str) -> Catalog:
        """What is published, over an open session."""
        return Catalog(session, self.dialect, self.space(dataset))

    @contextmanager
    def session(self, action: str) -> Iterator[Session]:
        """A connection, for what reads or cleans the whole database; drivers' errors are mapped."""
        with self._session(action) as session:
            yield session

    def _look(self, dataset: str, look: Callable[[Catalog], Result], nothing: Result) -> Result:
        with self._session("read") as session:
            catalog = self.catalog_of(session, dataset)
            return look(catalog) if catalog.exists else nothing

    @contextmanager
    def _session(self, action: str, ref: PartitionRef | None = None) -> Iterator[Session]:
        place = self.uri(ref) if ref else self.url
        with mapping_errors(self.understand, action, place, self.secrets):
            session = self.connect()
            try:
                yield session
            finally:
                session.close()


DATABASES: Registry[Database] = Registry("database", "tempdata_dagster.publish.databases")

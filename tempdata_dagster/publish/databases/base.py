"""A database that is published to: what all of them do, in terms of a session, a dialect and a conversion."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa

from tempdata_dagster.core.errors import ConflictError, InputError, TransientError
from tempdata_dagster.core.registry import Registry
from tempdata_dagster.publish.databases.catalog import Catalog, Stored, TableRecord
from tempdata_dagster.publish.databases.conversion import Conversion
from tempdata_dagster.publish.databases.failure import RETRIED
from tempdata_dagster.publish.databases.publication import Publication, Rows
from tempdata_dagster.publish.databases.reading import Reader
from tempdata_dagster.publish.databases.references import Reference
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.keys import TableKeys
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.protocol import PublishedPartition
from tempdata_dagster.publish.verify import Finding

if TYPE_CHECKING:
    pass

Converter = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class Database(Reader):
    """A database that is published to; see `Connection` for its URL and options."""

    conversion_class: ClassVar[type[Conversion]] = Conversion

    def publish(
        self,
        ref: PartitionRef,
        rows: Rows | Sequence[pa.RecordBatch],
        schema: pa.Schema,
        manifest: Manifest,
        *,
        expected: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> PublishedPartition:
        """Replace one partition, in one transaction.

        Args:
            ref: The partition.
            rows: A function that gives the batches, anew with every call; or a list of them.
            schema: The rows' schema.
            manifest: What is published, without files: of this partition and this schema.
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
        name, options = self.format_facts()
        ready = manifest.model_copy(update={"format": name, "format_options": options, "files": ()})
        if ready.ref != ref or not ready.schema.equals(schema):
            raise InputError("TD3024", f"the manifest is not of {ref}, or of other columns", "describe the rows anew")
        # For its errors: a type or a name that cannot be is heard of before anything is opened.
        self.dialect.create_table(self.space(ready.dataset), ready.table, ready.schema, ready.table_keys)
        end = time.monotonic() + self.settings.lock_wait
        while True:
            try:
                return self._publish_once(ready, give, expected=expected, progress=progress)
            except TransientError as error:
                if error.code != RETRIED or time.monotonic() > end:
                    raise
                # Two that were in each other's way must not meet again at the same moment.
                time.sleep(secrets.SystemRandom().uniform(0.01, 0.2))

    def _publish_once(self, manifest: Manifest, rows: Rows, **how: Any) -> PublishedPartition:
        ref = manifest.ref
        with self.session("publish to", ref) as session:
            catalog = Catalog(session, self.dialect, self.space(ref.dataset))
            catalog.create(self.settings.lock_wait)
            session.begin()
            session.lock(f"{self.url}#{self.table_name(ref.dataset, ref.table)}", self.settings.lock_wait)
            before = catalog.find(ref)
            publication = Publication(self, session, catalog, manifest, rows, overwrite=self.settings.overwrite, **how)
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

    def verify(self, dataset: str | None = None) -> list[Finding]:
        """Compare every published row with what was loaded; see `upkeep.verify`."""
        from tempdata_dagster.publish.databases.upkeep import verify

        return verify(self, dataset)

    def drop(self, dataset: str, table: str) -> None:
        """Remove a published table with its manifests; see `upkeep.drop`."""
        from tempdata_dagster.publish.databases.upkeep import drop

        drop(self, dataset, table)


DATABASES: Registry[Database] = Registry("database", "tempdata_dagster.publish.databases")

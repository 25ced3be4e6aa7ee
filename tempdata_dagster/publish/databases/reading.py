"""What a database holds, read by its manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.databases.catalog import MANIFESTS, Catalog, Stored
from tempdata_dagster.publish.databases.connection import Connection
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.scan import hive_fields
from tempdata_dagster.publish.sql import Namespace

if TYPE_CHECKING:
    import pyarrow.dataset as pads

Result = TypeVar("Result")


class Reader(Connection):
    """The part of a database that reads."""

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
        schema = self._schema_of(list(found.values()), columns)
        return pa.RecordBatchReader.from_batches(schema, self._read([found[key].ref for key in wanted], schema))

    def open_published(self, manifests: list[Manifest], columns: list[str] | None = None) -> pads.Dataset:
        """The rows of published partitions of one table, with the partition's columns; read at once.

        Args:
            manifests: At least one.
            columns: Only these, as far as they are there: a column may be about to come.
        """
        import pyarrow.dataset as pads

        whole = self._schema_of(manifests, None)
        schema = whole if columns is None else pa.schema([field for field in whole if field.name in columns])
        batches = self._read([manifest.ref for manifest in manifests], schema)
        return pads.dataset(pa.Table.from_batches(list(batches), schema))

    def _schema_of(self, manifests: list[Manifest], columns: Sequence[str] | None) -> pa.Schema:
        # Columns may have come since: those that an older partition lacks are null there.
        latest = max(manifests, key=lambda manifest: manifest.published_at)
        schema = pa.schema([*latest.schema, *hive_fields(latest.period)])
        for name in columns or ():
            if name not in schema.names:
                raise InputError(
                    "TD3007", f"{latest.dataset}.{latest.table} has no column '{name}'", closest(name, schema.names)
                )
        return schema if columns is None else pa.schema([schema.field(name) for name in columns])

    def _read(self, refs: list[PartitionRef], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for ref in refs:
            with self.session("read", ref) as session:
                yield from self.select(session, ref, schema)

    def select(self, session: Session, ref: PartitionRef, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of one partition."""
        names = self.dialect.quote_all(schema.names) or "1"
        return session.stream(f"SELECT {names} FROM {self.table_name(ref.dataset, ref.table)}{self.where(ref)}", schema)

    def datasets(self) -> list[str]:
        """The datasets that tables are published of."""
        if not self.exists():
            return []
        with self.session("read") as session:
            homes = [Namespace(home, self.settings.prefix) for home in session.homes(MANIFESTS)]
            found = {
                name
                for home in homes
                for name in Catalog(session, self.dialect, home).datasets()
                if self.space(name) == home
            }
        return sorted(found)

    def tables(self, dataset: str) -> list[str]:
        """The published tables of a dataset; none for one that is not there."""
        nothing: list[str] = []
        return self._look(dataset, lambda catalog: list(catalog.records(dataset)), nothing)

    def catalog_of(self, session: Session, dataset: str) -> Catalog:
        """What is published, over an open session."""
        return Catalog(session, self.dialect, self.space(dataset))

    def _look(self, dataset: str, look: Callable[[Catalog], Result], nothing: Result) -> Result:
        if not self.exists():
            return nothing
        with self.session("read") as session:
            catalog = self.catalog_of(session, dataset)
            return look(catalog) if catalog.exists else nothing

"""One partition on its way into a table, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from tempdata_dagster.core.errors import ConflictError, InputError, TerminalError
from tempdata_dagster.core.partition import folder_of
from tempdata_dagster.publish.databases.catalog import Catalog, Stored, TableRecord
from tempdata_dagster.publish.databases.digest import RowDigest
from tempdata_dagster.publish.databases.references import Reference, references_of, refuse_orphans
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.layout import STATIC, PartitionRef
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.scan import hive_fields

if TYPE_CHECKING:
    from tempdata_dagster.publish.databases.base import Database

Rows = Callable[[], Iterable[pa.RecordBatch]]
Status = Literal["published", "unchanged"]


def partition_values(ref: PartitionRef) -> dict[str, Any]:
    """The values of the columns that tell a partition's rows (`date`, `hour` ...); none for a static table."""
    levels = dict(level.split("=", 1) for level in folder_of(ref.period, ref.key).split("/") if level)
    return {name: _to_value(name, text) for name, text in levels.items()}


def _to_value(name: str, text: str) -> Any:
    if name in ("date", "week"):
        return date.fromisoformat(text)
    return int(text) if name == "hour" else text


@dataclass
class Publication:
    """What is published, and the transaction that does it.

    Attributes:
        rows: Gives the partition's rows, anew with every call.
        overwrite: Replace a table of this name that tempdata did not make.
        expected: The content hash that the caller believes to hold: None for no check, "" for nothing published.
        progress: Told of rows loaded.
    """

    database: Database
    session: Session
    catalog: Catalog
    manifest: Manifest
    rows: Rows
    overwrite: bool = False
    expected: str | None = None
    progress: Callable[[int], None] | None = None

    @property
    def ref(self) -> PartitionRef:
        """The partition."""
        return self.manifest.ref

    @cached_property
    def values(self) -> dict[str, Any]:
        """The partition's columns and their values."""
        return partition_values(self.ref)

    @cached_property
    def record(self) -> TableRecord:
        """The table as it is to be: the rows' columns, then the partition's."""
        levels = hive_fields(self.ref.period)
        schema = pa.schema([*self.manifest.schema, *(level.with_nullable(False) for level in levels)])
        return TableRecord(schema.remove_metadata(), self.manifest.table_keys)

    @property
    def where(self) -> str:
        """The condition of the partition's rows; "" for a static table."""
        return self.database.where(self.ref)

    def run(self) -> Status:
        """Replace the partition's rows and its manifest; the caller commits.

        Raises:
            ConflictError: TD3020 when something else than `expected` is published.
            InputError: TD3022 another partition length, TD3063 columns that have changed too much.
            TerminalError: TD3026 a table of this name that is not ours.
            DataError: TD3062 rows that refer to nothing, TD3064 rows whose key is there already.
        """
        held = self.catalog.find(self.ref)
        self._compare(held)
        if held and self._is_in_place(held):
            self.catalog.put(self.manifest, held.digest)
            return "unchanged"
        self._prepare()
        digest = self.database.fill(self)
        self.catalog.put(self.manifest, digest)
        return "published"

    def replace(self) -> str:
        """Delete the partition's rows and load the new ones; returns their digest.

        Raises:
            TerminalError: TD3021 when they are not as many as the manifest says.
        """
        self.session.execute(f"DELETE FROM {self._table}{self.where}")
        digest = RowDigest(self.manifest.schema)
        schema, convert = self.database.conversion(self.record)
        self.session.load(self.database.space(self.ref.dataset), self.ref.table, schema, convert(self._batches(digest)))
        if digest.rows != self.manifest.rows:
            message = f"{self.ref}: {digest.rows} rows were read, and the manifest says {self.manifest.rows}"
            raise TerminalError(
                "TD3021", message, "the staged files changed, or the rows were given for one reading only"
            )
        return digest.hexdigest()

    def references(self) -> list[Reference]:
        """The foreign keys of this table and those that refer to it, as far as both tables exist."""
        return list(references_of(self.catalog.records(self.ref.dataset), self.ref.table))

    def refuse_orphans(self) -> None:
        """Stop if rows of the partition refer to nothing, unless that is allowed.

        Raises:
            DataError: TD3062.
        """
        if self.database.settings.foreign_keys != "enforce":
            return
        space = self.database.space(self.ref.dataset)
        for reference in self.references():
            if reference.child == self.ref.table and not reference.is_late:
                refuse_orphans(self.session, self.database.dialect, space, reference, self.where)

    @property
    def _table(self) -> str:
        return self.database.table_name(self.ref.dataset, self.ref.table)

    def _batches(self, digest: RowDigest) -> Iterator[pa.RecordBatch]:
        from tempdata_dagster.publish.formats.writer import fit

        schema = self.manifest.schema
        for given in self.rows():
            batch = fit(given, schema)
            digest.update(batch)
            levels = [
                pa.repeat(pa.scalar(self.values[one.name], one.type), batch.num_rows)
                for one in hive_fields(self.ref.period)
            ]
            yield pa.RecordBatch.from_arrays([*batch.columns, *levels], schema=self.record.schema)
            if self.progress is not None:
                self.progress(batch.num_rows)

    def _compare(self, held: Stored | None) -> None:
        found = held.manifest.content_hash if held else ""
        if self.expected is not None and found != self.expected:
            raise ConflictError("TD3020", f"{self.ref} was published by another run meanwhile", "run again")
        others = self.catalog.partitions(self.ref.dataset, self.ref.table)
        other = next((one.manifest for one in others.values() if one.manifest.period != self.ref.period), None)
        if other is not None:
            was, now = (one.period or "static" for one in (other, self.ref))
            hint = "purge the table first, or publish under another prefix"
            raise InputError("TD3022", f"{self.ref.dataset}.{self.ref.table} is published by {was}, not by {now}", hint)

    def _is_in_place(self, held: Stored) -> bool:
        if not held.manifest.is_written_like(self.manifest) or held.manifest.table_keys != self.manifest.table_keys:
            return False
        if not self.session.columns(self.database.space(self.ref.dataset), self.ref.table):
            return False
        return int(self.session.query(f"SELECT count(*) FROM {self._table}{self.where}")[0][0]) == held.manifest.rows

    def _prepare(self) -> None:
        """Make the table, or make it fit."""
        dataset, table = self.ref.dataset, self.ref.table
        space = self.database.space(dataset)
        there, owner = bool(self.session.columns(space, table)), self.catalog.owner(table)
        if owner not in (None, dataset) or (there and owner is None and not self.overwrite):
            message = f"there is a table {self._table} that " + (
                f"dataset '{owner}' published" if owner else "tempdata did not make"
            )
            raise TerminalError(
                "TD3026", message, "choose another schema or prefix, or say overwrite for one that may go"
            )
        old = self.catalog.record(dataset, table)
        if there and owner is not None and old is not None:
            if self._is_sole() and not self._fits(old):
                self._drop()
            else:
                self._extend(old)
                return
        elif there:
            self._drop()
        if not there:
            # Its rows went with it, whoever dropped it.
            self.catalog.forget_manifests(dataset, table)
        self.catalog.put_record(dataset, table, self.record)
        self.database.create_table(self.session, dataset, table, self.record, list(self.values))

    def _fits(self, old: TableRecord) -> bool:
        return old.schema.equals(self.record.schema) and old.keys == self.record.keys

    def _is_sole(self) -> bool:
        return set(self.catalog.keys(self.ref.dataset, self.ref.table)) <= {self.ref.key or STATIC}

    def _drop(self) -> None:
        self.database.drop_references(self.session, self.ref.dataset, self.ref.table, self.references())
        self.session.execute(f"DROP TABLE {self._table}")

    def _extend(self, old: TableRecord) -> None:
        """Add the columns that are new.

        Raises:
            InputError: TD3063 when others are gone, or have another type.
        """
        dialect, table = self.database.dialect, f"{self.ref.dataset}.{self.ref.table}"
        kinds = {one.name: dialect.type_of(one.type) for one in old.schema}
        wanted = {one.name: dialect.type_of(one.type) for one in self.record.schema}
        gone = [name for name in kinds if name not in wanted]
        other = [name for name in kinds if wanted.get(name, kinds[name]) != kinds[name]]
        other += [name for name in kinds if name in wanted and not self._relax(old.schema.field(name))]
        if gone or other or old.keys.primary != self.record.keys.primary:
            what = (
                f"without column '{gone[0]}'"
                if gone
                else f"with another type of '{other[0]}'"
                if other
                else "with another key"
            )
            hint = "other partitions are still as they were: purge the table first, or publish under another prefix"
            raise InputError("TD3063", f"{table} is to be published {what}", hint)
        for name, kind in wanted.items():
            if name not in kinds:
                self.session.execute(f"ALTER TABLE {self._table} ADD COLUMN {dialect.quote(name)} {kind}")
        if not self._fits(old):
            news = {one.name: one for one in self.record.schema}
            olds = [one.with_nullable(one.nullable or news[one.name].nullable) for one in old.schema]
            fields = [*olds, *(one.with_nullable(True) for one in self.record.schema if one.name not in kinds)]
            self.catalog.put_record(self.ref.dataset, self.ref.table, TableRecord(pa.schema(fields), self.record.keys))

    def _relax(self, old: pa.Field) -> bool:
        """Let a column of the table be null if it is to be; False where that cannot be changed."""
        if old.nullable or not self.record.schema.field(old.name).nullable or old.name in self.record.keys.primary:
            return True
        space, dialect = self.database.space(self.ref.dataset), self.database.dialect
        statement = dialect.drop_not_null(space, self.ref.table, old.name, old.type)
        if statement:
            self.session.execute(statement)
        return bool(statement)

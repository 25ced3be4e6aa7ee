"""The two tables in which a database keeps what tempdata published to it: its own tables, and a manifest for each partition."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.keys import TableKeys
from tempdata_dagster.publish.layout import STATIC, PartitionRef
from tempdata_dagster.publish.manifest import Manifest, decode_manifest, describe_schema, encode_manifest
from tempdata_dagster.publish.sql import Dialect, Namespace

TABLES = "_tempdata_tables"
MANIFESTS = "_tempdata_manifests"


def _fields(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.string(), nullable=False) for name in names]


_TABLES_SCHEMA = pa.schema(_fields("dataset", "table_name", "arrow_schema", "table_keys"))
_MANIFESTS_SCHEMA = pa.schema(
    [
        *_fields("dataset", "table_name", "partition_key", "manifest", "content_hash", "rows_digest", "published_at"),
        pa.field("row_count", pa.int64(), nullable=False),
    ]
)
_TABLES_KEY = TableKeys(primary=("dataset", "table_name"))
_MANIFESTS_KEY = TableKeys(primary=("dataset", "table_name", "partition_key"))


@dataclass(frozen=True)
class TableRecord:
    """A table that tempdata made: with which columns, those of its partition included, and which keys."""

    schema: pa.Schema
    keys: TableKeys


@dataclass(frozen=True)
class Stored:
    """A manifest, and the digest of the rows that it speaks of."""

    manifest: Manifest
    digest: str


class Catalog:
    """Both tables, over one session.

    Args:
        space: Where they and the tables lie; a prefix is a part of the names that they hold.
    """

    def __init__(self, session: Session, dialect: Dialect, space: Namespace) -> None:
        self._session = session
        self._dialect = dialect
        self._space = space
        home = Namespace(space.schema)
        self._home = home
        self._tables = dialect.table_name(home, TABLES)
        self._manifests = dialect.table_name(home, MANIFESTS)

    @property
    def exists(self) -> bool:
        """Whether anything was ever published here."""
        return bool(self._session.columns(self._home, MANIFESTS))

    def create(self, wait: float) -> None:
        """Make both tables, and the schema, where they are missing; in a transaction of its own."""
        if self.exists:
            return
        self._session.begin()
        # Two first publications at once: PostgreSQL's IF NOT EXISTS is not safe against that.
        self._session.lock(f"{self._space.schema or ''}.{MANIFESTS}", wait)
        if not self.exists:
            if self._space.schema:
                self._session.execute(self._dialect.create_schema(self._space.schema))
            for name, schema, keys in (
                (TABLES, _TABLES_SCHEMA, _TABLES_KEY),
                (MANIFESTS, _MANIFESTS_SCHEMA, _MANIFESTS_KEY),
            ):
                if not self._session.columns(self._home, name):
                    self._session.execute(self._dialect.create_table(self._home, name, schema, keys))
        self._session.commit()

    def owner(self, table: str) -> str | None:
        """The dataset that a table belongs to; None for one that is not ours."""
        found = self._session.query(f"SELECT dataset FROM {self._tables} WHERE table_name = ?", [self._name(table)])
        return str(found[0][0]) if found else None

    def record(self, dataset: str, table: str) -> TableRecord | None:
        """How a table of ours was made."""
        return self.records(dataset).get(table)

    def records(self, dataset: str) -> dict[str, TableRecord]:
        """All tables of a dataset, by name without the prefix."""
        rows = self._session.query(
            f"SELECT table_name, arrow_schema, table_keys FROM {self._tables} WHERE dataset = ? ORDER BY table_name",
            [dataset],
        )
        prefix = self._space.prefix
        found = {
            str(name).removeprefix(prefix): (schema, keys)
            for name, schema, keys in rows
            if str(name).startswith(prefix)
        }
        return {
            name: TableRecord(
                pa.ipc.read_schema(pa.BufferReader(base64.b64decode(schema))), TableKeys.model_validate_json(keys)
            )
            for name, (schema, keys) in found.items()
        }

    def put_record(self, dataset: str, table: str, record: TableRecord) -> None:
        """Write down that a table is ours."""
        self.forget_table(dataset, table)
        values = [
            dataset,
            self._name(table),
            describe_schema(record.schema)["arrow_schema"],
            record.keys.model_dump_json(),
        ]
        self._session.write(
            f"INSERT INTO {self._tables} (dataset, table_name, arrow_schema, table_keys) VALUES (?, ?, ?, ?)", values
        )

    def forget_table(self, dataset: str, table: str) -> None:
        """Remove what is written of a table, its manifests not included."""
        where = "WHERE dataset = ? AND table_name = ?"
        self._session.write(f"DELETE FROM {self._tables} {where}", [dataset, self._name(table)])

    def forget_manifests(self, dataset: str, table: str, key: str | None = None) -> None:
        """Remove the manifests of a table, or that of one partition."""
        where, values = "WHERE dataset = ? AND table_name = ?", [dataset, self._name(table)]
        if key is not None:
            where, values = f"{where} AND partition_key = ?", [*values, key]
        self._session.write(f"DELETE FROM {self._manifests} {where}", values)

    def put(self, manifest: Manifest, digest: str) -> None:
        """Write what holds of a partition from now on."""
        key = manifest.key or STATIC
        self.forget_manifests(manifest.dataset, manifest.table, key)
        values = [
            manifest.dataset, self._name(manifest.table), key, encode_manifest(manifest).decode(), manifest.content_hash,
            digest, manifest.published_at.isoformat(), manifest.rows,
        ]  # fmt: skip
        names = "dataset, table_name, partition_key, manifest, content_hash, rows_digest, published_at, row_count"
        self._session.write(f"INSERT INTO {self._manifests} ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def find(self, ref: PartitionRef) -> Stored | None:
        """What holds of one partition; None when it is not published."""
        return next(self._read(ref.dataset, ref.table, ref.key or STATIC), None)

    def partitions(self, dataset: str, table: str) -> dict[str, Stored]:
        """What holds of a table, by partition key, in the order of the keys."""
        return {one.manifest.key or STATIC: one for one in self._read(dataset, table, None)}

    def keys(self, dataset: str, table: str) -> list[str]:
        """The keys of the partitions that are published, in their order."""
        sql = f"SELECT partition_key FROM {self._manifests} WHERE dataset = ? AND table_name = ?"
        return sorted(str(row[0]) for row in self._session.query(sql, [dataset, self._name(table)]))

    def datasets(self) -> list[str]:
        """The datasets that have tables here."""
        return sorted({str(row[0]) for row in self._session.query(f"SELECT dataset FROM {self._tables}")})

    def _name(self, table: str) -> str:
        return self._space.prefix + table

    def _read(self, dataset: str, table: str, key: str | None) -> Iterator[Stored]:
        sql = f"SELECT manifest, rows_digest FROM {self._manifests} WHERE dataset = ? AND table_name = ?"
        values = [dataset, self._name(table)]
        if key is not None:
            sql, values = f"{sql} AND partition_key = ?", [*values, key]
        for text, digest in self._session.query(f"{sql} ORDER BY partition_key", values):
            manifest = _decode(text)
            if isinstance(manifest, Manifest):
                yield Stored(manifest, str(digest))

    def unreadable(self, dataset: str, table: str) -> dict[str, str]:
        """The partitions whose manifest cannot be read, and why: nobody sees them before they are published again."""
        sql = f"SELECT partition_key, manifest FROM {self._manifests} WHERE dataset = ? AND table_name = ? ORDER BY 1"
        found = {str(key): _decode(text) for key, text in self._session.query(sql, [dataset, self._name(table)])}
        return {key: one for key, one in found.items() if isinstance(one, str)}


def _decode(text: str) -> Manifest | str:
    """A manifest, or what is wrong with it."""
    try:
        return decode_manifest(text.encode())
    except (ValueError, InputError, OSError, pa.ArrowException) as error:
        return str(error).strip().splitlines()[0][:200]

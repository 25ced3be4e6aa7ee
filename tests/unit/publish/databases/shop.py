"""A database with the moves that most tests make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from tempdata_dagster.core.content import hash_batches
from tempdata_dagster.core.partition import Period
from tempdata_dagster.publish import PartitionRef, PublishedPartition
from tempdata_dagster.publish.databases import Database, open_database
from tempdata_dagster.publish.keys import NO_KEYS, ForeignKeyFacts, TableKeys
from tempdata_dagster.publish.manifest import Manifest, describe_schema, now

DAY = "2026-01-31"


def describe(rows: pa.Table, ref: PartitionRef, keys: TableKeys = NO_KEYS, run: str = "run") -> Manifest:
    return Manifest(
        dataset=ref.dataset, table=ref.table, period=ref.period, key=ref.key, rows=rows.num_rows, bytes=0, files=(), table_keys=keys,
        content_hash=hash_content(rows), run_id=run, published_at=now(), **describe_schema(rows.schema),
    )  # fmt: skip


def hash_content(rows: pa.Table) -> str:
    return hash_batches(rows.schema, rows.to_batches())


@dataclass(frozen=True)
class Shop:
    database: Database
    dataset: str = "shop"

    @property
    def kind(self) -> str:
        return self.database.dialect_name

    def with_options(self, **options: Any) -> Shop:
        return replace(self, database=open_database(self.database.url, {**self.database.options, **options}))

    def ref(self, table: str, key: str | None = None) -> PartitionRef:
        return PartitionRef(self.dataset, table, Period.DAY if key else None, key)

    def publish(
        self,
        table: str,
        rows: pa.Table,
        key: str | None = None,
        keys: TableKeys = NO_KEYS,
        run: str = "run",
        **how: Any,
    ) -> PublishedPartition:
        ref = self.ref(table, key)
        batches = rows.to_batches(max_chunksize=1_000)
        return self.database.publish(ref, lambda: iter(batches), rows.schema, describe(rows, ref, keys, run), **how)

    def read(self, table: str, **how: Any) -> pa.Table:
        return self.database.read(self.dataset, table, **how).read_all()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, past all that is tested; `{orders}` stands for the name of a table."""
        with self.database.session("look at") as session:
            return session.query(self._fill(sql))

    def change(self, sql: str) -> None:
        with self.database.session("change") as session:
            session.begin()
            session.execute(self._fill(sql))
            session.commit()

    def _fill(self, sql: str) -> str:
        names = [part.partition("}")[0] for part in sql.split("{")[1:]]
        return sql.format(**{name: self.database.table_name(self.dataset, name) for name in names})


def numbers(first: int, count: int, **more: Any) -> pa.Table:
    """Rows with the key `id`, and other columns as they are given."""
    table = pa.table({"id": pa.array(range(first, first + count), pa.int64())})
    for name, values in more.items():
        table = table.append_column(name, pa.array(values) if not isinstance(values, pa.Array) else values)
    return table


KEY = TableKeys(primary=("id",))


def refers(column: str, parent: str, *, cyclic: bool = False) -> TableKeys:
    """The keys of a table whose `column` refers to the `id` of another."""
    key = ForeignKeyFacts(columns=(column,), parent=parent, parent_columns=("id",), nullable=True, cyclic=cyclic)
    return TableKeys(primary=("id",), foreign=(key,))

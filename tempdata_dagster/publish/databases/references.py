"""Foreign keys in a database: who refers to what, and which rows refer to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tempdata_dagster.core.errors import DataError
from tempdata_dagster.publish.databases.catalog import TableRecord
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.keys import ForeignKeyFacts
from tempdata_dagster.publish.sql import Dialect, Namespace


@dataclass(frozen=True)
class Reference:
    """A foreign key of a table.

    Attributes:
        child: The table that refers.
    """

    child: str
    key: ForeignKeyFacts

    @property
    def is_within(self) -> bool:
        """Whether the table refers to itself."""
        return self.child == self.key.parent

    @property
    def is_late(self) -> bool:
        """Whether the parent's rows may be published after the child's: the edge closes a cycle between tables."""
        return self.key.cyclic and not self.is_within


def references_of(records: Mapping[str, TableRecord], table: str) -> Iterator[Reference]:
    """The foreign keys of a table, and those of other tables that refer to it, between tables that exist."""
    for child, record in records.items():
        for key in record.keys.foreign:
            if table in (child, key.parent) and key.parent in records and _is_key(records[key.parent], key):
                yield Reference(child, key)


def _is_key(parent: TableRecord, key: ForeignKeyFacts) -> bool:
    """Whether the columns referred to are declared as unique, without which no database takes a foreign key."""
    known = [parent.keys.primary, *((name,) for name in parent.keys.unique)]
    return any(key.parent_columns == columns for columns in known)


def refuse_orphans(session: Session, dialect: Dialect, space: Namespace, reference: Reference, where: str) -> None:
    """Stop if rows of the child refer to no row of the parent.

    Args:
        session: In whose transaction to look.
        dialect: Of the database.
        space: Where both tables lie.
        reference: The foreign key.
        where: Which rows to look at: a condition on the child, or "".

    Raises:
        DataError: TD3062.
    """
    key = reference.key
    columns = [f"child.{dialect.quote(name)}" for name in key.columns]
    same = " AND ".join(
        f"parent.{dialect.quote(name)} = {column}" for name, column in zip(key.parent_columns, columns, strict=True)
    )
    present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    # Restricted within, so that no name of the condition can be one of the parent's.
    child = f"(SELECT * FROM {dialect.table_name(space, reference.child)}{where})"
    sql = (
        f"SELECT count(*) FROM {child} AS child WHERE {present} AND NOT EXISTS "
        f"(SELECT 1 FROM {dialect.table_name(space, key.parent)} AS parent WHERE {same})"
    )
    orphans = int(session.query(sql)[0][0])
    if orphans:
        raise orphan_error(reference, f"{orphans:,} rows")


def orphan_error(reference: Reference, rows: str = "rows") -> DataError:
    """TD3062 for a foreign key."""
    columns = ", ".join(reference.key.columns)
    message = f"{rows} of '{reference.child}' refer by ({columns}) to rows that '{reference.key.parent}' has not"
    hint = "publish the parent's partitions first, or set foreign_keys: declare"
    return DataError("TD3062", message, hint)

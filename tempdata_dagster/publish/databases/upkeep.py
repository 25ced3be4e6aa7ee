"""Verifying what a database holds against its manifests, and removing a dataset from it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from tempdata_dagster.core.errors import InputError, TempDataError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.databases.base import Database
from tempdata_dagster.publish.databases.catalog import Catalog, Stored, TableRecord
from tempdata_dagster.publish.databases.digest import RowDigest
from tempdata_dagster.publish.databases.references import references_of
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.verify import Finding, Kind


def verify(database: Database, dataset: str) -> list[Finding]:
    """Read every published row of a dataset and compare it with the digest that was taken when it was loaded.

    Args:
        database: Where it was published.
        dataset: Its name.

    Returns:
        What is wrong, in order; nothing for a sound dataset.

    Raises:
        InputError: TD3006 when nothing of the dataset is published there.
        OutsideError: The database cannot be read.
    """
    with database.session("verify") as session:
        catalog = database.catalog_of(session, dataset)
        records = catalog.records(dataset) if catalog.exists else {}
        if not records:
            hint = closest(dataset, catalog.datasets()) if catalog.exists else "generate it first"
            raise InputError("TD3006", f"there is no dataset '{dataset}' in {database.url}", hint)
        return [one for table in records for one in _verify_table(database, session, catalog, dataset, table)]


def _verify_table(
    database: Database, session: Session, catalog: Catalog, dataset: str, table: str
) -> Iterator[Finding]:
    partitions = catalog.partitions(dataset, table)
    present = session.columns(database.space(dataset), table)
    told = 0
    for key, stored in partitions.items():
        ref = stored.manifest.ref
        wrong: tuple[Kind, str] | None = ("missing", "the table is not there")
        if present:
            told += _count(database, session, ref)
            wrong = _compare(database, session, stored)
        if wrong:
            yield Finding(dataset, table, key, wrong[0], database.uri(ref), wrong[1])
    rows = int(session.query(f"SELECT count(*) FROM {database.table_name(dataset, table)}")[0][0]) if present else 0
    if rows > told:
        place = database.uri(PartitionRef(dataset, table))
        yield Finding(dataset, table, "", "extra", place, f"{rows - told:,} rows belong to no published partition")


def _count(database: Database, session: Session, ref: PartitionRef) -> int:
    return int(
        session.query(f"SELECT count(*) FROM {database.table_name(ref.dataset, ref.table)}{database.where(ref)}")[0][0]
    )


def _compare(database: Database, session: Session, stored: Stored) -> tuple[Kind, str] | None:
    manifest = stored.manifest
    digest = RowDigest(manifest.schema)
    try:
        for batch in database.select(session, manifest.ref, manifest.schema):
            digest.update(batch)
    except TempDataError:
        raise
    # A cell that is no value of its column's type any more, or a column that is gone.
    except (pa.ArrowException, ValueError, KeyError, TypeError) as error:
        return "changed", f"the rows cannot be read: {str(error).splitlines()[0][:200]}"
    if digest.rows != manifest.rows:
        return "wrong_rows", f"{digest.rows:,} rows, the manifest says {manifest.rows:,}"
    if digest.hexdigest() != stored.digest:
        return "changed", "the rows are not those that were published"
    return None


def purge(database: Database, dataset: str) -> list[str]:
    """Remove a dataset: the tables that tempdata made, children before their parents, and their manifests.

    In one transaction, but for MySQL, which commits every DROP TABLE at once.

    Args:
        database: Where it was published.
        dataset: Its name.

    Returns:
        The URIs of the partitions that were removed; none when nothing of it is published.

    Raises:
        OutsideError: The database failed, or something that is not ours depends on a table.
    """
    with database.session("purge") as session:
        catalog = database.catalog_of(session, dataset)
        if not catalog.exists:
            return []
        session.begin()
        removed: list[str] = []
        try:
            records = catalog.records(dataset)
            for table in order_children_first(records):
                partitions = catalog.partitions(dataset, table).values()
                removed += [database.uri(stored.manifest.ref) for stored in partitions]
                if session.columns(database.space(dataset), table):
                    database.drop_references(session, dataset, table, list(references_of(records, table)))
                    session.execute(f"DROP TABLE {database.table_name(dataset, table)}")
                catalog.forget_manifests(dataset, table)
                catalog.forget_table(dataset, table)
        except BaseException:
            session.rollback()
            raise
        session.commit()
    return sorted(removed)


def order_children_first(records: dict[str, TableRecord]) -> list[str]:
    """The tables, each before those that it refers to; within a cycle by name."""
    parents = {table: {key.parent for key in record.keys.foreign} - {table} for table, record in records.items()}
    order: list[str] = []
    left = sorted(records)
    while left:
        free = [table for table in left if not any(table in parents[other] for other in left)]
        # All that is left lies on cycles, or below them.
        order += free or left[:1]
        left = [table for table in left if table not in order]
    return order

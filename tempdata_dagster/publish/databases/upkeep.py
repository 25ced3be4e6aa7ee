"""Verifying what a database holds against its manifests, and removing a dataset from it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from tempdata_dagster.core.errors import InputError, TempDataError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.databases.base import Database
from tempdata_dagster.publish.databases.catalog import Catalog, Stored
from tempdata_dagster.publish.databases.digest import RowDigest
from tempdata_dagster.publish.databases.references import references_of
from tempdata_dagster.publish.databases.session import Session
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.verify import Finding, Kind


def verify(database: Database, dataset: str | None = None) -> list[Finding]:
    """Read every published row and compare it with the digest that was taken when it was loaded.

    Args:
        database: Where it was published.
        dataset: Only this one; None for all.

    Returns:
        What is wrong, in order; nothing for sound tables.

    Raises:
        InputError: TD3006 when nothing, or nothing of this dataset, is published there.
        OutsideError: The database cannot be read.
    """
    known = database.datasets()
    if not known or dataset not in (None, *known):
        what = f"dataset '{dataset}'" if dataset else "dataset"
        hint = closest(dataset or "", known) if known else "generate it first"
        raise InputError("TD3006", f"there is no {what} in {database.url}", hint)
    found: list[Finding] = []
    with database.session("verify") as session:
        for name in [dataset] if dataset else known:
            catalog = database.catalog_of(session, name)
            for table in catalog.records(name):
                found += _verify_table(database, session, catalog, name, table)
    return found


def _verify_table(
    database: Database, session: Session, catalog: Catalog, dataset: str, table: str
) -> Iterator[Finding]:
    partitions = catalog.partitions(dataset, table)
    present = session.columns(database.space(dataset), table)
    told = 0
    for key, message in catalog.unreadable(dataset, table).items():
        yield Finding(dataset, table, key, "unreadable_manifest", database.uri(PartitionRef(dataset, table)), message)
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


def drop(database: Database, dataset: str, table: str) -> None:
    """Remove a table that tempdata made, and its manifests; one that is not there is no error.

    In one transaction, but for MySQL, which commits DROP TABLE at once: its manifests go first there.

    Raises:
        OutsideError: The database failed, or something that is not ours depends on the table.
    """
    with database.session("purge") as session:
        catalog = database.catalog_of(session, dataset)
        if not catalog.exists:
            return
        session.begin()
        try:
            records = catalog.records(dataset)
            if table in records:
                catalog.forget_manifests(dataset, table)
                if session.columns(database.space(dataset), table):
                    database.drop_references(session, dataset, table, list(references_of(records, table)))
                    session.execute(f"DROP TABLE {database.table_name(dataset, table)}")
                catalog.forget_table(dataset, table)
        except BaseException:
            session.rollback()
            raise
        session.commit()

"""References: every row's foreign key is the key of a published parent row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tempdata_dagster.checks.family import CHECKS, Counts, Family, Finding, count_of, may_show
from tempdata_dagster.checks.literal import quote_name
from tempdata_dagster.checks.model import CheckSpec, Outcome
from tempdata_dagster.checks.session import Session
from tempdata_dagster.spec.contract import ForeignKey, TableContract

if TYPE_CHECKING:
    import pyarrow.dataset as ds


@CHECKS.register("foreign_keys")
class ForeignKeys(Family):
    """An anti-join of the staged rows with what is published of the parent.

    A foreign key with a null in it refers to nothing and passes, as in SQL (MATCH SIMPLE); whether it may be null is
    the check `not_null`'s business.
    """

    order = 7
    reads_published = True

    @classmethod
    def specs(cls, contract: TableContract) -> tuple[CheckSpec, ...]:
        """One check for each foreign key."""
        return tuple(
            CheckSpec(
                key.name,
                f"({', '.join(key.columns)}) refers to {key.parent} ({', '.join(key.parent_columns)})",
                family="foreign_keys",
                columns=key.columns,
                index=index,
            )
            for index, key in enumerate(contract.foreign_keys)
        )

    @classmethod
    def judge(cls, contract: TableContract, spec: CheckSpec, counts: Counts, session: Session) -> Finding:
        """Tells true orphans from references to partitions that are not published yet."""
        del counts
        key = contract.foreign_keys[spec.index]
        parent = session.context.published(key.parent)
        # The first rows of a table that refers to itself: there is nothing published, only what is staged.
        if parent is None and key.parent == contract.table:
            parent = session.staged
        show = may_show(contract, key.columns, session)
        rows = tuples = orphans = 0
        examples: list[str] = []
        for query in _distinct_references(key.columns, session):
            with session.materialized(query) as references:
                found = session.row(f"SELECT coalesce(sum(number), 0), count(*) FROM {references}")
                rows, tuples = rows + int(found[0]), tuples + int(found[1])
                if parent is not None:
                    missing, shown = _find_orphans(key, references, parent, session, show=show)
                    orphans, examples = orphans + missing, examples + shown
        metadata: dict[str, Any] = {"references": rows, "distinct_references": tuples, "parent": key.parent}
        if parent is None:
            return _parent_unpublished(key, rows, metadata)
        if examples:
            metadata["examples"] = sorted(examples)[:5]
        return _judge_orphans(key, orphans, metadata, session)


def _distinct_references(columns: Sequence[str], session: Session) -> list[str]:
    """A query for each slice of the references."""
    names = [quote_name(name) for name in columns]
    fields = ", ".join(f"{name} AS key_{position}" for position, name in enumerate(names))
    complete = " AND ".join(f"{name} IS NOT NULL" for name in names)
    query = f"SELECT {fields}, count(*) AS number FROM staged WHERE {complete} AND"
    return [f"{query} {condition} GROUP BY {', '.join(names)}" for condition in session.conditions(names)]


def _find_orphans(
    key: ForeignKey, references: str, parent: ds.Dataset, session: Session, *, show: bool
) -> tuple[int, list[str]]:
    same = " AND ".join(f"p.{quote_name(name)} = r.key_{i}" for i, name in enumerate(key.parent_columns))
    with session.relation(parent) as name:
        # Not one anti-join of references with parents, which would hold all parents in memory: here they stream past.
        found = f"SELECT DISTINCT r.rowid AS reference FROM {name} AS p JOIN {references} AS r ON {same}"
        with session.materialized(found) as matched:
            missing = f"FROM {references} AS r ANTI JOIN {matched} AS m ON m.reference = r.rowid"
            orphans = int(session.row(f"SELECT coalesce(sum(r.number), 0) {missing}")[0])
            if not (orphans and show):
                return orphans, []
            values = ", ".join(f"r.key_{i}" for i in range(len(key.columns)))
            shown = session.all(f"SELECT CAST(({values}) AS VARCHAR) {missing} ORDER BY 1 LIMIT 5")
    return orphans, [row[0] for row in shown]


def _parent_unpublished(key: ForeignKey, rows: int, metadata: dict[str, Any]) -> Finding:
    if not rows:
        return Finding(0, "no row refers to anything", metadata)
    message = f"{count_of(rows, 'row')} refer to '{key.parent}', of which nothing is published yet"
    return Finding(0, message, metadata, Outcome.UNPUBLISHED_PARENT)


def _judge_orphans(key: ForeignKey, orphans: int, metadata: dict[str, Any], session: Session) -> Finding:
    waiting = session.context.unpublished.get(key.name, 0)
    partitions = list(session.context.unpublished_partitions.get(key.name, ()))
    # Rows that wait for a partition are known by their number only.
    true_orphans = max(0, orphans - waiting)
    metadata |= {"without_parent": orphans, "orphans": true_orphans, "unpublished_partitions": partitions[:100]}
    if true_orphans:
        return Finding(true_orphans, f"{count_of(true_orphans, 'orphan')}: no such row in '{key.parent}'", metadata)
    if orphans:
        listed = ", ".join(partitions[:5]) + (f" and {len(partitions) - 5} more" if partitions[5:] else "")
        message = (
            f"{count_of(orphans, 'row')} refer to partitions of '{key.parent}' that are not published yet: {listed}"
        )
        return Finding(0, message, metadata, Outcome.UNPUBLISHED_PARENT)
    return Finding(0, "every reference has its parent", metadata)

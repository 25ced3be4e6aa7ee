"""The table's key and its unique columns: no value twice, within the partition and across the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tempdata_dagster.checks.family import CHECKS, Counts, Family, Finding, describe_counts, may_show
from tempdata_dagster.checks.literal import quote_name
from tempdata_dagster.checks.model import CheckSpec
from tempdata_dagster.checks.session import Session
from tempdata_dagster.spec.contract import TableContract


@CHECKS.register("key_unique")
class KeyUnique(Family):
    """The key's columns are never null and unique together."""

    order = 2
    reads_published = True

    @classmethod
    def specs(cls, contract: TableContract) -> tuple[CheckSpec, ...]:
        """One check, if the table has a key."""
        description = f"({', '.join(contract.key)}) is unique and never null"
        spec = CheckSpec("key_unique", description, family="key_unique", columns=contract.key)
        return (spec,) if contract.key else ()

    @classmethod
    def measures(cls, contract: TableContract, spec: CheckSpec) -> dict[str, str]:
        """Keys that are null in part, and distinct hashes of the others."""
        del contract
        return {
            "null": f"count(*) FILTER (WHERE NOT ({_complete(spec.columns)}))",
            "distinct": _distinct_hashes(spec.columns),
        }

    @classmethod
    def judge(cls, contract: TableContract, spec: CheckSpec, counts: Counts, session: Session) -> Finding:
        """Counts the rows that share their key with another row, here or in another partition."""
        repeated = count_repeated(spec.columns, session.rows - counts["null"], counts["distinct"], session)
        shared, elsewhere = count_elsewhere(spec.columns, session)
        faults = {"null_keys": counts["null"], "repeated_keys": repeated, "keys_of_other_partitions": shared}
        metadata: dict[str, Any] = {**faults, "other_partitions": elsewhere}
        if repeated and may_show(contract, spec.columns, session):
            metadata["examples"] = session.examples(spec.columns, _repeated_condition(spec.columns))
        bad = {name: number for name, number in faults.items() if number}
        message = (
            ", ".join(f"{number:,} rows with {name.replace('_', ' ')}" for name, number in bad.items())
            or "every key is unique"
        )
        return Finding(min(sum(bad.values()), session.rows), message, metadata)


@CHECKS.register("unique")
class Unique(Family):
    """Columns that hold no value twice; nulls do not count."""

    order = 3
    reads_published = True

    @classmethod
    def specs(cls, contract: TableContract) -> tuple[CheckSpec, ...]:
        """One check for all unique columns but the one that is the whole key."""
        names = tuple(c.name for c in contract.columns if c.unique and (c.name,) != contract.key)
        description = f"{', '.join(names)} hold no value twice"
        return (CheckSpec("unique", description, family="unique", columns=names),) if names else ()

    @classmethod
    def measures(cls, contract: TableContract, spec: CheckSpec) -> dict[str, str]:
        """Values and distinct hashes of each column."""
        del contract
        sizes = {f"{name} values": f"count({quote_name(name)})" for name in spec.columns}
        return sizes | {f"{name} distinct": _distinct_hashes((name,)) for name in spec.columns}

    @classmethod
    def judge(cls, contract: TableContract, spec: CheckSpec, counts: Counts, session: Session) -> Finding:
        """Counts, by column, the rows that share their value with another row."""
        repeated = {
            name: count_repeated((name,), counts[f"{name} values"], counts[f"{name} distinct"], session)
            for name in spec.columns
        }
        elsewhere = {name: count_elsewhere((name,), session) for name in spec.columns}
        by_column = {name: repeated[name] + elsewhere[name][0] for name in spec.columns}
        metadata: dict[str, Any] = {
            "failed_rows_by_column": by_column,
            "other_partitions": elsewhere[spec.columns[0]][1],
        }
        examples = {
            name: session.examples((name,), _repeated_condition((name,)))
            for name in spec.columns
            if repeated[name] and may_show(contract, (name,), session)
        }
        if examples:
            metadata["examples"] = examples
        worst = describe_counts(by_column)
        # A row may repeat in several columns, and would count for each.
        failed = min(sum(by_column.values()), session.rows)
        return Finding(failed, f"repeated values: {worst}" if worst else "no value is repeated", metadata)


def count_repeated(columns: Sequence[str], rows: int, distinct: int, session: Session) -> int:
    """The rows whose complete values in `columns` another staged row has as well.

    As many distinct hashes as rows prove that all values are distinct, so the costly grouping by value runs only when
    that fails: after a true repetition, or a collision of two 64-bit hashes (3e-6 for 10^7 rows).
    """
    if rows == distinct:
        return 0
    names = [quote_name(name) for name in columns]
    repeated = 0
    for condition in session.conditions(names):
        chosen = f"staged WHERE {_complete(columns)} AND {condition}"
        groups = f"SELECT count(*) AS number FROM {chosen} GROUP BY {', '.join(names)}"
        repeated += int(session.row(f"SELECT coalesce(sum(number), 0) FROM ({groups}) WHERE number > 1")[0])
    return repeated


def count_elsewhere(columns: Sequence[str], session: Session) -> tuple[int, dict[str, Any]]:
    """The rows of the other published partitions that have a staged row's values, and what was looked at."""
    others, limit = session.context.others, session.context.others_limit
    if others is None:
        return 0, {"checked": False, "reason": "not given: keys are unique across partitions by construction"}
    rows = others.count_rows()
    if rows > limit:
        return 0, {"checked": False, "reason": f"{rows:,} rows are over the limit of {limit:,}"}
    same = " AND ".join(f"o.{quote_name(name)} = s.{quote_name(name)}" for name in columns)
    with session.relation(others) as name:
        shared = 0
        for condition in session.conditions([quote_name(column) for column in columns]):
            keys = f"(SELECT * FROM staged WHERE {condition})"
            # The staged keys stand on the right: that is the side that DuckDB holds in memory, and the smaller one.
            shared += int(session.row(f"SELECT count(*) FROM {name} AS o SEMI JOIN {keys} AS s ON {same}")[0])
    return shared, {"checked": True, "rows": rows}


def _complete(columns: Sequence[str]) -> str:
    return " AND ".join(f"{quote_name(name)} IS NOT NULL" for name in columns)


def _distinct_hashes(columns: Sequence[str]) -> str:
    names = ", ".join(map(quote_name, columns))
    return f"count(DISTINCT hash({names})) FILTER (WHERE {_complete(columns)})"


def _repeated_condition(columns: Sequence[str]) -> str:
    names = ", ".join(map(quote_name, columns))
    return (
        f"({names}) IN (SELECT ({names}) FROM staged WHERE {_complete(columns)} GROUP BY {names} HAVING count(*) > 1)"
    )

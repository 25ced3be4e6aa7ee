"""Columns with a closed set of values."""

from __future__ import annotations

from typing import Any

from tempdata_dagster.checks.column_family import ColumnFamily, cell, constant
from tempdata_dagster.checks.family import CHECKS, Counts, Finding
from tempdata_dagster.checks.model import CheckSpec
from tempdata_dagster.checks.session import Session
from tempdata_dagster.spec.contract import ColumnContract, TableContract

# DuckDB tries the members of a set one after the other for each row: 300 of them cost 0.4 s in a million rows.
INLINE_VALUES = 48


@CHECKS.register("values")
class Values(ColumnFamily):
    """Values are members of the column's set."""

    order = 5
    name = "values"
    promise = "take only their listed values"
    fault = "not in the set"

    @classmethod
    def applies(cls, column: ColumnContract) -> bool:
        """Columns with a set."""
        return column.values is not None

    @classmethod
    def condition(cls, column: ColumnContract) -> str:
        """The cell is none of the values."""
        # `NOT IN` with a null among its members is never true: no value would be refused.
        members = [value for value in column.values or () if value is not None]
        if not members:
            return f"{cell(column)} IS NOT NULL"
        return f"{cell(column)} NOT IN ({', '.join(constant(column, member) for member in members)})"

    @classmethod
    def states(cls, column: ColumnContract) -> Any:
        """How many values there are."""
        return len(column.values or ())

    @classmethod
    def measures(cls, contract: TableContract, spec: CheckSpec) -> dict[str, str]:
        """Counts of the small sets; `judge` sees to the large ones."""
        small = {c.name for c in contract.columns if c.values is not None and len(c.values) <= INLINE_VALUES}
        return {name: sql for name, sql in super().measures(contract, spec).items() if name in small}

    @classmethod
    def judge(cls, contract: TableContract, spec: CheckSpec, counts: Counts, session: Session) -> Finding:
        """Groups by the columns with large sets first, so that each distinct value is looked up once."""
        large = [c for c in contract.columns if c.name in spec.columns and c.name not in counts]
        return super().judge(contract, spec, {**counts, **{c.name: cls._outside(c, session) for c in large}}, session)

    @classmethod
    def _outside(cls, column: ColumnContract, session: Session) -> int:
        name = cell(column)
        groups = f"SELECT {name}, count(*) AS number FROM staged GROUP BY {name}"
        return int(session.row(f"SELECT coalesce(sum(number), 0) FROM ({groups}) WHERE {cls.condition(column)}")[0])

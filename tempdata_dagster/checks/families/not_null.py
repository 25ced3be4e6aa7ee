"""Columns that are never null."""

from __future__ import annotations

from tempdata_dagster.checks.column_family import ColumnFamily, cell
from tempdata_dagster.checks.family import CHECKS
from tempdata_dagster.spec.contract import ColumnContract


@CHECKS.register("not_null")
class NotNull(ColumnFamily):
    """No null in the columns that are not nullable."""

    order = 1
    name = "not_null"
    promise = "are never null"
    fault = "null cells"

    @classmethod
    def applies(cls, column: ColumnContract) -> bool:
        """Columns that are not nullable."""
        return not column.nullable

    @classmethod
    def condition(cls, column: ColumnContract) -> str:
        """The cell is null."""
        return f"{cell(column)} IS NULL"

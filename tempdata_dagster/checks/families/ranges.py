"""Columns with a least or a greatest value."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tempdata_dagster.checks.column_family import ColumnFamily, cell, constant
from tempdata_dagster.checks.family import CHECKS
from tempdata_dagster.spec.contract import ColumnContract


@CHECKS.register("ranges")
class Ranges(ColumnFamily):
    """Values lie between minimum and maximum, both included. NaN lies nowhere."""

    order = 4
    name = "ranges"
    promise = "lie within their bounds"
    fault = "out of range"

    @classmethod
    def applies(cls, column: ColumnContract) -> bool:
        """Columns with a bound."""
        return column.minimum is not None or column.maximum is not None

    @classmethod
    def condition(cls, column: ColumnContract) -> str:
        """The cell lies below, above, or is NaN, which DuckDB would sort above all numbers."""
        tests = []
        if column.minimum is not None:
            tests.append(f"{cell(column)} < {constant(column, column.minimum)}")
        if column.maximum is not None:
            tests.append(f"{cell(column)} > {constant(column, column.maximum)}")
        if pa.types.is_floating(column.type):
            tests.append(f"isnan({cell(column)})")
        return " OR ".join(tests)

    @classmethod
    def states(cls, column: ColumnContract) -> Any:
        """The two bounds."""
        return [None if bound is None else str(bound) for bound in (column.minimum, column.maximum)]

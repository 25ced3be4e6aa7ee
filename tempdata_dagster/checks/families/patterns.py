"""Columns whose text is of a pattern."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tempdata_dagster.checks.column_family import ColumnFamily, cell
from tempdata_dagster.checks.family import CHECKS
from tempdata_dagster.checks.literal import quote_text
from tempdata_dagster.core.errors import Problem
from tempdata_dagster.spec.contract import ColumnContract, TableContract


@CHECKS.register("patterns")
class Patterns(ColumnFamily):
    """The whole text matches the column's regular expression, in RE2's syntax, which takes linear time."""

    order = 6
    name = "patterns"
    promise = "match their patterns"
    fault = "no match"

    @classmethod
    def applies(cls, column: ColumnContract) -> bool:
        """Columns with a pattern."""
        return column.pattern is not None

    @classmethod
    def condition(cls, column: ColumnContract) -> str:
        """The cell, as text, does not match."""
        return f"NOT regexp_full_match(CAST({cell(column)} AS VARCHAR), {quote_text(column.pattern or '')})"

    @classmethod
    def states(cls, column: ColumnContract) -> Any:
        """The pattern."""
        return column.pattern


def validate_patterns(contract: TableContract) -> list[Problem]:
    """The patterns that RE2 cannot run: look-ahead, back-references, repetitions over 1000, mistakes."""
    import pyarrow.compute as pc

    problems = []
    for column in contract.columns:
        if column.pattern is None:
            continue
        try:
            # Not `pa.array`, which imports pandas.
            pc.match_substring_regex(pa.nulls(1, pa.string()), f"^(?:{column.pattern})$")
        except pa.ArrowInvalid as error:
            reason = str(error).removeprefix("Invalid regular expression: ")
            path = ("tables", contract.table, "columns", column.name)
            hint = "patterns are RE2: no look-ahead, no back-references, at most 1000 repetitions"
            problems.append(Problem("TD5001", f"the pattern cannot be checked: {reason}", path, hint, column.where))
    return problems

"""The base of the families that ask one thing of each cell: not null, in range, in a set, of a pattern."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import pyarrow as pa

from tempdata_dagster.checks.family import Counts, Family, Finding, count_of, describe_counts, may_show
from tempdata_dagster.checks.literal import literal, quote_name
from tempdata_dagster.checks.model import CheckSpec
from tempdata_dagster.checks.session import Session
from tempdata_dagster.spec.contract import ColumnContract, TableContract


class ColumnFamily(Family):
    """One check for all columns that carry a promise, with a count for each of them.

    Attributes:
        name: The check's and the family's name.
        promise: What the columns promise, for the description: "are never null".
        fault: What a cell that breaks it is, for the message: "null".
    """

    name: ClassVar[str]
    promise: ClassVar[str]
    fault: ClassVar[str]

    @classmethod
    @abstractmethod
    def applies(cls, column: ColumnContract) -> bool:
        """Whether the column carries the promise."""

    @classmethod
    @abstractmethod
    def condition(cls, column: ColumnContract) -> str:
        """The SQL condition that is true for the cells that break the promise. Null is no breach."""

    @classmethod
    def states(cls, column: ColumnContract) -> Any:
        """The promise as plain JSON, for the metadata; it stands in the dataset file."""
        del column

    @classmethod
    def specs(cls, contract: TableContract) -> tuple[CheckSpec, ...]:
        """One check, if any column carries the promise."""
        names = tuple(column.name for column in contract.columns if cls.applies(column))
        description = f"{', '.join(names[:8])}{' and others' if names[8:] else ''} {cls.promise}"
        return (CheckSpec(cls.name, description, family=cls.name, columns=names),) if names else ()

    @classmethod
    def measures(cls, contract: TableContract, spec: CheckSpec) -> dict[str, str]:
        """One count for each column."""
        return {c.name: f"count(*) FILTER (WHERE {cls.condition(c)})" for c in _columns(contract, spec)}

    @classmethod
    def judge(cls, contract: TableContract, spec: CheckSpec, counts: Counts, session: Session) -> Finding:
        """Names the columns at fault; a row with two faults is one failed row."""
        columns = _columns(contract, spec)
        bad = [column for column in columns if counts[column.name]]
        metadata: dict[str, Any] = {"failed_rows_by_column": dict(counts)}
        stated = {column.name: stated for column in columns if (stated := cls.states(column)) is not None}
        if stated:
            metadata["promised"] = stated
        if not bad:
            return Finding(0, f"{count_of(len(columns), 'column')} checked", metadata)
        examples = {
            column.name: session.examples((column.name,), cls.condition(column))
            for column in bad
            if may_show(contract, (column.name,), session)
        }
        if examples:
            metadata["examples"] = examples
        message = f"{cls.fault}: {describe_counts(counts)}"
        return Finding(_count_rows([cls.condition(c) for c in bad], counts[bad[0].name], session), message, metadata)


def _columns(contract: TableContract, spec: CheckSpec) -> list[ColumnContract]:
    return [column for column in contract.columns if column.name in spec.columns]


def _count_rows(conditions: list[str], first: int, session: Session) -> int:
    # One column's faults are rows; of several, a row may have more than one, so that the counts do not add up.
    if len(conditions) == 1:
        return first
    return int(session.row(f"SELECT count(*) FROM staged WHERE {' OR '.join(f'({one})' for one in conditions)}")[0])


def cell(column: ColumnContract) -> str:
    """The column's name in SQL."""
    return quote_name(column.name)


def constant(column: ColumnContract, value: Any) -> str:
    """A constant to compare the column's cells with, rounded as they are: no `float` equals the double 0.1."""
    is_short = pa.types.is_float32(column.type) or pa.types.is_float16(column.type)
    return f"CAST({literal(value)} AS FLOAT)" if is_short else literal(value)

"""What a table promises, resolved: the shape that checks, publishing and orchestration work from.

The engine builds contracts from a plan; this module has only the shapes, so that nobody needs the engine to read one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tempdata_dagster.core.errors import Where
from tempdata_dagster.spec.models import Expectation, Rule
from tempdata_dagster.spec.values import Period


@dataclass(frozen=True)
class ColumnContract:
    """What one written column promises.

    Attributes:
        type: The Arrow type that is written.
        minimum: Least value, of the column's own Python type; None when unbounded.
        maximum: Greatest value, likewise.
        values: The closed set of values, when there is one.
        pattern: A regular expression (RE2) that the whole text matches.
        sources: The `(table, column)` pairs of the same dataset that the column is computed from.
        where: The place of the column in the dataset file.
    """

    name: str
    type: pa.DataType
    nullable: bool = False
    unique: bool = False
    description: str = ""
    pii: bool = False
    minimum: Any = None
    maximum: Any = None
    values: tuple[Any, ...] | None = None
    pattern: str | None = None
    sources: tuple[tuple[str, str], ...] = ()
    where: Where | None = None


@dataclass(frozen=True)
class ForeignKey:
    """Columns that hold the key of one row of a parent table.

    Attributes:
        name: The name of its check: `foreign_key_<columns>`.
        columns: The child's columns, in the order of `parent_columns`.
        nullable: Null means no parent.
        as_of: The parent may be in any partition up to the child's own.
        cyclic: The edge closes a cycle among tables (or is a self reference): no order of refresh satisfies it.
        lag: Longest time, in microseconds, between the parent's partition and the child's (0: the same one).
        via: The references that lead from a child's row to its parent's, one after the other.
    """

    name: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    nullable: bool = False
    as_of: bool = False
    cyclic: bool = False
    lag: int = 0
    via: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableContract:
    """What one table promises.

    Attributes:
        period: The partition length; None for a static table.
        key: The key columns, unique together over the whole table.
        columns: The written columns, in order.
    """

    dataset: str
    table: str
    period: Period | None
    key: tuple[str, ...]
    columns: tuple[ColumnContract, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    rules: tuple[Rule, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    description: str = ""
    owners: tuple[str, ...] = ()
    where: Where | None = None

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the table's files."""
        return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns])

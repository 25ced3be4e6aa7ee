"""The base of the families of native checks, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyarrow as pa

from tempdata_dagster.checks.model import CheckSpec, Outcome
from tempdata_dagster.checks.session import Session
from tempdata_dagster.core.registry import Registry
from tempdata_dagster.spec.contract import ColumnContract, TableContract

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Finding:
    """What a family makes of the staged rows.

    Attributes:
        failed_rows: Rows that break the check; None when rows are not what is counted.
        message: One sentence that holds no value of any row.
        metadata: Plain JSON.
        outcome: How the check ended; by default failed if any row breaks it.
    """

    failed_rows: int | None
    message: str
    metadata: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None

    @property
    def verdict(self) -> Outcome:
        """The outcome."""
        return self.outcome or (Outcome.FAILED if self.failed_rows else Outcome.PASSED)


class Family(ABC):
    """One kind of check: what it declares for a contract, what it counts, and how it judges the counts.

    What a family can count with SQL aggregates it asks for in `measures`: the audit puts the aggregates of all families
    into one scan of the staged rows. What needs a query of its own runs in `judge`.

    Attributes:
        order: Where the family's checks stand among a table's.
        reads_published: They read published rows too, which another run may replace meanwhile.
    """

    order: ClassVar[int]
    reads_published: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def specs(cls, contract: TableContract) -> tuple[CheckSpec, ...]:
        """The checks that the contract asks for. Reads no data and imports no engine."""

    @classmethod
    def measures(cls, contract: TableContract, spec: CheckSpec) -> dict[str, str]:
        """The whole-number SQL aggregates over `staged` that `judge` needs, by label."""
        del contract, spec
        return {}

    @classmethod
    @abstractmethod
    def judge(cls, contract: TableContract, spec: CheckSpec, counts: Counts, session: Session) -> Finding:
        """The finding, given the value of each measure."""


CHECKS: Registry[Family] = Registry("check family", "tempdata_dagster.checks.families")


def column_of(contract: TableContract, name: str) -> ColumnContract:
    """The contract of the column `name`."""
    return next(column for column in contract.columns if column.name == name)


def holds_pii(contract: TableContract, names: tuple[str, ...]) -> bool:
    """Whether any of the columns is personal data; without names, whether any column of the table is."""
    return any(column.pii for column in contract.columns if not names or column.name in names)


def may_show(contract: TableContract, names: tuple[str, ...], session: Session) -> bool:
    """Whether a result may quote the values of these columns."""
    return session.context.show_values and not holds_pii(contract, names)


def count_of(number: int, what: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def describe_counts(counts: Mapping[str, int]) -> str:
    """`3 in price, 1 in quantity`: the columns at fault, worst first."""
    worst = sorted(((number, name) for name, number in counts.items() if number), key=lambda one: (-one[0], one[1]))
    return ", ".join(f"{number:,} in {name}" for number, name in worst)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """A type without its encoding: dictionaries and large or viewed texts are what they hold."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return pa.binary() if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind) else kind

"""What a check is, what it found, and what an audit is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow.dataset as ds

Severity = Literal["error", "warning"]
EngineName = Literal["native", "great_expectations"]


class Outcome(StrEnum):
    """How a check ended.

    `ERRORED` says that the check could not be run, which is no verdict on the data. `UNPUBLISHED_PARENT` says that all
    the rows without a parent point into partitions that are not published yet.
    """

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    UNPUBLISHED_PARENT = "unpublished_parent"


@dataclass(frozen=True)
class CheckSpec:
    """A check as it is declared, before any data is there.

    Attributes:
        name: Unique within the table; letters, digits and `_`.
        family: The family that runs it: a name in the registry `CHECKS`, or `great_expectations`.
        blocking: A failure keeps the staged rows from being published.
        columns: The columns that it reads, as far as they are known; a rule's are not.
        index: Which of the contract's rules, foreign keys or expectations it is (0-based).
    """

    name: str
    description: str
    family: str
    blocking: bool = True
    severity: Severity = "error"
    engine: EngineName = "native"
    columns: tuple[str, ...] = ()
    index: int = 0


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes:
        rows_seen: How many rows the check looked at.
        rows_total: How many rows are staged.
        failed_rows: How many of the rows seen break the check; None when it could not be counted.
        metadata: Plain JSON. Holds values of rows only if the audit was asked for them, and never of a pii column.
    """

    name: str
    outcome: Outcome
    severity: Severity
    blocking: bool
    engine: EngineName
    rows_seen: int
    rows_total: int
    failed_rows: int | None
    message: str
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the check passed."""
        return self.outcome is Outcome.PASSED

    @property
    def blocks(self) -> bool:
        """Whether the staged rows must not be published: an audit that could not be run is no audit."""
        return self.blocking and self.outcome in (Outcome.FAILED, Outcome.ERRORED)


def nothing_published(table: str) -> ds.Dataset | None:
    """The `published` of an empty lake."""
    del table
    return None


@dataclass(frozen=True)
class AuditContext:
    """What an audit is told beyond the contract and the staged rows.

    Attributes:
        key: The partition's key; None for a static table.
        published: What is published of a table (for the table itself: with the staged rows); None when nothing is.
        unpublished: For each foreign key, by name, how many staged rows refer to partitions that are not published.
        unpublished_partitions: For each foreign key, by name, the keys of those partitions.
        others: The published rows of the table's other partitions, to find keys that are used twice; None to skip.
        others_limit: The most rows of `others` that are read for that.
        gx_rows: The most rows that Great Expectations is run on; above it, it gets a sample of this size.
        show_values: Results may quote the values at fault, save those of pii columns.
        threads: Threads for the native checks.
        memory_mb: Memory for the native checks; beyond it they spill to temporary files.
    """

    key: str | None = None
    published: Callable[[str], ds.Dataset | None] = nothing_published
    unpublished: Mapping[str, int] = field(default_factory=dict)
    unpublished_partitions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: ds.Dataset | None = None
    others_limit: int = 5_000_000
    gx_rows: int = 100_000
    show_values: bool = False
    threads: int = 2
    memory_mb: int = 1024

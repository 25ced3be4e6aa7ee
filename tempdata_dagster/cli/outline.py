"""What a table of a plan would come to, in figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.engine.plan import Plan
from tempdata_dagster.spec.contract import ForeignKey
from tempdata_dagster.spec.models import Publication, Table
from tempdata_dagster.spec.project import LAKE
from tempdata_dagster.spec.rows import ChildRows, FileRows, GridRows, PeriodRows, StaticRows

SAMPLED_PARTITIONS = 400


@dataclass(frozen=True)
class TableOutline:
    """What a table would come to.

    Attributes:
        source: Where its rows come from, in words.
        period: The length of its partitions; None for a static table.
        partitions: How many of them are over now, from `first` to `last`.
        expected_rows: In all partitions together.
        goes_to: The places that it is published to, its home first.
        fewest: Expected rows of the smallest partition.
        most: Those of the largest one.
        columns: Name and Arrow type of each written column.
    """

    table: str
    source: str
    period: str | None
    partitions: int
    first: str | None
    last: str | None
    expected_rows: int
    fewest: int
    most: int
    key: tuple[str, ...]
    foreign_keys: tuple[str, ...]
    depends_on: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    checks: tuple[str, ...]
    goes_to: tuple[str, ...]
    fingerprint: str

    @property
    def mean(self) -> float:
        """Expected rows of a partition."""
        return self.expected_rows / self.partitions if self.partitions else 0.0

    def describe_rows(self) -> str:
        """The expected rows in words."""
        if self.partitions <= 1 or self.period is None:
            return f"about {self.expected_rows:,}"
        return f"about {self.mean:,.0f} a partition ({self.fewest:,} to {self.most:,}), {self.expected_rows:,} in all"

    def document(self) -> dict[str, Any]:
        """The outline as plain JSON."""
        columns = [{"name": name, "type": kind} for name, kind in self.columns]
        return asdict(self) | {"columns": columns, "expected_rows_per_partition": self.mean}


def outline_table(plan: Plan, table: str) -> TableOutline:
    """The outline of a table, from its layout alone: no row is generated."""
    contract = plan.contract(table)
    keys = plan.partition_keys(table)
    sampled = _sample(keys)
    counts = [sum(part.rows for part in plan.parts(table, key)) for key in sampled]
    total = sum(counts) * len(keys) / len(sampled) if sampled else 0.0
    timed = contract.period is not None and bool(keys)
    return TableOutline(
        table=table,
        source=describe_source(plan.dataset.tables[table]),
        period=contract.period.value if contract.period else None,
        partitions=len(keys),
        first=keys[0] if timed else None,
        last=keys[-1] if timed else None,
        expected_rows=round(total),
        fewest=round(min(counts, default=0)),
        most=round(max(counts, default=0)),
        key=contract.key,
        foreign_keys=tuple(map(describe_foreign_key, contract.foreign_keys)),
        depends_on=plan.dependencies(table),
        columns=tuple((column.name, str(column.type)) for column in contract.columns),
        checks=tuple(check.name for check in compile_checks(contract)),
        goes_to=tuple(map(describe_publication, plan.dataset.publications_of(table))) or (LAKE,),
        fingerprint=plan.fingerprint(table),
    )


def _sample(keys: list[str | None]) -> list[str | None]:
    """All partitions, or evenly spread ones where there are very many; always the first and the last."""
    if len(keys) <= SAMPLED_PARTITIONS:
        return keys
    step = (len(keys) - 1) / (SAMPLED_PARTITIONS - 1)
    return [keys[round(number * step)] for number in range(SAMPLED_PARTITIONS)]


def describe_foreign_key(key: ForeignKey) -> str:
    """`customer_id -> customers.customer_id (as of)`."""
    marks = {"as of": key.as_of, "optional": key.nullable, "cyclic": key.cyclic}
    noted = ", ".join(mark for mark, holds in marks.items() if holds)
    arrow = f"{', '.join(key.columns)} -> {key.parent}.{', '.join(key.parent_columns)}"
    return f"{arrow} ({noted})" if noted else arrow


def describe_publication(publication: Publication) -> str:
    """`exports as csv (compression zstd)`."""
    options = ", ".join(f"{name} {value}" for name, value in publication.options.items())
    file_format = f" as {publication.format}" if publication.format else ""
    return f"{publication.to}{file_format}" + (f" ({options})" if options else "")


def describe_source(table: Table) -> str:
    """Where the rows of a table come from, in words."""
    rows = table.rows
    match rows:
        case StaticRows():
            return f"a fixed number, {rows.count:,}" + ("" if rows.scale else ", at any scale")
        case PeriodRows():
            before = f", after {rows.initial:,} at the start" if rows.initial else ""
            return f"a rate of about {rows.mean:g} per {rows.per.value}{before}"
        case ChildRows():
            mean = "" if rows.mean is None else f" of mean {rows.mean:g}"
            moved = f", in the partition of {rows.partition_by}" if rows.partition_by else ""
            share = "" if rows.share == 1 else f", for {rows.share:.4g} of them"
            return f"children of each row of {rows.per}, {rows.distribution}{mean}{share}{moved}"
        case GridRows():
            return f"a row every {_describe_micros(rows.every)} for each row of {rows.per}"
        case FileRows():
            return f"the file {rows.file}"


def _describe_micros(micros: int) -> str:
    units = (("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000))
    for unit, size in units:
        if micros % size == 0:
            return f"{micros // size}{unit}"
    return f"{micros}us"

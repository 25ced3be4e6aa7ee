"""A dataset ready to run: every column bound, every table's partitions and files known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from tempdata_dagster.core.errors import InputError, SpecError
from tempdata_dagster.core.partition import Period, key_of, ordinal_at, ordinal_of
from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.addresses import STATIC
from tempdata_dagster.engine.binder import Binder
from tempdata_dagster.engine.contracts import describe_tables
from tempdata_dagster.engine.cutting import Span
from tempdata_dagster.engine.fingerprints import fingerprint_tables
from tempdata_dagster.engine.layout import GridLayout, PeriodLayout, root_of
from tempdata_dagster.engine.relation import Frame, Relation
from tempdata_dagster.engine.streams import STREAM_VERSION
from tempdata_dagster.spec.contract import TableContract
from tempdata_dagster.spec.load import LoadedDataset
from tempdata_dagster.spec.models import Dataset

# Twice as many overflow the caches; half as many spend a fifth of the time on preparing DuckDB's expressions.
BLOCK_ROWS = 131_072
PART_ROWS = 4_000_000
# A block whose rows have totals over more children than this is smaller, since it holds all of them.
MOST_CHILDREN = 8


@dataclass(frozen=True)
class Part:
    """One file of a partition: which root rows its rows descend from.

    Attributes:
        partition: The ordinal of the published partition; `STATIC` for a static table.
        rows: Expected rows.
    """

    table: str
    key: str | None
    index: int
    partition: int
    spans: tuple[Span, ...]
    rows: float


@dataclass
class Tally:
    """What was seen while a partition was generated.

    Attributes:
        rows: Rows so far.
        references: For each foreign key to a partitioned parent: rows by the parent's published partition key.
    """

    rows: int = 0
    references: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Take in what another part saw."""
        self.rows += other.rows
        for name, counts in other.references.items():
            self.references.setdefault(name, Counter()).update(counts)


@dataclass(frozen=True)
class Plan:
    """A dataset ready to run. Made by `compile_plan`; it never changes, and all its answers are pure functions.

    Attributes:
        loaded: The dataset and its places.
        relations: Its tables as virtual relations.
        contracts: What each table promises.
        fingerprints: The canonical hash of each table: its own settings, the seed, the stream version, and everything
            that its columns are truly computed from.
    """

    loaded: LoadedDataset
    relations: dict[str, Relation]
    contracts: dict[str, TableContract]
    fingerprints: dict[str, str]

    stream_version = STREAM_VERSION

    @property
    def dataset(self) -> Dataset:
        """The dataset."""
        return self.loaded.dataset

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables, parents before children (cyclic edges aside)."""
        ordered: dict[str, None] = {}

        def visit(table: str) -> None:
            if table not in ordered:
                for parent in self.dependencies(table):
                    visit(parent)
                ordered[table] = None

        for table in self.relations:
            visit(table)
        return tuple(ordered)

    def relation(self, table: str) -> Relation:
        """A table as a virtual relation.

        Raises:
            InputError: TD2003 when there is no such table.
        """
        if table not in self.relations:
            hint = closest(table, list(self.relations))
            raise InputError("TD2003", f"dataset '{self.dataset.dataset}' has no table '{table}'", hint)
        return self.relations[table]

    def contract(self, table: str) -> TableContract:
        """What a table promises."""
        return self.contracts[self.relation(table).name]

    def fingerprint(self, table: str) -> str:
        """The canonical hash of everything that a table's data and audit depend on."""
        return self.fingerprints[self.relation(table).name]

    def dependencies(self, table: str) -> tuple[str, ...]:
        """The parents of a table by its foreign keys, each once; edges that close a cycle are left out."""
        keys = self.contracts[table].foreign_keys
        return tuple(dict.fromkeys(key.parent for key in keys if not key.cyclic))

    def period(self, table: str) -> Period | None:
        """The partition length of a table; None when it is static."""
        return self.relation(table).layout.period

    def first_ordinal(self, table: str) -> int:
        """The first partition of a partitioned table."""
        root = root_of(self.relation(table)).layout
        if isinstance(root, PeriodLayout):
            return root.clock.first
        return root.first if isinstance(root, GridLayout) else 0

    def partition_keys(self, table: str, first: str | None = None, last: str | None = None) -> list[str | None]:
        """The keys of a table's partitions; `[None]` for a static table.

        Args:
            table: The table.
            first: The first key; by default the dataset's start.
            last: The last key; by default the last partition that is over now.

        Raises:
            InputError: TD1003 when a key is no partition; TD2011 when the range is empty or begins before the start.
        """
        period = self.period(table)
        if period is None:
            return [None]
        begin = self.first_ordinal(table)
        now = int(datetime.now(UTC).timestamp() * 1_000_000)
        low = ordinal_of(period, first) if first else begin
        high = ordinal_of(period, last) if last else int(ordinal_at(period, now)) - 1
        if low < begin:
            hint = f"the dataset's first {period} is {key_of(period, begin)}"
            raise InputError("TD2011", f"partition {first} of '{table}' lies before the dataset's start", hint)
        if high < low and (first or last):
            raise InputError("TD2011", f"the range {first or key_of(period, low)}..{last} is empty", "first, then last")
        return [key_of(period, ordinal) for ordinal in range(low, high + 1)]

    def parts(self, table: str, key: str | None, part_rows: int = PART_ROWS) -> list[Part]:
        """The files of a partition, cut at fixed numbers of root rows so that workers never show in them."""
        layout = self.relation(table).layout
        partition = STATIC if layout.period is None or key is None else ordinal_of(layout.period, key)
        step = max(int(part_rows / layout.fan_out), 1)
        groups: list[list[Span]] = [[]]
        room = step
        for span in layout.spans(partition):
            start = span.start
            while span.stop - start > room:
                groups[-1].append(Span(span.partition, start, start + room))
                start, room = start + room, step
                groups.append([])
            groups[-1].append(Span(span.partition, start, span.stop))
            room -= span.stop - start
        counts = [sum(s.stop - s.start for s in group) * layout.fan_out for group in groups]
        return [
            Part(table, key, i, partition, tuple(g), n) for i, (g, n) in enumerate(zip(groups, counts, strict=True))
        ]

    def frames(self, part: Part, block_rows: int = BLOCK_ROWS) -> Iterator[Frame]:
        """The rows of a part, block by block; a block's size never shows in the data."""
        relation = self.relations[part.table]
        roots = max(int(block_rows / max(relation.expansion / MOST_CHILDREN, 1)), 1)
        for frame in relation.layout.frames(relation, list(part.spans), part.partition, roots):
            if len(frame):
                yield frame

    def batches(self, part: Part, block_rows: int = BLOCK_ROWS, tally: Tally | None = None) -> Iterator[pa.RecordBatch]:
        """The written columns of a part as record batches.

        Args:
            part: The part.
            block_rows: About how many rows are computed at a time.
            tally: Filled with what was seen on the way, when given.
        """
        contract = self.contracts[part.table]
        schema = contract.schema
        for frame in self.frames(part, block_rows):
            arrays = [frame.column(column.name) for column in contract.columns]
            if tally is not None:
                self._count(frame, contract, tally)
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _count(self, frame: Frame, contract: TableContract, tally: Tally) -> None:
        tally.rows += len(frame)
        for key in contract.foreign_keys:
            period = self.period(key.parent)
            if period is None:
                continue
            parents = frame
            for reference in key.via:
                located = parents.follow(reference)
                known = None if located.missing is None else np.flatnonzero(~located.missing)
                parents = located.frame if known is None else located.frame.take(known)
            landing = self.relations[key.parent].layout.landing(parents)
            ordinals, counts = np.unique(landing, return_counts=True)
            seen = tally.references.setdefault(key.name, Counter())
            for ordinal, count in zip(ordinals.tolist(), counts.tolist(), strict=True):
                seen[key_of(period, ordinal)] += count


def compile_plan(loaded: LoadedDataset) -> Plan:
    """Bind a dataset.

    Raises:
        SpecError: All the problems that were found, each with its place.
    """
    binder = Binder(loaded)
    binder.bind_all()
    contracts = {} if binder.problems else describe_tables(binder)
    if binder.problems:
        placed = [problem.at(loaded.where(problem.path)) for problem in dict.fromkeys(binder.problems)]
        raise SpecError.of(placed)
    fingerprints = fingerprint_tables(binder)
    return Plan(loaded, binder.relations, contracts, fingerprints)

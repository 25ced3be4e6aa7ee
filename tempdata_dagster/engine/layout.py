"""Where rows are: the layouts of static, periodic, child and grid tables.

A layout enumerates the rows of a published partition from *spans* of root rows, expands parents into children, finds the
parent of a child, and says in which partition a row is published.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tempdata_dagster.core.partition import Period, first_ordinal, ordinal_at, start_of
from tempdata_dagster.engine.addresses import INITIAL, STATIC, Addresses
from tempdata_dagster.engine.arrays import unwrap
from tempdata_dagster.engine.calendar import Calendar
from tempdata_dagster.engine.cutting import Span, cut_children, cut_spans, expand_children
from tempdata_dagster.engine.relation import Frame, Relation

DAY_UNITS_US = 86_400_000_000


class Layout(ABC):
    """What every layout can do.

    Attributes:
        period: The partition length; None for a static table.
        fan_out: Expected rows per root row.
        bits: Bits of the ordinal that number the rows within one parent; 0 for a root.
        parent: The table that the rows hang on.
        reach: Microseconds by which rows are published later than the end of their root's partition, at most.
    """

    period: Period | None
    fan_out: float
    bits: int
    parent: Relation | None
    reach: int

    @abstractmethod
    def spans(self, partition: int) -> list[Span]:
        """The root rows whose descendants may be published in a partition."""

    @abstractmethod
    def frames(self, relation: Relation, spans: list[Span], partition: int, rows: int) -> Iterator[Frame]:
        """The rows of a published partition in blocks of about `rows`."""

    @abstractmethod
    def parent_of(self, frame: Frame) -> Frame:
        """The parents of these rows."""

    def children_of(self, relation: Relation, parent: Frame) -> tuple[Frame, np.ndarray]:
        """The rows of this layout that hang on the rows of a frame, and how many hang on each."""
        raise TypeError(f"the rows of {relation.name} do not hang on {parent.relation.name}")

    @abstractmethod
    def landing(self, frame: Frame) -> np.ndarray:
        """The ordinal of the partition in which each row is published, int64 of shape `(n,)`."""

    @abstractmethod
    def capacity_bits(self) -> int:
        """Bits that hold every ordinal of this table."""


class RootLayout(Layout):
    """Common to tables whose rows hang on no other's."""

    period: Period | None = None
    fan_out = 1.0
    bits = 0
    parent: Relation | None = None
    reach = 0

    def frames(self, relation: Relation, spans: list[Span], partition: int, rows: int) -> Iterator[Frame]:
        """Blocks of consecutive rows, over the borders of spans."""
        del partition
        for block in cut_spans(spans, rows):
            yield Frame(relation, block)

    def parent_of(self, frame: Frame) -> Frame:
        """Never asked: a root has no parent."""
        raise TypeError(f"table {frame.relation.name} hangs on no other")

    def landing(self, frame: Frame) -> np.ndarray:
        """A root row is published in its own partition."""
        return frame.rows.partitions


@dataclass(eq=False)
class StaticLayout(RootLayout):
    """A fixed number of rows, without partitions."""

    count: int

    def spans(self, partition: int) -> list[Span]:
        """All rows."""
        del partition
        return [Span(STATIC, 0, self.count)]

    def capacity_bits(self) -> int:
        """Bits of the last ordinal."""
        return max(self.count - 1, 1).bit_length()


@dataclass(eq=False)
class PeriodLayout(RootLayout):
    """Rows that arrive at a rate. The initial population is published with the first partition."""

    clock: Calendar

    def __post_init__(self) -> None:
        self.period = self.clock.period

    def spans(self, partition: int) -> list[Span]:
        """The partition's rows, with the initial population before the first's."""
        count = int(self.clock.count(np.array([partition]))[0])
        first = partition == self.clock.first and self.clock.rows.initial > 0
        initial = [Span(INITIAL, 0, self.clock.rows.initial)] if first else []
        return [*initial, Span(partition, 0, count)]

    def landing(self, frame: Frame) -> np.ndarray:
        """A row's own partition; the first for the initial population."""
        return np.asarray(np.maximum(frame.rows.partitions, self.clock.first))

    def capacity_bits(self) -> int:
        """Bits for `capacity`, and for the initial population."""
        return max(self.capacity(), self.clock.rows.initial).bit_length()

    def capacity(self) -> int:
        """Four times the rows of the largest partition of the first 25 years, and some."""
        horizon = int(ordinal_at(self.clock.period, self.clock.start_us + 25 * 366 * DAY_UNITS_US))
        step = max((horizon - self.clock.first) // 2000, 1)
        largest = float(self.clock.rate(np.arange(self.clock.first, horizon, step)).max())
        return int(4 * largest) + 16


@dataclass(eq=False)
class ChildLayout(Layout):
    """Children of each row of a parent table: the parent's ordinal shifted left, plus the position.

    Attributes:
        count: The number of children of each row of a parent frame, int64.
        mean: Its expectation.
        largest: Its upper bound.
        moment: The column by which rows are published, if not with their parents.
    """

    parent: Relation
    count: Callable[[Frame], np.ndarray]
    bits: int
    mean: float
    largest: int
    moment: str | None = None
    reach: int = 0

    def __post_init__(self) -> None:
        self.period = self.parent.layout.period
        self.fan_out = self.parent.layout.fan_out * max(self.mean, 1e-3)

    def spans(self, partition: int) -> list[Span]:
        """The parent's spans, or those of every partition within reach."""
        if self.moment is None or self.period is None:
            return self.parent.layout.spans(partition)
        begin = int(start_of(self.period, partition))
        first = int(ordinal_at(self.period, begin - self.reach))
        root = root_of(self.parent)
        return [span for source in range(first, partition + 1) for span in root.layout.spans(source) if span.stop]

    def frames(self, relation: Relation, spans: list[Span], partition: int, rows: int) -> Iterator[Frame]:
        """Children of the parent's blocks; those that are published in `partition`."""
        parents = max(int(rows / max(self.mean, 1e-3)), 1)
        above = self.parent.layout
        if self.moment is None and above.parent is None:
            # Rare children: their blocks are filled from several blocks of parents, each of bounded size.
            blocks = above.frames(self.parent, spans, partition, min(parents, 4 * rows))
            yield from cut_children(relation, self.parent, self.bits, self.count, blocks, rows)
            return
        if self.moment is None:
            for parent in above.frames(self.parent, spans, partition, parents):
                yield parent.children(relation)[0]
            return
        for parent in unfiltered_frames(self.parent, spans, parents):
            children, _ = parent.children(relation)
            yield children.take(np.flatnonzero(self.landing(children) == partition))

    def children_of(self, relation: Relation, parent: Frame) -> tuple[Frame, np.ndarray]:
        """All children of a frame of parents, in order, and how many each has."""
        counts = self.count(parent)
        return expand_children(relation, self.bits, parent, counts), counts

    def parent_of(self, frame: Frame) -> Frame:
        """The parents at the ordinals without their positions."""
        return Frame(self.parent, frame.rows.shift(self.bits))

    def landing(self, frame: Frame) -> np.ndarray:
        """The partition of the moment column, or the parent's."""
        if self.moment is None or self.period is None:
            return self.parent.layout.landing(frame.parent())
        values = frame.column(self.moment)
        micros = unwrap(values).astype(np.int64)
        if str(values.type) == "date32[day]":
            micros *= DAY_UNITS_US
        first = root_of(self.parent).layout
        floor = first.clock.first if isinstance(first, PeriodLayout) else -(2**62)
        return np.asarray(np.maximum(ordinal_at(self.period, micros), floor))

    def capacity_bits(self) -> int:
        """The parent's bits and the position's."""
        return self.parent.layout.capacity_bits() + self.bits


@dataclass(eq=False)
class GridLayout(Layout):
    """A regular grid in time for each row of a parent table.

    Ordinals hold the parent (its partition too, when it has any) and the step within the grid's partition. Steps lie on
    whole multiples of `every` since 1970. A parent that has partitions takes part from the first whole partition after it.
    """

    parent: Relation
    every: int
    period: Period
    start_us: int
    reach: int = 0

    def __post_init__(self) -> None:
        longest = {Period.HOUR: 1 / 24, Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31}[self.period]
        self.mean = max(longest * DAY_UNITS_US / self.every, 1.0)
        self.bits = int(self.mean + 1).bit_length()
        self.fan_out = self.parent.layout.fan_out * self.mean
        self.row_bits = self.parent.layout.capacity_bits()
        self.first = first_ordinal(self.period, np.datetime64(self.start_us, "us").astype("datetime64[D]").item())

    def steps(self, partition: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
        """Number of the first step of each partition since 1970, and how many steps it has."""
        first = -(-start_of(self.period, partition) // self.every)
        following = -(-start_of(self.period, np.asarray(partition) + 1) // self.every)
        return first, following - first

    def spans(self, partition: int) -> list[Span]:
        """The root rows of every parent that exists when the partition begins."""
        root = root_of(self.parent).layout
        if not isinstance(root, PeriodLayout):
            return root.spans(STATIC)
        if int(start_of(self.period, partition)) < root.clock.start_us:
            # The initial population is published with the first partition of its own table.
            return []
        last = int(ordinal_at(root.clock.period, int(start_of(self.period, partition)))) - 1
        counts = root.clock.count(np.arange(root.clock.first, last + 1))
        sources = [Span(INITIAL, 0, root.clock.rows.initial)]
        sources += [Span(root.clock.first + i, 0, int(count)) for i, count in enumerate(counts)]
        return [span for span in sources if span.stop]

    def frames(self, relation: Relation, spans: list[Span], partition: int, rows: int) -> Iterator[Frame]:
        """Every step of every parent, parent by parent."""
        steps = int(self.steps(partition)[1])
        for some in unfiltered_frames(self.parent, spans, max(rows // max(steps, 1), 1)):
            parent = self._published_before(some, partition)
            index = np.repeat(np.arange(len(parent)), steps)
            step = np.tile(np.arange(steps), len(parent))
            packed = self._pack(parent.rows)
            ordinal = (packed[index] << self.bits) | step
            yield Frame(relation, Addresses(partition, ordinal)).hang_on(parent, index)

    def moment(self, rows: Addresses) -> np.ndarray:
        """The grid's moment of each row, microseconds since 1970."""
        first, _ = self.steps(rows.partition)
        return np.asarray((first + (rows.ordinal & ((1 << self.bits) - 1))) * self.every)

    def parent_of(self, frame: Frame) -> Frame:
        """The parents that the ordinals hold."""
        packed = frame.rows.shift(self.bits).ordinal
        if self.parent.layout.period is None:
            return Frame(self.parent, Addresses(STATIC, packed))
        slot = packed >> self.row_bits
        partition = np.where(slot == 0, INITIAL, slot - 1)
        return Frame(self.parent, Addresses(partition, packed & ((1 << self.row_bits) - 1)))

    def landing(self, frame: Frame) -> np.ndarray:
        """A grid row is published in the partition of its moment."""
        return frame.rows.partitions

    def capacity_bits(self) -> int:
        """The packed parent's bits and the step's."""
        slots = 0 if self.parent.layout.period is None else 21
        return self.row_bits + slots + self.bits

    def _published_before(self, parents: Frame, partition: int) -> Frame:
        above = self.parent.layout
        if above.period is None or not lands_late(above):
            return parents
        over = start_of(above.period, above.landing(parents) + 1)
        return parents.take(np.flatnonzero(over <= start_of(self.period, partition)))

    def _pack(self, rows: Addresses) -> np.ndarray:
        if self.parent.layout.period is None:
            return rows.ordinal
        slot = np.where(rows.partitions == INITIAL, 0, rows.partitions + 1)
        return np.asarray((slot << self.row_bits) | rows.ordinal)


def root_of(relation: Relation) -> Relation:
    """The relation at the top of a chain of children."""
    while isinstance(relation.layout, ChildLayout):
        relation = relation.layout.parent
    return relation


def lands_late(layout: Layout) -> bool:
    """Whether rows may be published later than with their root's partition: `partition_by`, on the table or above it."""
    return layout.reach > 0 or (isinstance(layout, ChildLayout) and lands_late(layout.parent.layout))


def unfiltered_frames(relation: Relation, spans: list[Span], rows: int) -> Iterator[Frame]:
    """The descendants of root rows, wherever they are published."""
    layout = relation.layout
    if not isinstance(layout, ChildLayout):
        yield from layout.frames(relation, spans, STATIC, rows)
        return
    for parent in unfiltered_frames(layout.parent, spans, max(int(rows / max(layout.mean, 1e-3)), 1)):
        yield parent.children(relation)[0]

"""Virtual relations: any column of any table at any addresses, computed on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType, ref

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.arrays import wrap

if TYPE_CHECKING:
    from tempdata_dagster.engine.distributions.dependence import Score
    from tempdata_dagster.engine.layout import Layout
    from tempdata_dagster.engine.references.stock import Stock


@dataclass(frozen=True)
class Located:
    """Parent rows, one for each row of a frame.

    Attributes:
        frame: The parents' rows.
        missing: Which rows have no parent, bool of shape `(n,)`; None when all have one.
    """

    frame: Frame
    missing: np.ndarray | None = None


@dataclass(frozen=True)
class Binding:
    """A column bound to a plan: its type, what it promises, and the function that fills it.

    Attributes:
        type: The Arrow type of what `fill` returns.
        fill: The column's cells for a frame, an Arrow array of as many rows.
        nullable: Whether `fill` can return nulls.
        minimum: Least value; None when unbounded.
        maximum: Greatest value, likewise.
        values: The closed set of values, if there is one.
        pattern: A regular expression that the whole text matches.
        target: For a reference or a look-up: the table that `locate` leads to.
        locate: For the same: the parent rows of a frame.
        copies: For a column that repeats another table's: the reference used, that table, and its column.
        as_of: For the same: whether the parent may be in any partition up to the child's.
        reach: For a moment: the most microseconds that it lies after the end of its root row's partition; None if unknown.
        distinct: The values are distinct over the whole table by construction.
        score: For a number: the normal variable that it is the quantile of, for columns that are correlated with it.
    """

    type: pa.DataType
    fill: Callable[[Frame], pa.Array]
    nullable: bool = False
    minimum: Any = None
    maximum: Any = None
    values: tuple[Any, ...] | None = None
    pattern: str | None = None
    target: str | None = None
    locate: Callable[[Frame], Located] | None = None
    copies: tuple[str, str, str] | None = None
    as_of: bool = False
    reach: int | None = None
    distinct: bool = False
    score: Score | None = None


@dataclass(eq=False)
class Relation:
    """A table as a function from addresses to cells.

    Attributes:
        name: The table.
        layout: Where its rows are.
        columns: Its bound columns; filled while the plan is compiled.
        stock: Cells that are kept, for a static table.
        expansion: About how many children one row is expanded into at once, for totals over them.
    """

    name: str
    layout: Layout
    columns: dict[str, Binding] = field(default_factory=dict)
    stock: Stock | None = None
    expansion: float = 1.0

    def at(self, rows: Addresses) -> Frame:
        """The rows at these addresses."""
        return Frame(self, rows)


class Frame:
    """Some rows of one relation; computes each column once.

    Args:
        relation: The table.
        rows: The rows' addresses.
        base: Optionally, a frame of fewer rows of the same relation and each row's position in it: columns are then
            computed there and repeated, for as long as someone else holds that frame.
    """

    __slots__ = ("__weakref__", "_base", "_children", "_columns", "_located", "_parent", "relation", "rows")

    def __init__(self, relation: Relation, rows: Addresses, base: tuple[Frame, np.ndarray] | None = None) -> None:
        self.relation = relation
        self.rows = rows
        # A parent holds its children: holding it from below too would keep every block until a garbage collection.
        self._base: tuple[ReferenceType[Frame], np.ndarray] | None = (ref(base[0]), base[1]) if base else None
        self._columns: dict[str, pa.Array] = {}
        self._located: dict[str, Located] = {}
        self._parent: Frame | None = None
        self._children: dict[str, tuple[Frame, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> pa.Array:
        """The cells of a column, one per row."""
        if name not in self._columns:
            frame = self._base[0]() if self._base else None
            if self._base and frame is not None:
                self._columns[name] = frame.column(name).take(wrap(self._base[1], pa.int64()))
            else:
                kept = self.relation.stock.find(name, self) if self.relation.stock else None
                self._columns[name] = self.relation.columns[name].fill(self) if kept is None else kept
        return self._columns[name]

    def follow(self, reference: str) -> Located:
        """The parent rows that a reference column points to."""
        if reference not in self._located:
            locate = self.relation.columns[reference].locate
            if locate is None:
                raise TypeError(f"column {reference} of {self.relation.name} points to no table")
            self._located[reference] = locate(self)
        return self._located[reference]

    def children(self, relation: Relation) -> tuple[Frame, np.ndarray]:
        """The rows of a child table that hang on these, in order, and how many hang on each."""
        if relation.name not in self._children:
            self._children[relation.name] = relation.layout.children_of(relation, self)
        return self._children[relation.name]

    def parent(self) -> Frame:
        """The rows that these rows hang on (`rows: {per: <table>}`)."""
        if self._parent is None:
            self._parent = self.relation.layout.parent_of(self)
        return self._parent

    def hang_on(self, parent: Frame, index: np.ndarray) -> Frame:
        """This frame, knowing that its parents are `parent`'s rows at `index`."""
        self._parent = Frame(parent.relation, parent.rows.take(index), base=(parent, index))
        return self

    def take(self, index: np.ndarray) -> Frame:
        """The rows at these positions; columns that are already computed come along."""
        taken = Frame(self.relation, self.rows.take(index))
        taken._columns = {name: array.take(wrap(index, pa.int64())) for name, array in self._columns.items()}
        return taken


Frames = Iterator[Frame]

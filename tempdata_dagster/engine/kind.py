"""What a kind is: its settings, and how it binds to a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NoReturn

from tempdata_dagster.core.errors import Problem
from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.layout import ChildLayout, root_of
from tempdata_dagster.engine.relation import Binding, Relation
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.engine.uniqueness import Enumeration, enumerate_rows
from tempdata_dagster.spec.models import ColumnSettings, Dataset, Table

if TYPE_CHECKING:
    from tempdata_dagster.engine.binder import Binder

Node = tuple[str, str]
HIDDEN = "\0"  # no column of a file begins with it


class UnboundError(Exception):
    """A column could not be bound; the problem is noted already."""


class Kind(ColumnSettings):
    """Base of every column kind: its parameters are fields, and `bind` makes its vectorised function.

    Attributes:
        version: Raised when the kind's data changes for the same settings; part of the fingerprint.
        keyable: Its cells depend on the row by random numbers and other columns only, so that `keyed_by` may give it other ones.
    """

    version: ClassVar[int] = 1
    keyable: ClassVar[bool] = False

    def bind(self, scope: Scope) -> Binding:
        """The column's function in a plan.

        Raises:
            UnboundError: The settings do not make sense there; the problem is noted in the scope.
        """
        raise TypeError(f"kind {type(self).__name__} has no bind of its own; {scope.name} cannot be bound")


@dataclass
class Scope:
    """The plan as one column sees it while it is bound. Whatever is asked of it becomes part of the fingerprint.

    Attributes:
        table: The column's table.
        name: The column.
        settings: The column's own settings.
    """

    binder: Binder
    table: str
    name: str
    settings: ColumnSettings
    needs: set[Node] = field(default_factory=set)
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def dataset(self) -> Dataset:
        """The dataset."""
        return self.binder.dataset

    @property
    def spec(self) -> Table:
        """The column's table as the file describes it."""
        return self.dataset.tables[self.table]

    @property
    def relation(self) -> Relation:
        """The column's table."""
        return self.binder.relations[self.table]

    def stream(self, lane: str = "") -> Stream:
        """The column's random bits; each lane is a stream of its own."""
        return Stream.of(self.dataset.seed, self.dataset.dataset, self.table, self.name, lane)

    def shared_stream(self, draw: str, lane: str = "") -> Stream:
        """The random bits of something that several columns of the table draw together, such as the place of an address."""
        return Stream.of(self.dataset.seed, self.dataset.dataset, self.table, "", draw, lane)

    def share(self, draw: str, make: Callable[[], Binding]) -> str:
        """A hidden column that several columns of the table are computed from: bound once, and filled once for a block.

        Whatever the cells depend on is to be asked of every column's own scope: its fingerprint knows no hidden columns.

        Args:
            draw: What it is, with all settings that it depends on.
            make: Binds it.

        Returns:
            The name under which a frame has it.
        """
        name = HIDDEN + draw
        if name not in self.relation.columns:
            self.relation.columns[name] = make()
        return name

    def column(self, name: str, *path: str | int) -> Binding:
        """Another column of the same table, which this one's cells are computed from.

        Args:
            name: The column.
            path: The parameter that names it, for messages.
        """
        return self.column_of(self.table, name, *path)

    def column_of(self, table: str, name: str, *path: str | int) -> Binding:
        """A column of any table, which this one's cells are computed from."""
        known = self.binder.columns_of(table)
        if name not in known:
            self.fail("TD2002", f"table '{table}' has no column '{name}'", *path, hint=closest(name, list(known)))
        self.needs.add((table, name))
        return self.binder.bind_column(table, name, path, self)

    def rows_of(self, table: str, *path: str | int) -> Relation:
        """A table whose number and places of rows matter to this column's cells."""
        if table not in self.binder.relations:
            known = list(self.binder.relations)
            self.fail("TD2003", f"there is no table '{table}'", *path, hint=closest(table, known))
        self.needs.add((table, ""))
        self.binder.bind_rows(table)
        return self.binder.relations[table]

    def ancestors(self) -> Iterator[str]:
        """The tables that this one's rows hang on, nearest first."""
        layout = self.relation.layout
        while layout.parent is not None:
            yield layout.parent.name
            layout = layout.parent.layout

    def enumerate_rows(self, size: int, lane: str = "unique") -> Enumeration:
        """A distinct number in [0, size) for every row of the table.

        Args:
            size: How many distinct values the kind has.
            lane: The stream of the order.
        """
        relation = self.rows_of(self.table)
        enumeration, need = enumerate_rows(relation, size, self.stream(lane))
        if enumeration is None:
            dated = "" if relation.layout.period is None else " in its partitions up to 2099"
            root = "" if not isinstance(relation.layout, ChildLayout) else f" (children of {root_of(relation).name})"
            message = (
                f"unique needs {need:,} distinct values for the rows of '{self.table}'{root}{dated}, there are {size:,}"
            )
            self.fail("TD2004", message, "unique", hint="widen the range, lengthen the pattern, or drop unique")
        return enumeration

    def fail(self, code: str, message: str, *path: str | int, hint: str = "") -> NoReturn:
        """Note a problem of this column and stop binding it.

        Raises:
            UnboundError: Always.
        """
        where = ("tables", self.table, "columns", self.name, *path)
        self.binder.problems.append(Problem(code, message, where, hint))
        raise UnboundError

    def add_fact(self, name: str, value: str) -> None:
        """Something outside the file that the cells depend on, such as a pool's content hash."""
        self.facts[name] = value
